/**
 * A search as an Atom feed (RFC 4287). An entry keeps its id for as long as what it tells of is there, whatever the server is called today, so that a
 * reader tells nothing twice: a build is its UUID, and the rest are UUIDs made of what they are.
 */
import { createHash } from 'node:crypto';
import { parseSearch, printSearch } from '../analysis/search-query.ts';
import type { FoundCause, FoundFailure, FoundRecipe } from '../store/search.ts';
import { type FileAnswer, revisionOf } from './answer.ts';
import type { BuildRow } from './build-row.ts';
import type { OperationContext } from './context.ts';
import { type SearchKind, search } from './search.ts';

/** A reader that asks once an hour misses nothing of 1,200 builds a day. */
const ENTRIES = 50;

interface Entry {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly updatedMs: number;
  readonly text: string;
}

export async function searchFeed(
  context: OperationContext,
  input: { readonly q: string; readonly kind: SearchKind; readonly base: string },
): Promise<FileAnswer> {
  const { kind, base } = input;
  const q = printSearch(parseSearch(input.q));
  const answer = await search(context, { q, kind, after: null, limit: ENTRIES });
  const entries: Entry[] =
    kind === 'builds'
      ? (answer.builds?.rows ?? []).map(buildEntry)
      : kind === 'recipes'
        ? (answer.recipes?.rows ?? []).map(recipeEntry)
        : kind === 'failures'
          ? (answer.failures?.rows ?? []).map(failureEntry)
          : (answer.causes?.rows ?? []).map(causeEntry);
  // Of one store: another server's feed of the same search is another feed.
  const secret = await context.wholeStore.serverSecret('feeds');
  const asked = new URLSearchParams({ ...(q === '' ? {} : { q }), kind }).toString();
  const updated = entries.reduce((last, { updatedMs }) => Math.max(last, updatedMs), 0);
  const lines = [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<id>${uuidOf('feed', `${secret}\n${kind}\n${q}`)}</id>`,
    `<title>${xmlText(`${TITLES[kind]}${q === '' ? '' : `: ${q}`}`)}</title>`,
    `<updated>${new Date(updated).toISOString()}</updated>`,
    '<author><name>Bakehouse</name></author>',
    `<link rel="self" type="application/atom+xml" href="${xmlText(`${base}/api/v1/search.atom?${asked}`)}"/>`,
    `<link rel="alternate" type="text/html" href="${xmlText(`${base}/buildstats/search?${asked}`)}"/>`,
    ...entries.flatMap((entry) => [
      '<entry>',
      `<id>${entry.id}</id>`,
      `<title>${xmlText(entry.title)}</title>`,
      `<updated>${new Date(entry.updatedMs).toISOString()}</updated>`,
      `<link rel="alternate" type="text/html" href="${xmlText(`${base}/buildstats/${entry.path}`)}"/>`,
      `<summary>${xmlText(entry.text)}</summary>`,
      '</entry>',
    ]),
    '</feed>',
    '',
  ];
  const bytes = new TextEncoder().encode(lines.join('\n'));
  return {
    bytes,
    mediaType: 'application/atom+xml; charset=utf-8',
    fileName: null,
    revision: revisionOf(bytes),
    finished: false,
  };
}

const TITLES: Readonly<Record<SearchKind, string>> = {
  builds: 'Builds',
  recipes: 'Recipes',
  failures: 'Failures',
  causes: 'Causes of failures',
};

function buildEntry(row: BuildRow): Entry {
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

function failureEntry(row: FoundFailure): Entry {
  return {
    id: uuidOf('failure', row.id),
    title: failureTitle(row),
    path: failurePath(row),
    updatedMs: row.startedMs ?? 0,
    text: `build ${row.buildName}${row.machine === null ? '' : ` for ${row.machine}`}${row.hostDistro === null ? '' : ` on ${row.hostDistro}`}`,
  };
}

function causeEntry(row: FoundCause): Entry {
  const { newest } = row;
  return {
    id: uuidOf('cause', newest.fingerprint ?? newest.cause ?? ''),
    title: newest.cause ?? failureTitle(newest),
    path: failurePath(newest),
    updatedMs: newest.startedMs ?? 0,
    text: `${row.failures} failures of ${row.recipes} recipes in ${row.builds} builds`,
  };
}

function recipeEntry(row: FoundRecipe): Entry {
  return {
    id: uuidOf('recipe', `${row.pn}\n${row.buildId}`),
    title: `${row.pn}${row.version === null ? '' : ` ${row.version}`}: ${row.status.replaceAll('-', ' ')}`,
    path: `b/${row.buildId}`,
    updatedMs: row.startedMs ?? 0,
    text: `${row.failedTask === null ? '' : `${row.failedTask}; `}${row.executed} times executed in ${row.runs} builds, ${row.failed} failed`,
  };
}

/** A UUID made of a text: version 8 of RFC 9562, whose bits are the maker's own. */
function uuidOf(kind: string, text: string): string {
  const hex = createHash('sha256').update(`bakehouse ${kind}\n${text}`).digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) & 3];
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no control characters but three, escaped or not. */
function xmlText(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
      .replaceAll(/[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/g, '\uFFFD')
      .replaceAll(/[&<>"]/g, (letter) => NAMES[letter]!)
  );
}
