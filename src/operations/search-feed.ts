/** A search as an Atom feed. */
import { parseSearch, printSearch } from '../analysis/search-query.ts';
import type { FoundCause, FoundFailure, FoundRecipe } from '../store/search.ts';
import type { FileAnswer } from './answer.ts';
import { atomFeed, type FeedEntry, uuidOf } from './atom-feed.ts';
import type { BuildRow } from './build-row.ts';
import type { OperationContext } from './context.ts';
import { type SearchKind, search } from './search.ts';

/** A reader that asks once an hour misses nothing of 1,200 builds a day. */
const ENTRIES = 50;

export async function searchFeed(
  context: OperationContext,
  input: { readonly q: string; readonly kind: SearchKind; readonly base: string },
): Promise<FileAnswer> {
  const { kind, base } = input;
  const q = printSearch(parseSearch(input.q));
  const answer = await search(context, { q, kind, after: null, limit: ENTRIES });
  const entries: FeedEntry[] =
    kind === 'builds'
      ? (answer.builds?.rows ?? []).map(buildEntry)
      : kind === 'recipes'
        ? (answer.recipes?.rows ?? []).map(recipeEntry)
        : kind === 'failures'
          ? (answer.failures?.rows ?? []).map(failureEntry)
          : (answer.causes?.rows ?? []).map(causeEntry);
  const asked = new URLSearchParams({ ...(q === '' ? {} : { q }), kind }).toString();
  return atomFeed(context, {
    what: `${kind}\n${q}`,
    title: `${TITLES[kind]}${q === '' ? '' : `: ${q}`}`,
    base,
    self: `api/v1/search.atom?${asked}`,
    page: `search?${asked}`,
    entries,
  });
}

const TITLES: Readonly<Record<SearchKind, string>> = {
  builds: 'Builds',
  recipes: 'Recipes',
  failures: 'Failures',
  causes: 'Causes of failures',
};

function buildEntry(row: BuildRow): FeedEntry {
  const what = row.targets?.join(' ') ?? row.name;
  return {
    id: `urn:uuid:${row.id}`,
    title: `${what}${row.machine === null ? '' : ` for ${row.machine}`}: ${row.outcome.replaceAll('-', ' ')}`,
    path: `b/${row.id}`,
    updatedMs: row.endedMs ?? row.startedMs ?? 0,
    text: [
      row.firstFailure === null ? null : `first failure ${row.firstFailure}`,
      row.distro === null ? null : `DISTRO ${row.distro}`,
      row.builder === null ? null : `builder ${row.builder}`,
    ]
      .filter((part) => part !== null)
      .join(', '),
  };
}

const failureTitle = ({ pn, version, task, cause }: FoundFailure): string =>
  `${[pn ?? 'the build', version].filter((part) => part !== null).join(' ')}${task === null ? '' : ` ${task}`} failed${cause === null ? '' : `: ${cause}`}`;

const failurePath = (failure: FoundFailure): string => `f/${failure.id}`;

function failureEntry(row: FoundFailure): FeedEntry {
  return {
    id: uuidOf('failure', row.id),
    title: failureTitle(row),
    path: failurePath(row),
    updatedMs: row.startedMs ?? 0,
    text: `build ${row.buildName}${row.machine === null ? '' : ` for ${row.machine}`}${row.hostDistro === null ? '' : ` on ${row.hostDistro}`}`,
  };
}

function causeEntry(row: FoundCause): FeedEntry {
  const { newest } = row;
  return {
    id: uuidOf('cause', newest.fingerprint ?? newest.cause ?? ''),
    title: newest.cause ?? failureTitle(newest),
    path: failurePath(newest),
    updatedMs: newest.startedMs ?? 0,
    text: `${row.failures} failures of ${row.recipes} recipes in ${row.builds} builds`,
  };
}

function recipeEntry(row: FoundRecipe): FeedEntry {
  return {
    id: uuidOf('recipe', `${row.pn}\n${row.buildId}`),
    title: `${row.pn}${row.version === null ? '' : ` ${row.version}`}: ${row.status.replaceAll('-', ' ')}`,
    path: `b/${row.buildId}`,
    updatedMs: row.startedMs ?? 0,
    text: `${row.failedTask === null ? '' : `${row.failedTask}; `}${row.executed} times executed in ${row.runs} builds, ${row.failed} failed`,
  };
}
