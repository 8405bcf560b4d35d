/**
 * Every colour of the product, once: the canvas, the SVG and the style sheet take them from here (`paletteCss`).
 *
 * Outcomes are the fixed ones of the design (Okabe and Ito's set, told apart under the three colour blindnesses) and always come with
 * a glyph. Task kinds take hues that also differ in lightness, and keep off vermilion: in every theme a failed task is the only thing
 * of that colour. `classic` has the hues of the boot charts that people know: configure yellow, compile green, install magenta,
 * sysroot blue, package cyan, write teal, the rest pale.
 */
import { TASK_KIND_LABELS, TASK_KINDS, type TaskKind, taskKind } from '../model/task-kind.ts';
import { TASK_OUTCOMES, type TaskOutcome } from '../model/task-table.ts';

export { TASK_KIND_LABELS, TASK_KINDS, type TaskKind, taskKind };

export type Scheme = 'light' | 'dark';
/** What the colour of a bar says. */
export const COLOUR_BYS = ['kind', 'outcome', 'classic'] as const;
export type ColourBy = (typeof COLOUR_BYS)[number];

export const OUTCOME_GLYPHS: Readonly<Record<TaskOutcome, string>> = {
  succeeded: '✓',
  failed: '✗',
  covered: '↺',
  existing: '·',
  noexec: '·',
  unfinished: '?',
  running: '▸',
  'not-run': '–',
};

export const OUTCOME_LABELS: Readonly<Record<TaskOutcome, string>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  covered: 'from sstate',
  existing: 'already there',
  noexec: 'nothing to execute',
  unfinished: 'unfinished',
  running: 'running',
  'not-run': 'not run',
};

export interface Palette {
  readonly scheme: Scheme;
  /** Behind everything. */
  readonly background: string;
  /** Behind panels, strips, the minimap. */
  readonly surface: string;
  readonly ink: string;
  readonly inkMuted: string;
  readonly line: string;
  readonly lineStrong: string;
  /** Focus, selection, links. */
  readonly accent: string;
  readonly warning: string;
  readonly error: string;
  readonly density: string;
  readonly phase: string;
  readonly dimmed: string;
  readonly outcome: Readonly<Record<TaskOutcome, string>>;
  readonly kind: Readonly<Record<TaskKind, string>>;
  readonly classic: Readonly<Record<TaskKind, string>>;
  /** Lines of the strips, in the order they are added. */
  readonly series: readonly string[];
  /** Sequential ramp for quantities, low to high. */
  readonly ramp: readonly string[];
  /** Diverging ramp for differences, better to worse, zero in the middle. */
  readonly diverging: readonly string[];
}

const OUTCOME: Readonly<Record<TaskOutcome, string>> = {
  succeeded: '#009e73',
  failed: '#d55e00',
  covered: '#56b4e9',
  existing: '#9aa3ad',
  noexec: '#9aa3ad',
  unfinished: '#7b8794',
  running: '#0072b2',
  'not-run': '#c3c9d0',
};

const CLASSIC: Readonly<Record<TaskKind, string>> = {
  fetch: '#e4e4e4',
  prepare: '#e4e4e4',
  configure: '#ffff00',
  compile: '#00ff00',
  install: '#ff00ff',
  sysroot: '#0000ff',
  package: '#00ffff',
  write: '#008080',
  image: '#e4e4e4',
  setscene: '#bcd8ee',
  other: '#e4e4e4',
};

