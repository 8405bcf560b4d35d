/**
 * The client of docs/formats/upload.md: meets a server, hears how far it has the stream of a build, and sends the rest. Every request may be
 * repeated; what fails for a moment is tried again, what is refused is said and left.
 *
 *     meet -> make the stream within the server's limits -> chunks from where the server is -> blobs it has not got
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { shortIdOf } from '../collector/short-id.ts';
import { BakehouseError } from '../model/errors.ts';
import type { Claim } from './push-key.ts';
import { type Answer, NotReached, type Transport } from './transport.ts';

export type Visibility = 'public' | 'unlisted' | 'private';

export interface Blob {
  readonly sha256: string;
  readonly class: 'failure-log' | 'log' | 'graph' | 'files';
  /** Uncompressed. */
  readonly bytes: number;
  readonly read: () => Promise<Uint8Array>;
}

export interface Limits {
  readonly chunkBytes: number;
  readonly streamBytes: number | null;
  readonly blobBytes: number | null;
  readonly blobs: number | null;
  readonly ageDays: number | null;
  readonly refusedKinds: readonly string[];
}

/** What is sent of one build, made when the limits are known. */
export interface Upload {
  readonly claim: Claim;
  readonly writer: string;
  readonly visibility: Visibility | null;
  readonly about: Readonly<Record<string, unknown>>;
  /** Nothing will be added to it. */
  readonly complete: boolean;
  readonly stream: (refusedKinds: readonly string[]) => Uint8Array;
  readonly blobs: readonly Blob[];
}

export interface UploadResult {
  readonly url: string;
  /** Page of its first failure, where the server told it. */
  readonly failureUrl: string | null;
  /** `unchanged`: the server had all of it. */
  readonly state: 'sent' | 'unchanged';
  /** As they went over the wire. */
  readonly bytesSent: number;
  readonly blobsSent: number;
  /** What was not sent, and what the server has to say. One sentence each. */
  readonly messages: readonly string[];
}

export interface UploadProgress {
  readonly done: number;
  readonly total: number;
}

export interface UploadClientOptions {
  /** Without a slash at its end. */
  readonly server: string;
  readonly send: Transport;
  readonly token: string | null;
  readonly signal?: AbortSignal | undefined;
  /** How long it is tried to reach a server that does not answer, in all pauses together. */
  readonly patienceMs?: number | undefined;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Said while waiting: why, and for how long. */
  readonly onWait?: ((why: string, ms: number) => void) | undefined;
  /** Seams for tests: waiting, and a number from 0 to 1. */
  readonly sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
  readonly random?: (() => number) | undefined;
}

const PATIENCE_MS = 120_000;
const PAUSE_MS_MIN = 1000;
const PAUSE_MS_MAX = 60_000;
/** A server that asks for more than this is asked another time. */
const RETRY_AFTER_MS_MAX = 60_000;
const AGAIN: ReadonlySet<number> = new Set([408, 425, 500, 502, 503, 504]);
/** Where a server names no size. */
const CHUNK_BYTES = 1 << 20;
const CONFLICTS_MAX = 5;
const UNREADABLE_MAX = 3;
const BLOBS_OFFERED_MAX = 1000;
/** A build of 10,000 tasks is stored within a second of its last byte. */
const FAILURE_ASKED_AFTER_MS = [500, 1500];
const URL_CHARS_MAX = 500;

const compressed = promisify(gzip);

/** `<server>/b/<short>`: known before anything was sent. */
export function addressOf(server: string, id: string): string {
  return `${server}/b/${shortIdOf(id)}`;
}

export class UploadClient {
  readonly #options: UploadClientOptions;
  #bytesSent = 0;

  constructor(options: UploadClientOptions) {
    this.#options = options;
  }

