/** One HTTP request and its answer: outbound only, through the proxies of the environment, within bounds of time and size. */
import http from 'node:http';
import https from 'node:https';
import { BakehouseError } from '../model/errors.ts';

/** The proxies as the environment names them; Node's agents follow them. */
export interface ProxySettings {
  readonly http_proxy?: string | undefined;
  readonly https_proxy?: string | undefined;
  readonly no_proxy?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** The body where it is a JSON object; else null. */
  readonly json: Readonly<Record<string, unknown>> | null;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** Sends a request; throws NotReached where no answer came. */
export type Transport = (request: Request) => Promise<Answer>;

/** No answer: no connection, or it broke, or nothing came for too long. */
export class NotReached extends Error {}

/** A server that commits a chunk answers in milliseconds; a proxy that holds a connection for a minute has lost it. */
const SILENT_MS = 60_000;
/** A list of a thousand missing blobs is 70 KB. */
const ANSWER_BYTES_MAX = 4 << 20;

/** The address of a server as it was given, without a slash at its end. */
export function serverAddress(text: string): string {
  const spelled = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.parse(spelled);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.search !== '' || url.hash !== '') {
    throw new BakehouseError('invalid', `${text} is no address of a server: https://builds.example.org is one.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new BakehouseError('invalid', 'A name and password in the address of the server are not sent; use a token.');
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** Requests to one server. `close` lets its connections go. */
export function openTransport(server: string, proxies: ProxySettings): { send: Transport; close: () => void } {
  const secure = server.startsWith('https:');
  const options = { keepAlive: true, proxyEnv: { ...proxies } };
  const agent = secure ? new https.Agent(options) : new http.Agent(options);
  const send: Transport = (request) =>
    new Promise((resolve, reject) => {
      const { method, headers, body, signal } = request;
      const make = secure ? https.request : http.request;
      const fail = (cause: unknown): void => {
        if (signal?.aborted) reject(signal.reason);
        else reject(new NotReached(reasonOf(cause), { cause }));
      };
      const call = make(
        `${server}${request.path}`,
        {
          method,
          agent,
          timeout: SILENT_MS,
          headers: { accept: 'application/json', ...headers, 'content-length': String(body.length) },
          ...(signal === undefined ? {} : { signal }),
        },
        (answer) => {
          const pieces: Buffer[] = [];
          let size = 0;
          answer.on('data', (piece: Buffer) => {
            size += piece.length;
            if (size > ANSWER_BYTES_MAX) answer.destroy(new Error('the answer is too large'));
            else pieces.push(piece);
          });
          answer.on('error', fail);
          answer.on('aborted', () => fail(new Error('the answer was cut')));
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, json: jsonOf(Buffer.concat(pieces)) });
          });
        },
      );
      call.on('timeout', () => call.destroy(new Error(`no answer for ${SILENT_MS / 1000} s`)));
      call.on('error', fail);
      call.end(body);
    });
  return { send, close: () => agent.destroy() };
}

function jsonOf(bytes: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    // A page of a proxy, or of some other server: the status says what there is to say.
    return null;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no such host is known',
  EAI_AGAIN: 'host names cannot be looked up now',
  ENETUNREACH: 'there is no network',
  EHOSTUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'no answer in time',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
};

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const inner = cause instanceof AggregateError && cause.errors[0] instanceof Error ? reasonOf(cause.errors[0]) : '';
  return WORDS[code] ?? (inner !== '' ? inner : cause.message || code);
}
