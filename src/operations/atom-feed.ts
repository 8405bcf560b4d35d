/**
 * Feeds as Atom (RFC 4287). An entry keeps its id for as long as what it tells of is there, whatever the server is called today, so that a reader
 * tells nothing twice: a build is its UUID, and the rest are UUIDs made of what they are.
 */
import { createHash } from 'node:crypto';
import { type FileAnswer, revisionOf } from './answer.ts';
import type { OperationContext } from './context.ts';

export interface FeedEntry {
  readonly id: string;
  readonly title: string;
  /** Below the pages. */
  readonly path: string;
  readonly updatedMs: number;
  readonly text: string;
  /** Lines as they stand; those that are an address of this server lead there. Null: the text is all. */
  readonly lines?: readonly string[] | null;
}

export interface Feed {
  /** What is asked for, said in one way only: of one store and one question there is one feed. */
  readonly what: string;
  readonly title: string;
  /** The server's own address, without a slash at the end. */
  readonly base: string;
  /** Of the feed itself, below the server's address, and of the page that shows the same, below the pages. */
  readonly self: string;
  readonly page: string;
  readonly entries: readonly FeedEntry[];
}

export async function atomFeed(context: OperationContext, feed: Feed): Promise<FileAnswer> {
  const { base, entries } = feed;
  const updated = entries.reduce((last, { updatedMs }) => Math.max(last, updatedMs), 0);
  const lines = [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<id>${await ownUuid(context, 'feed', feed.what)}</id>`,
    `<title>${xmlText(feed.title)}</title>`,
    `<updated>${new Date(updated).toISOString()}</updated>`,
    '<author><name>Bakehouse</name></author>',
    `<link rel="self" type="application/atom+xml" href="${xmlText(`${base}/${feed.self}`)}"/>`,
    `<link rel="alternate" type="text/html" href="${xmlText(`${base}/buildstats/${feed.page}`)}"/>`,
    ...entries.flatMap((entry) => [
      '<entry>',
      `<id>${entry.id}</id>`,
      `<title>${xmlText(entry.title)}</title>`,
      `<updated>${new Date(entry.updatedMs).toISOString()}</updated>`,
      `<link rel="alternate" type="text/html" href="${xmlText(`${base}/buildstats/${entry.path}`)}"/>`,
      `<summary>${xmlText(entry.text)}</summary>`,
      // As HTML, for readers run the lines of a text together: of markup it has what is made here, and the words in it are escaped twice.
      ...(entry.lines == null
        ? []
        : [
            `<content type="html">${xmlText(`<pre>${entry.lines.map((line) => htmlLine(line, base)).join('\n')}</pre>`)}</content>`,
          ]),
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

/** Of one store: another server's feed of the same question is another feed. */
export async function ownUuid(context: OperationContext, kind: string, text: string): Promise<string> {
  return uuidOf(kind, `${await context.wholeStore.serverSecret('feeds')}\n${text}`);
}

/** A UUID made of a text: version 8 of RFC 9562, whose bits are the maker's own. */
export function uuidOf(kind: string, text: string): string {
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

function htmlLine(line: string, base: string): string {
  const text = xmlText(line);
  const address = line.trim();
  if (!address.startsWith(`${base}/`) || /\s/.test(address)) return text;
  return text.replace(/\S+/, (found) => `<a href="${found}">${found}</a>`);
}