  /** Throws BakehouseError: `unavailable` where it is worth to try again later, another code where the server refused it. */
  async upload(upload: Upload): Promise<UploadResult> {
    this.#bytesSent = 0;
    const messages: string[] = [];
    // How large it is before anything is left out: a server with limits says at once that it is too large.
    let stream = upload.stream([]);
    let meeting = await this.#meet(upload, stream.length, false);
    const { limits } = meeting;
    if (limits.refusedKinds.length > 0) {
      stream = upload.stream(limits.refusedKinds);
      messages.push(`Not sent, for the server does not take it: ${limits.refusedKinds.join(', ')}.`);
    }
    if (limits.streamBytes !== null && stream.length > limits.streamBytes) {
      stream = upload.stream([...limits.refusedKinds, 'samples']);
      messages.push(`Samples were not sent: the server takes ${limits.streamBytes} bytes of a build.`);
      if (stream.length > limits.streamBytes) {
        throw new BakehouseError(
          'too-large',
          `The build tells ${stream.length} bytes even without samples; the server takes ${limits.streamBytes}.`,
        );
      }
    }
    messages.push(...meeting.messages);
    const sentBefore = this.#bytesSent;
    if (!samePrefix(stream, meeting)) meeting = await this.#meet(upload, stream.length, true);
    await this.#send(upload, stream, meeting);
    const streamSent = this.#bytesSent > sentBefore;
    const { sent, refused } = await this.#blobs(upload, stream, limits);
    messages.push(...refused);
    return {
      url: meeting.url ?? addressOf(this.#options.server, upload.claim.id),
      failureUrl: await this.#failureUrl(upload, stream.length, meeting),
      state: streamSent || sent > 0 ? 'sent' : 'unchanged',
      bytesSent: this.#bytesSent,
      blobsSent: sent,
      messages: [...new Set(messages)],
    };
  }

  /**
   * The server makes a build of the stream in a moment, and knows only then by which name its failure is found: of one that failed it is asked
   * again. What it does not tell in time is no reason to wait, and nothing is lost: the build's page leads there.
   */
  async #failureUrl(upload: Upload, bytes: number, meeting: Meeting): Promise<string | null> {
    if (upload.about.outcome !== 'failed') return null;
    let { failureUrl } = meeting;
    const sleep = this.#options.sleep ?? pause;
    for (const ms of FAILURE_ASKED_AFTER_MS) {
      if (failureUrl !== null) break;
      await sleep(ms, this.#options.signal);
      try {
        failureUrl = (await this.#meet(upload, bytes, false)).failureUrl;
      } catch (error) {
        if (!(error instanceof BakehouseError)) throw error;
        break;
      }
    }
    return failureUrl;
  }

  async #meet(upload: Upload, bytes: number, restart: boolean): Promise<Meeting> {
    const { claim, writer, visibility, about, complete } = upload;
    const body = {
      format: 1,
      build: claim.id,
      kind: 'record',
      writer,
      visibility,
      about,
      stream: { bytes, complete },
      restart,
    };
    const answer = await this.#ask(upload, 'POST', '/uploads', JSON.stringify(body), {
      'content-type': 'application/json',
    });
    const state = stateOf(answer.json);
    if (answer.status !== 200 || state === null) throw this.#refusal(answer);
    return {
      ...state,
      url: typeof answer.json?.url === 'string' ? answer.json.url : null,
      failureUrl: webAddress(answer.json?.failureUrl),
      limits: limitsOf(answer.json?.limits),
      messages: Array.isArray(answer.json?.messages)
        ? answer.json.messages.filter((message) => typeof message === 'string').slice(0, 20)
        : [],
    };
  }

  /** The stream from where the server is to its end. */
  async #send(upload: Upload, stream: Uint8Array, from: Meeting): Promise<void> {
    const chunkBytes = from.limits.chunkBytes;
    const hashes = new PrefixHash(stream);
    let { generation, offset } = from;
    let over = from.complete;
    let conflicts = 0;
    let unreadable = 0;
    while (offset < stream.length || (upload.complete && !over)) {
      this.#options.onProgress?.({ done: offset, total: stream.length });
      const end = Math.min(stream.length, offset + chunkBytes);
      const last = upload.complete && end === stream.length;
      const answer = await this.#ask(
        upload,
        'PUT',
        `/uploads/${upload.claim.id}/${generation}/${offset}${last ? '?complete=1' : ''}`,
        stream.subarray(offset, end),
        { 'content-type': 'application/octet-stream', 'bakehouse-sha256': hashes.upTo(end) },
      );
      const state = stateOf(answer.json);
      if (answer.status === 200 && state !== null) {
        // A server that answers and does not move would be asked for ever.
        if (state.offset <= offset && !state.complete && end > offset && ++conflicts > CONFLICTS_MAX) {
          throw new BakehouseError('conflict', 'The server took a part of the build and did not keep it.');
        }
        if (state.offset > offset) conflicts = 0;
        offset = state.offset;
        over = state.complete;
      } else if (answer.status === 422 && ++unreadable <= UNREADABLE_MAX) {
        // It was damaged on the way.
      } else if (answer.status === 409 && ++conflicts <= CONFLICTS_MAX) {
        const there =
          state !== null && samePrefix(stream, state) ? state : await this.#meet(upload, stream.length, true);
        generation = there.generation;
        offset = there.offset;
        over = there.complete;
      } else throw this.#refusal(answer);
    }
    this.#options.onProgress?.({ done: stream.length, total: stream.length });
  }

  async #blobs(upload: Upload, stream: Uint8Array, limits: Limits): Promise<{ sent: number; refused: string[] }> {
    const refused: string[] = [];
    // What the server does not take of the stream it does not take as a log either.
    const text = limits.refusedKinds.length === 0 ? null : Buffer.from(stream);
    const named = upload.blobs.filter((blob) => text === null || text.includes(blob.sha256));
    const fitting = named.filter(({ bytes }) => limits.blobBytes === null || bytes <= limits.blobBytes);
    if (fitting.length < named.length) {
      refused.push(`${named.length - fitting.length} logs are larger than the server takes, and were not sent.`);
    }
    const offered = limits.blobs === null ? fitting : fitting.slice(0, limits.blobs);
    if (offered.length < fitting.length) {
      refused.push(
        `The server takes ${limits.blobs} logs of a build; ${fitting.length - offered.length} were not sent.`,
      );
    }
    let sent = 0;
    for (let at = 0; at < offered.length; at += BLOBS_OFFERED_MAX) {
      const some = offered.slice(at, at + BLOBS_OFFERED_MAX);
      const offer = some.map(({ sha256: name, bytes, class: kind }) => ({ sha256: name, bytes, class: kind }));
      const answer = await this.#ask(
        upload,
        'POST',
        `/uploads/${upload.claim.id}/blobs`,
        JSON.stringify({ blobs: offer }),
        { 'content-type': 'application/json' },
      );
      const { missing, refused: not } = answer.json ?? {};
      if (answer.status !== 200 || !Array.isArray(missing)) throw this.#refusal(answer);
      const wanted = new Set<unknown>(missing);
      if (Array.isArray(not) && not.length > 0) {
        const first: unknown = not[0];
        const reason =
          typeof first === 'object' && first !== null && 'reason' in first ? `: ${String(first.reason)}` : '.';
        refused.push(`${not.length} logs were refused by the server${reason}`);
      }
      for (const blob of some) {
        if (!wanted.has(blob.sha256)) continue;
        const put = await this.#ask(
          upload,
          'PUT',
          `/uploads/${upload.claim.id}/blobs/${blob.sha256}?class=${blob.class}`,
          await blob.read(),
          { 'content-type': 'application/octet-stream' },
        );
        if (put.status === 413) refused.push('A log is larger than the server takes, and was not sent.');
        else if (put.status !== 200) throw this.#refusal(put);
        else sent++;
      }
    }
    return { sent, refused };
  }

  /** One request, tried again while it may help. */
  async #ask(
    upload: Upload,
    method: 'POST' | 'PUT',
    path: string,
    body: Uint8Array | string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const { send, server, token, signal } = this.#options;
    // Questions are small; what is compressed is the stream and the blobs.
    const packed = typeof body === 'string' ? Buffer.from(body) : await compressed(body);
    const encoding = typeof body === 'string' ? {} : { 'content-encoding': 'gzip' };
    const sleep = this.#options.sleep ?? pause;
    let waitedMs = 0;
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      let why: string;
      let pauseMs =
        Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** attempt) * (0.5 + (this.#options.random ?? Math.random)());
      try {
        const answer = await send({
          method,
          path: `/api/v1${path}`,
          headers: {
            ...headers,
            ...encoding,
            'bakehouse-secret': upload.claim.secret,
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          },
          body: packed,
          signal,
        });
        if (answer.status === 429) {
          const seconds = Number(answer.headers['retry-after'] ?? Number.NaN);
          pauseMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : pauseMs;
          why = detailOf(answer) ?? 'The server takes no more for the moment.';
          if (pauseMs > RETRY_AFTER_MS_MAX) throw new BakehouseError('too-many', why);
        } else if (AGAIN.has(answer.status)) {
          why = `${server} answers ${answer.status}${answer.json === null ? '' : `: ${detailOf(answer) ?? ''}`}`;
        } else {
          if (method === 'PUT' && answer.status === 200) this.#bytesSent += packed.length;
          return answer;
        }
      } catch (error) {
        if (!(error instanceof NotReached)) throw error;
        why = `${server} cannot be reached: ${error.message}`;
      }
      if (waitedMs + pauseMs > (this.#options.patienceMs ?? PATIENCE_MS)) {
        throw new BakehouseError('unavailable', `${why.replace(/\.$/, '')}.`);
      }
      this.#options.onWait?.(why, pauseMs);
      await sleep(pauseMs, signal);
      waitedMs += pauseMs;
    }
  }

  /** What an answer that is none of those we know means to whoever pushes. */
  #refusal(answer: Answer): BakehouseError {
    const { server } = this.#options;
    const detail = detailOf(answer);
    switch (answer.status) {
      case 401:
        return new BakehouseError('unauthorized', detail ?? `${server} wants a token (--token-file).`);
      case 403:
        return new BakehouseError('forbidden', detail ?? `${server} does not take this build.`);
      case 404:
      case 410:
        return new BakehouseError('not-found', detail ?? `${server} is no Bakehouse server, or one that is too old.`);
      case 413:
        return new BakehouseError('too-large', detail ?? `${server} does not take so much.`);
      case 409:
        return new BakehouseError(
          'conflict',
          'Somebody else pushes this build at the same time; try again when it is done.',
        );
      default: {
        const to = answer.status >= 300 && answer.status < 400 ? answer.headers.location : undefined;
        const what = to === undefined ? (detail ?? '') : `it sends us on to ${to}; name that address instead`;
        // What the server finds wrong with a request it will find wrong again.
        const code = answer.status >= 400 && answer.status < 500 ? 'invalid' : 'unavailable';
        return new BakehouseError(code, `${server} answers ${answer.status}${what === '' ? '' : `: ${what}`}`);
      }
    }
  }
}