export const PALETTES: Readonly<Record<Scheme, Palette>> = {
  light: {
    scheme: 'light',
    background: '#ffffff',
    surface: '#f6f7f9',
    ink: '#15191e',
    inkMuted: '#59636e',
    line: '#e4e7eb',
    lineStrong: '#c5cbd3',
    accent: '#1f6feb',
    warning: '#8f5200',
    error: '#b54708',
    density: '#8a96a3',
    phase: '#aab4c0',
    dimmed: '#e9ecef',
    outcome: OUTCOME,
    kind: {
      fetch: '#b5ab9b',
      prepare: '#8f97a1',
      configure: '#eac435',
      compile: '#009e73',
      install: '#cc79a7',
      sysroot: '#4b3fa7',
      package: '#0072b2',
      write: '#7fcdbb',
      image: '#882255',
      setscene: '#56b4e9',
      other: '#c8ced5',
    },
    classic: CLASSIC,
    series: ['#0072b2', '#c2570c', '#007a5a', '#a23b7a', '#6b5bd2', '#8a6d00', '#0b7285', '#b02a37'],
    ramp: ['#edf4fb', '#cfe1f2', '#a3c8e6', '#6ba7d6', '#3d84c0', '#1d62a1', '#0b437b'],
    diverging: ['#0b6e6e', '#4aa3a0', '#a9d6d3', '#f1f1ef', '#f6c9a4', '#e3873f', '#b54708'],
  },
  dark: {
    scheme: 'dark',
    background: '#14171b',
    surface: '#1b1f24',
    ink: '#e6e9ed',
    inkMuted: '#9aa5b1',
    line: '#282d34',
    lineStrong: '#3e4650',
    accent: '#6ea8ff',
    warning: '#e9b04c',
    error: '#ff8a4c',
    density: '#66727f',
    phase: '#4c5763',
    dimmed: '#262b31',
    outcome: {
      ...OUTCOME,
      succeeded: '#17a87e',
      running: '#4a9fe0',
      'not-run': '#4a525c',
      existing: '#737d88',
      noexec: '#737d88',
    },
    kind: {
      fetch: '#8d8474',
      prepare: '#68717c',
      configure: '#dcb62b',
      compile: '#12a87c',
      install: '#cc79a7',
      sysroot: '#8f83e8',
      package: '#2f8fd0',
      write: '#9adccd',
      image: '#c2568b',
      setscene: '#7cc7f2',
      other: '#59626d',
    },
    classic: {
      ...CLASSIC,
      configure: '#e6e600',
      compile: '#00d900',
      install: '#e600e6',
      sysroot: '#4d4dff',
      package: '#00d9d9',
      write: '#00a3a3',
      fetch: '#7d858e',
      prepare: '#7d858e',
      image: '#7d858e',
      other: '#7d858e',
    },
    series: ['#5aa9e6', '#f0883e', '#3fc49a', '#e583b8', '#a99bf5', '#d7b740', '#4dc4d6', '#ff7b85'],
    ramp: ['#16283a', '#1c3e5c', '#225881', '#2f77ab', '#4d98cf', '#82bce6', '#c6e0f5'],
    diverging: ['#5fd0cb', '#33918e', '#1f5453', '#2a2d31', '#6d4322', '#c06d27', '#ff9d4d'],
  },
};

/** What fills a bar: one of the entries of a colouring. `failed` stays the outcome's colour whatever the colouring is. */
export interface BarFills {
  readonly labels: readonly string[];
  readonly colours: readonly string[];
}

/** Index of the fill of failed tasks: the same in every colouring, painted last. */
export const FILL_FAILED = TASK_KINDS.length;

/** The fills of a colouring in the order of the indexes that `fillOf` gives. */
export function barFills(colourBy: ColourBy, palette: Palette): BarFills {
  if (colourBy === 'outcome') {
    return {
      labels: TASK_OUTCOMES.map((o) => OUTCOME_LABELS[o]),
      colours: TASK_OUTCOMES.map((o) => palette.outcome[o]),
    };
  }
  const colours = colourBy === 'classic' ? palette.classic : palette.kind;
  return {
    labels: [...TASK_KINDS.map((k) => TASK_KIND_LABELS[k]), OUTCOME_LABELS.failed],
    colours: [...TASK_KINDS.map((k) => colours[k]), palette.outcome.failed],
  };
}

function channel(hex: string, at: number): number {
  const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** WCAG 2 relative luminance of `#rrggbb`, 0 to 1. */
export function luminance(hex: string): number {
  return 0.2126 * channel(hex, 1) + 0.7152 * channel(hex, 3) + 0.0722 * channel(hex, 5);
}

/** WCAG 2 contrast of two colours, 1 to 21. */
export function contrast(a: string, b: string): number {
  const la = luminance(a);
  const lb = luminance(b);
  return (Math.max(la, lb) + 0.05) / (Math.min(la, lb) + 0.05);
}

const DARK_INK = '#000000';
const LIGHT_INK = '#ffffff';
/** Black or white, whichever reads better on the colour; one of the two always has a contrast above 4.5. */
export function inkOn(colour: string): string {
  return contrast(DARK_INK, colour) >= contrast(LIGHT_INK, colour) ? DARK_INK : LIGHT_INK;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}

function declarations(palette: Palette): string {
  const lines: string[] = [`color-scheme: ${palette.scheme};`];
  for (const [name, value] of Object.entries(palette)) {
    if (name === 'scheme') continue;
    if (typeof value === 'string') lines.push(`--bh-${kebab(name)}: ${value};`);
    else for (const [key, colour] of Object.entries(value)) lines.push(`--bh-${kebab(name)}-${kebab(key)}: ${colour};`);
  }
  return lines.map((line) => `  ${line}\n`).join('');
}

/**
 * The tokens as CSS variables: `--bh-background`, `--bh-ink`, `--bh-outcome-failed`, `--bh-kind-compile`, `--bh-series-0` … Dark by the
 * system's preference, or by `data-mantine-color-scheme` on the root where the page has chosen.
 */
export function paletteCss(): string {
  const light = declarations(PALETTES.light);
  const dark = declarations(PALETTES.dark);
  return (
    `:root {\n${light}}\n` +
    `@media (prefers-color-scheme: dark) {\n:root:not([data-mantine-color-scheme='light']) {\n${dark}}\n}\n` +
    `:root[data-mantine-color-scheme='dark'] {\n${dark}}\n`
  );
}
