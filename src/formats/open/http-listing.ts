/**
 * Builds behind an http(s) address: a directory index as web servers print it (the autobuilder's `testresults/<target>/buildstats/`),
 * or a tar.
 *
 * The address that was given is the fence: only links of the same origin and below its path are asked for, redirects included, and
 * everything is counted: files, bytes, time.
 */
import { Readable } from 'node:stream';
import type { Build } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import {
  BUILD_STATS_BYTES_MAX,
  SAMPLE_FILE_BYTES_MAX,
  TAR_BYTES_MAX,
  TASK_FILE_BYTES_MAX,
} from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import { isBitbakeBuildName } from '../buildstats/build-stats-file.ts';
import { BuildstatsReader } from '../buildstats/buildstats-reader.ts';
import { isTar } from './find-builds.ts';
import type { OpenOptions } from './open-builds.ts';
import { readTar } from './tar.ts';

/** Bounds of one listing; tests lower them. */
export interface ListingLimits {
  /** Requests at one time: polite, and enough to hide the latency of a far server. */
  readonly concurrency: number;
  readonly requests: number;
  readonly bytes: number;
  readonly totalMs: number;
  readonly requestMs: number;
}

const LIMITS: ListingLimits = {
  concurrency: 8,
  requests: 200_000,
  bytes: TAR_BYTES_MAX,
  totalMs: 30 * 60_000,
  requestMs: 60_000,
};
/** An index of 10,000 entries is 2 MB. */
const INDEX_BYTES_MAX = 16 << 20;
const LINKS_MAX = 100_000;
const REDIRECTS_MAX = 3;
/** testresults -> target -> buildstats -> `<target>-<machine>` -> BUILDNAME -> recipe. */
const DEPTH_MAX = 6;

type ListingOptions = OpenOptions & {
  readonly problems: ProblemList;
  readonly nowMs: number;
  readonly limits?: Partial<ListingLimits>;
};

/** The builds of a listing. Throws BakehouseError when the address itself does not answer or holds no build. */
export async function* openListing(address: string, options: ListingOptions): AsyncGenerator<Build> {
  let start: URL;
  try {
    start = new URL(address);
  } catch (cause) {
    throw new BakehouseError('invalid', `${address} is no address.`, { cause });
  }
  const limits = { ...LIMITS, ...options.limits };
  // fetch takes no names and passwords in addresses; they go into a header, and into no database and no message.
  const authorization = authorizationOf(start);
  start.username = '';
  start.password = '';
  const site = new Site(start, limits, options, authorization);
  try {
    if (isTar(start.pathname)) {
      yield* await readTar(await site.stream(start), start.href, options);
      return;
    }
    if (!start.pathname.endsWith('/')) start.pathname += '/';
    let count = 0;
    for await (const builds of walk(site, start, 0, options)) {
      count += builds.length;
      options.onProgress?.({ done: count, total: count });
      yield* builds;
    }
    if (count === 0) {
      throw new BakehouseError('not-found', `${start.href} lists no build: neither a build_stats nor a tar.`);
    }
  } finally {
    site.stop();
  }
}