interface State {
  readonly generation: number;
  readonly offset: number;
  readonly sha256: string;
  readonly complete: boolean;
}

interface Meeting extends State {
  readonly url: string | null;
  readonly failureUrl: string | null;
  readonly limits: Limits;
  readonly messages: readonly string[];
}

/** An older server tells none. */
function webAddress(value: unknown): string | null {
  return typeof value === 'string' && value.length <= URL_CHARS_MAX && /^https?:\/\/\S+$/.test(value) ? value : null;
}

function stateOf(json: Answer['json']): State | null {
  if (json === null) return null;
  const { generation, offset, sha256: hash, complete } = json;
  if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0 || typeof hash !== 'string')
    return null;
  const number = typeof generation === 'number' && Number.isSafeInteger(generation) ? generation : 1;
  return { generation: number, offset, sha256: hash, complete: complete === true };
}

function limitsOf(value: unknown): Limits {
  const limits = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const count = (name: string): number | null => {
    const limit = Object.hasOwn(limits, name) ? limits[name] : null;
    return typeof limit === 'number' && limit >= 0 ? limit : null;
  };
  const kinds = limits.refusedKinds;
  return {
    chunkBytes: Math.max(1, count('chunkBytes') ?? CHUNK_BYTES),
    streamBytes: count('streamBytes'),
    blobBytes: count('blobBytes'),
    blobs: count('blobs'),
    ageDays: count('ageDays'),
    refusedKinds: Array.isArray(kinds) ? kinds.filter((kind) => typeof kind === 'string') : [],
  };
}

/** Whether what the server has is the beginning of our stream. A complete one must be all of it. */
function samePrefix(stream: Uint8Array, { offset, sha256: hash, complete }: State): boolean {
  if (offset > stream.length || (complete && offset < stream.length)) return false;
  return sha256(stream.subarray(0, offset)) === hash;
}

/** The hash of the stream up to places that mostly ascend: each byte is hashed once. */
class PrefixHash {
  readonly #stream: Uint8Array;
  #hash = createHash('sha256');
  #at = 0;

  constructor(stream: Uint8Array) {
    this.#stream = stream;
  }

  upTo(end: number): string {
    if (end < this.#at) {
      this.#hash = createHash('sha256');
      this.#at = 0;
    }
    this.#hash.update(this.#stream.subarray(this.#at, end));
    this.#at = end;
    return this.#hash.copy().digest('hex');
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function detailOf(answer: Answer): string | null {
  const detail = answer.json?.detail;
  return typeof detail === 'string' && detail !== '' ? detail.slice(0, 1000) : null;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
