/**
 * The keys of the search language: what stands before the colon. One table that parsing, completion, the help of the page and the documents
 * read, so that none of them knows a key the others do not.
 */
import { BUILD_OUTCOMES } from '../model/build.ts';

/** What a key says something of. */
export type SearchLevel = 'build' | 'recipe' | 'failure';

/**
 * How its values are written. `name`: any text, `*` stands for anything. `choice`: one of a list. `hex`: the beginning of a fingerprint.
 * `words`: found anywhere in a text. `log`: words of a log, of which a star stands for the rest. `layer`: NAME, NAME@COMMIT or @COMMIT. `range`: NAME@COMMIT..COMMIT. `date`: a date, or an age as `7d`.
 */
export type SearchValueForm = 'name' | 'choice' | 'hex' | 'words' | 'log' | 'layer' | 'range' | 'date';

interface SearchKeyRow {
  readonly key: string;
  readonly level: SearchLevel;
  readonly form: SearchValueForm;
  /** A sentence's part for the completion list. */
  readonly about: string;
  readonly example: string;
  readonly choices?: readonly string[];
  /** Other words for it, which people bring along. */
  readonly aliases?: readonly string[];
}

/** `status` of a build or of a recipe in it; `outcome` has all that can become of a build. */
export const SEARCH_STATUSES = ['succeeded', 'failed', 'unfinished', 'not-executed'] as const;
export type SearchStatus = (typeof SEARCH_STATUSES)[number];

const BUILD_KINDS = ['clean', 'incremental', 'sstate', 'not-recorded'] as const;

/** In the order in which a printed query has them. */
export const SEARCH_KEYS = [
  {
    key: 'recipe',
    level: 'recipe',
    form: 'name',
    about: 'recipe, without its version',
    example: 'gcc*',
    aliases: ['pn'],
  },
  { key: 'version', level: 'recipe', form: 'name', about: 'version of the recipe', example: '14.*' },
  {
    key: 'status',
    level: 'recipe',
    form: 'choice',
    choices: SEARCH_STATUSES,
    about: 'how the recipe went, or the build where no recipe is named',
    example: 'failed',
  },
  { key: 'task', level: 'failure', form: 'name', about: 'task that failed', example: 'do_compile' },
  { key: 'class', level: 'failure', form: 'name', about: 'class of the cause', example: 'fetch' },
  { key: 'fingerprint', level: 'failure', form: 'hex', about: 'fingerprint of the failure', example: '3f9c2a' },
  {
    key: 'cause',
    level: 'failure',
    form: 'words',
    about: 'words of the line that says why',
    example: '"No such file"',
  },
  {
    key: 'log',
    level: 'failure',
    form: 'log',
    about: 'a word, a part of one or a phrase in the log of the failure',
    example: 'libx*',
  },
  {
    key: 'outcome',
    level: 'build',
    form: 'choice',
    choices: BUILD_OUTCOMES,
    about: 'how the build ended',
    example: 'interrupted',
  },
  {
    key: 'kind',
    level: 'build',
    form: 'choice',
    choices: BUILD_KINDS,
    about: 'how much was there before the build',
    example: 'clean',
  },
  { key: 'machine', level: 'build', form: 'name', about: 'MACHINE', example: 'qemuarm64' },
  { key: 'distro', level: 'build', form: 'name', about: 'DISTRO', example: 'poky' },
  {
    key: 'release',
    level: 'build',
    form: 'name',
    about: 'version of the distribution (DISTRO_VERSION)',
    example: '5.0*',
  },
  {
    key: 'target',
    level: 'build',
    form: 'name',
    about: 'what was asked for, an image mostly',
    example: 'core-image-*',
    aliases: ['image'],
  },
  { key: 'builder', level: 'build', form: 'name', about: 'who or what ran it', example: 'autobuilder' },
  { key: 'host', level: 'build', form: 'name', about: 'machine that built, or its distribution', example: 'debian-12' },
  { key: 'branch', level: 'build', form: 'name', about: 'branch of the core layer', example: 'scarthgap' },
  { key: 'layer', level: 'build', form: 'layer', about: 'layer, and the commit it was at', example: 'meta@abc1234' },
  {
    key: 'contains',
    level: 'build',
    form: 'range',
    about: 'layer between two commits, by the order of builds',
    example: 'meta@abc1234..def5678',
  },
  {
    key: 'build',
    level: 'build',
    form: 'name',
    about: 'beginning of the id, or the name of a build',
    example: '20261127*',
  },
  { key: 'since', level: 'build', form: 'date', about: 'started then or later', example: '7d', aliases: ['from'] },
  { key: 'until', level: 'build', form: 'date', about: 'started then or earlier', example: '2026-11', aliases: ['to'] },
] as const satisfies readonly SearchKeyRow[];

export type SearchKey = (typeof SEARCH_KEYS)[number]['key'];

const BY_NAME = new Map<string, SearchKeyRow & { readonly key: SearchKey }>(
  SEARCH_KEYS.flatMap((row: SearchKeyRow & { readonly key: SearchKey }) =>
    [row.key, ...(row.aliases ?? [])].map((name) => [name, row] as const),
  ),
);

/** By its name or one of its other names; case does not matter. */
export function searchKey(name: string): (SearchKeyRow & { readonly key: SearchKey }) | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** Farther away than this a name is another word and no slip. */
const SLIPS_MAX = 2;

/** The known word that `word` was most likely meant to be, or null. */
export function likeliest(word: string, known: readonly string[]): string | null {
  const typed = word.toLowerCase();
  const longer = known.filter((name) => typed.length >= 2 && name.startsWith(typed));
  if (longer.length > 0) return longer[0]!;
  let best: string | null = null;
  let least = Math.min(SLIPS_MAX, Math.floor(typed.length / 2)) + 1;
  for (const name of known) {
    if (Math.abs(name.length - typed.length) >= least) continue;
    const slips = editDistance(typed, name);
    if (slips < least) {
      least = slips;
      best = name;
    }
  }
  return best;
}

/** Letters put in, left out or exchanged. The words are short: whoever calls has looked at their lengths. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}

/** What can stand before a colon, without the other names. */
export const SEARCH_KEY_NAMES: readonly SearchKey[] = SEARCH_KEYS.map(({ key }) => key);
/** All of it, for suggestions. */
export const SEARCH_KEY_WORDS: readonly string[] = [...BY_NAME.keys()];