function authorizationOf(url: URL): string | null {
  if (url.username === '' && url.password === '') return null;
  const pair = `${decoded(url.username)}:${decoded(url.password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

async function* walk(site: Site, url: URL, depth: number, options: ListingOptions): AsyncGenerator<Build[]> {
  const links = depth === 0 ? await site.index(url) : await attempt(site, url, options, () => site.index(url));
  if (links === null) return;
  if (links.files.some((file) => nameOf(file) === 'build_stats')) {
    const build = await attempt(site, url, options, () => readBuild(site, url, links, options));
    if (build !== null) yield build;
    return;
  }
  let found = false;
  if (depth < DEPTH_MAX) {
    // A build folder or a tmp that is published whole: the one folder that matters.
    const buildstats = links.folders.filter((folder) => nameOf(folder) === 'buildstats');
    for (const folder of buildstats.length > 0 ? buildstats : links.folders) {
      for await (const builds of walk(site, folder, depth + 1, options)) {
        if (builds.length > 0) found = true;
        yield builds;
      }
    }
  }
  if (found) return;
  for (const file of links.files) {
    if (!isTar(file.pathname)) continue;
    const builds = await attempt(site, file, options, async () => readTar(await site.stream(file), file.href, options));
    if (builds !== null) yield builds;
  }
}

/** One page or build; its failure is a problem, the others go on. Bounds and aborts end everything. */
async function attempt<T>(site: Site, url: URL, options: ListingOptions, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (cause) {
    if (options.signal?.aborted) throw options.signal.reason;
    if (site.exhausted || !(cause instanceof BakehouseError)) throw cause;
    options.problems.add('error', 'build-unreadable', cause.message, url.href);
    return null;
  }
}

async function readBuild(site: Site, url: URL, links: Links, options: ListingOptions): Promise<Build[]> {
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  const name = parts.at(-1) ?? url.host;
  const above = parts.at(-2);
  const reader = new BuildstatsReader({
    name,
    location: url.href,
    folder: parts.at(-3) === 'buildstats' && above !== undefined && isBitbakeBuildName(name) ? above : null,
    nowMs: options.nowMs,
    metrics: options.metrics,
    samples: options.samples,
  });
  const files: { file: string; url: URL; bytesMax: number }[] = [];
  const want = (file: string, from: URL) => {
    const last = file.slice(file.lastIndexOf('/') + 1);
    if (file === 'build_stats') files.push({ file, url: from, bytesMax: BUILD_STATS_BYTES_MAX });
    else if (last.endsWith('.log')) {
      if (reader.wantsSamples && !last.startsWith('host_stats')) {
        files.push({ file, url: from, bytesMax: SAMPLE_FILE_BYTES_MAX });
      }
    } else if (reader.isTask(last) && file.includes('/'))
      files.push({ file, url: from, bytesMax: TASK_FILE_BYTES_MAX });
    else reader.noteOther(file);
  };
  for (const link of links.files) want(nameOf(link), link);
  const folders = await site.each(links.folders, async (folder) => {
    try {
      return { folder, links: await site.index(folder) };
    } catch (cause) {
      return { folder, failure: problemOf(cause, site) };
    }
  });
  for (const result of folders) {
    const folder = nameOf(result.folder);
    if (result.links === undefined) reader.problems.add('warning', 'directory-unreadable', result.failure, folder);
    else for (const link of result.links.files) want(`${folder}/${nameOf(link)}`, link);
  }
  let done = 0;
  await site.each(files, async ({ file, url: from, bytesMax }) => {
    try {
      reader.addFile(file, await site.bytes(from, bytesMax));
    } catch (cause) {
      reader.problems.add('warning', 'file-unreadable', problemOf(cause, site), file);
    }
    done++;
    if (done % 100 === 0) options.onProgress?.({ done, total: files.length });
  });
  return reader.finishAll();
}

function problemOf(cause: unknown, site: Site): string {
  if (site.exhausted || !(cause instanceof BakehouseError)) throw cause;
  return cause.message;
}

interface Links {
  readonly folders: URL[];
  readonly files: URL[];
}

/** Last name of an address, decoded; '' for the root. */
function nameOf(url: URL): string {
  return decoded(url.pathname.replace(/\/$/, '').split('/').at(-1) ?? '');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray `%`: the name as it is.
    return part;
  }
}

/** Everything that is asked of one server, counted and fenced. */
class Site {
  exhausted = false;
  readonly #base: URL;
  readonly #limits: ListingLimits;
  readonly #options: ListingOptions;
  readonly #headers: Record<string, string>;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #requests = 0;
  #bytes = 0;

  constructor(base: URL, limits: ListingLimits, options: ListingOptions, authorization: string | null) {
    this.#headers = authorization === null ? {} : { authorization };
    this.#base = new URL(isTar(base.pathname) ? './' : base.pathname.endsWith('/') ? base : `${base.pathname}/`, base);
    this.#limits = limits;
    this.#options = options;
    this.#timer = setTimeout(() => {
      this.exhausted = true;
      this.#ending.abort(
        new BakehouseError(
          'too-large',
          `${base.href} took longer than ${limits.totalMs / 1000} s; reading was stopped.`,
        ),
      );
    }, limits.totalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#ending.abort();
  }

  /** Runs `work` on each item, `concurrency` at a time; results in the order of the items. */
  async each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    const results: R[] = new Array(items.length);
    let next = 0;
    const lane = async () => {
      while (next < items.length) {
        const i = next++;
        results[i] = await work(items[i]!);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#limits.concurrency, items.length) }, lane));
    return results;
  }

  #isInside(url: URL): boolean {
    return url.origin === this.#base.origin && url.pathname.startsWith(this.#base.pathname);
  }

  async #get(url: URL): Promise<Response> {
    let at = url;
    for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
      if (++this.#requests > this.#limits.requests) this.#exhaust('needs more requests than are made');
      const signals = [this.#ending.signal, AbortSignal.timeout(this.#limits.requestMs)];
      if (this.#options.signal !== undefined) signals.push(this.#options.signal);
      let response: Response;
      try {
        response = await fetch(at, { redirect: 'manual', headers: this.#headers, signal: AbortSignal.any(signals) });
      } catch (cause) {
        this.#options.signal?.throwIfAborted();
        if (this.#ending.signal.aborted) throw this.#ending.signal.reason;
        throw new BakehouseError('unreadable', `${at.href} does not answer: ${causeOf(cause)}.`, { cause });
      }
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        const location = response.headers.get('location');
        const target = location === null ? null : parsedUrl(location, at);
        if (target === null || !this.#isInside(target)) {
          throw new BakehouseError('forbidden', `${at.href} leads elsewhere; it was not followed.`);
        }
        at = target;
        continue;
      }
      if (!response.ok) {
        await response.body?.cancel();
        throw new BakehouseError(
          response.status === 404 ? 'not-found' : 'unreadable',
          `${at.href} answers ${response.status}.`,
        );
      }
      return response;
    }
    throw new BakehouseError('unreadable', `${url.href} is redirected too often.`);
  }

  #exhaust(what: string): never {
    this.exhausted = true;
    throw new BakehouseError('too-large', `${this.#base.href} ${what}.`);
  }

  /** The body, counted as it comes. */
  async *#body(response: Response, bytesMax: number, url: URL): AsyncGenerator<Uint8Array> {
    let size = 0;
    if (response.body === null) return;
    try {
      for await (const chunk of response.body) {
        size += chunk.length;
        this.#bytes += chunk.length;
        if (this.#bytes > this.#limits.bytes) this.#exhaust('holds more bytes than are read');
        if (size > bytesMax) throw new BakehouseError('too-large', `${url.href} is larger than is read.`);
        yield chunk;
      }
    } catch (cause) {
      this.#options.signal?.throwIfAborted();
      if (this.#ending.signal.aborted) throw this.#ending.signal.reason;
      if (cause instanceof BakehouseError) throw cause;
      throw new BakehouseError('unreadable', `${url.href} broke off: ${causeOf(cause)}.`, { cause });
    }
  }

  async bytes(url: URL, bytesMax: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#body(await this.#get(url), bytesMax, url)) chunks.push(chunk);
    return chunks.length === 1 ? chunks[0]! : new Uint8Array(Buffer.concat(chunks));
  }

  async stream(url: URL): Promise<Readable> {
    return Readable.from(this.#body(await this.#get(url), this.#limits.bytes, url));
  }

  async index(url: URL): Promise<Links> {
    const html = new TextDecoder().decode(await this.bytes(url, INDEX_BYTES_MAX));
    const folders = new Map<string, URL>();
    const files = new Map<string, URL>();
    let left = LINKS_MAX;
    for (const href of hrefsOf(html)) {
      if (--left < 0) {
        this.#options.problems.add(
          'warning',
          'too-many-links',
          'The index has more links than are followed; the rest was left out.',
          url.href,
        );
        break;
      }
      const target = parsedUrl(href, url);
      if (target === null) continue;
      target.hash = '';
      // `?C=N;O=D` sorts Apache's index: the same page.
      if (target.search !== '') continue;
      // Children only: the parent, other sites and absolute shortcuts are not part of the listing.
      if (!this.#isInside(target) || !target.pathname.startsWith(url.pathname)) continue;
      const rest = target.pathname.slice(url.pathname.length);
      if (rest === '' || rest.replace(/\/$/, '').includes('/')) continue;
      if (rest.endsWith('/')) folders.set(target.href, target);
      else files.set(target.href, target);
    }
    return { folders: [...folders.values()], files: [...files.values()] };
  }
}

function parsedUrl(href: string, base: URL): URL | null {
  try {
    return new URL(href, base);
  } catch {
    // No address: not a link of a listing.
    return null;
  }
}

function causeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === 'TimeoutError') return 'no answer in time';
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}

/** Values of `href="…"` in order; entities of the five kinds that an index escapes. */
function* hrefsOf(html: string): Generator<string> {
  // The class excludes the quote, so each attribute is scanned once; 2,000 bounds what is kept of one.
  for (const match of html.matchAll(/\bhref\s{0,5}=\s{0,5}(?:"([^"]{0,2000})"|'([^']{0,2000})')/gi)) {
    const text = match[1] ?? match[2] ?? '';
    yield text
      .replaceAll('&amp;', '&')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>');
  }
}
