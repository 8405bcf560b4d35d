/** How a whole build looks, wherever one is drawn: always a glyph and a word as well as a colour. */
import type { BuildOutcome } from '../model/build.ts';
import type { Palette } from './palette.ts';

export const BUILD_GLYPHS: Readonly<Record<BuildOutcome, string>> = {
  succeeded: '✓',
  'succeeded-with-errors': '!',
  failed: '✗',
  interrupted: '■',
  lost: '?',
  running: '▸',
  'never-started': '–',
  'not-recorded': '·',
};

export const BUILD_OUTCOME_LABELS: Readonly<Record<BuildOutcome, string>> = {
  succeeded: 'succeeded',
  'succeeded-with-errors': 'succeeded with errors',
  failed: 'failed',
  interrupted: 'interrupted',
  lost: 'lost',
  running: 'running',
  'never-started': 'never started',
  'not-recorded': 'not recorded',
};

/** The amber of QA issues: something is wrong, and yet the build is there. */
export const WITH_ERRORS = '#e69f00';

export function buildColour(outcome: BuildOutcome, palette: Palette): string {
  switch (outcome) {
    case 'succeeded':
    case 'failed':
    case 'running':
      return palette.outcome[outcome];
    case 'succeeded-with-errors':
      return WITH_ERRORS;
    case 'never-started':
      return palette.outcome['not-run'];
    case 'lost':
    case 'interrupted':
    case 'not-recorded':
      return palette.outcome.unfinished;
  }
}
