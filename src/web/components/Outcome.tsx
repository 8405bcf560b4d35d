/** How it went: always a glyph and a word as well as a colour. */
import type { BuildRow } from '../../api/contract.ts';
import { BUILD_GLYPHS, BUILD_OUTCOME_LABELS } from '../../chart/build-outcome.ts';
import { OUTCOME_GLYPHS, OUTCOME_LABELS } from '../../chart/palette.ts';
import type { TaskOutcome } from '../../model/task-table.ts';
import styles from './Outcome.module.css';

type BuildOutcome = BuildRow['outcome'];

interface Look {
  readonly glyph: string;
  readonly label: string;
  readonly why?: string;
  readonly tone: 'ok' | 'bad' | 'warn' | 'sstate' | 'run' | 'quiet';
}

const BUILD_TONES: Readonly<Record<BuildOutcome, Look['tone']>> = {
  succeeded: 'ok',
  'succeeded-with-errors': 'warn',
  failed: 'bad',
  interrupted: 'quiet',
  lost: 'quiet',
  running: 'run',
  'never-started': 'quiet',
  'not-recorded': 'quiet',
};

const buildLook = (outcome: BuildOutcome): Look => ({
  glyph: BUILD_GLYPHS[outcome],
  label: BUILD_OUTCOME_LABELS[outcome],
  tone: BUILD_TONES[outcome],
  ...(outcome === 'lost' ? { why: 'No end was recorded, and nothing has been written for a while' } : {}),
});

const TASK_TONES: Readonly<Record<TaskOutcome, Look['tone']>> = {
  succeeded: 'ok',
  failed: 'bad',
  covered: 'sstate',
  existing: 'quiet',
  noexec: 'quiet',
  unfinished: 'quiet',
  running: 'run',
  'not-run': 'quiet',
};

const taskLook = (outcome: TaskOutcome): Look => ({
  glyph: OUTCOME_GLYPHS[outcome],
  label: OUTCOME_LABELS[outcome],
  tone: TASK_TONES[outcome],
});

function Mark({ look, word }: { look: Look; word: boolean }) {
  return (
    <span className={`${styles.mark} ${styles[look.tone]}`} title={look.why ?? (word ? undefined : look.label)}>
      <span className={`${styles.glyph} ${look.tone === 'run' ? 'pulse' : ''}`} aria-hidden="true">
        {look.glyph}
      </span>
      <span className={word ? styles.word : 'hidden-text'}>{look.label}</span>
    </span>
  );
}

export function buildOutcomeLabel(outcome: string): string {
  return outcome in BUILD_OUTCOME_LABELS ? BUILD_OUTCOME_LABELS[outcome as BuildOutcome] : outcome;
}

export function taskOutcomeLabel(outcome: TaskOutcome): string {
  return OUTCOME_LABELS[outcome];
}

export function BuildOutcomeMark({ outcome, word = false }: { outcome: BuildOutcome; word?: boolean }) {
  return <Mark look={buildLook(outcome)} word={word} />;
}

export function TaskOutcomeMark({ outcome, word = false }: { outcome: TaskOutcome; word?: boolean }) {
  return <Mark look={taskLook(outcome)} word={word} />;
}
