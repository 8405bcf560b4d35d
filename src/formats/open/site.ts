/**
 * One web server as a reader of builds asks it: the address that was given is the fence, redirects included, and everything is counted: requests,
 * bytes, time.
 */
import { Readable } from 'node:stream';
import { BakehouseError } from '../../model/errors.ts';
import { TAR_BYTES_MAX } from '../../model/limits.ts';
import { percentDecoded } from '../../model/percent-decoded.ts';
import type { ProblemList } from '../../model/problem.ts';
import { isTar } from './find-builds.ts';

/** Bounds of one reading; tests lower them. */
export interface SiteLimits {
  /** Requests at one time: polite, and enough to hide the latency of a far server. */
  readonly concurrency: number;
  readonly requests: number;
  readonly bytes: number;
  readonly totalMs: number;
  readonly requestMs: number;
}

const LIMITS: SiteLimits = {
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

export interface SiteOptions {
  readonly problems?: ProblemList | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `invalid` for what is no address. fetch takes no names and passwords in addresses: they go into a header, and into no database and no message. */
export function openSite(
  address: string,
  limits: Partial<SiteLimits>,
  options: SiteOptions,
): { readonly site: Site; readonly start: URL } {
  let start: URL;
  try {
    start = new URL(address);
  } catch (cause) {
    throw new BakehouseError('invalid', `${address} is no address.`, { cause });
  }
  const authorization = authorizationOf(start);
  start.username = '';
  start.password = '';
  return { site: new Site(start, { ...LIMITS, ...limits }, options, authorization), start };
}

function authorizationOf(url: URL): string | null {
  if (url.username === '' && url.password === '') return null;
  const pair = `${percentDecoded(url.username)}:${percentDecoded(url.password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

export interface Links {
  readonly folders: URL[];
  readonly files: URL[];
  /** The page as it came. */
  readonly html: string;
}

/** Last name of an address, decoded; '' for the root. */
export function nameOf(url: URL): string {
  return percentDecoded(url.pathname.replace(/\/$/, '').split('/').at(-1) ?? '');
}

/** Everything that is asked of one server, counted and fenced. */
export class Site {
  exhausted = false;
  readonly #base: URL;
  readonly #limits: SiteLimits;
  readonly #options: SiteOptions;
  readonly #headers: Record<string, string>;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #requests = 0;
  #bytes = 0;

  constructor(base: URL, limits: SiteLimits, options: SiteOptions, authorization: string | null) {
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
        this.#options.problems?.add(
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
    return { folders: [...folders.values()], files: [...files.values()], html };
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
