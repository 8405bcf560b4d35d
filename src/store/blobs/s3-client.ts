/**
 * The six requests of S3 that blobs need, signed by Signature Version 4, on any server that speaks it. A client library would bring
 * a hundred times the code for them.
 */
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { BakehouseError } from '../../model/errors.ts';

export interface S3Place {
  readonly kind: 's3';
  readonly bucket: string;
  /** '' or ending in a slash. */
  readonly prefix: string;
  /** `https://host[:port]`; the bucket is the first part of the path, which every server understands. */
  readonly endpoint: string;
  readonly region: string;
  readonly keyId: string;
  readonly secret: string;
  /** Of keys that were lent for a while; else null. */
  readonly sessionToken: string | null;
}

export interface S3Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD';
  /** Key of the object; '' is the bucket. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** A status beside 2xx and 404 that the caller knows what to do with. */
  readonly alsoGood?: number;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export interface S3Client {
  /** The answer, whose status is 2xx, 404 for what is not there, or `alsoGood`. */
  send(request: S3Request): Promise<S3Answer>;
}

/** A part of 8 MiB over a line of 2 Mbit/s. */
const TIMEOUT_MS = 60_000;
/** All our requests may be repeated. A server that asks to slow down means it for a second or two. */
const TRIES = 4;
const FIRST_WAIT_MS = 300;

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hmac(key: Uint8Array | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** RFC 3986, as the signature wants it: encodeURIComponent leaves five characters too many. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What the `authorization` header of a request is. `headers` are lower-case and all of them are signed. */
export function authorization(
  place: Pick<S3Place, 'region' | 'keyId' | 'secret'>,
  request: {
    readonly method: string;
    /** Encoded. */
    readonly path: string;
    readonly query: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly bodyHash: string;
  },
  /** `20130524T000000Z` */
  time: string,
): string {
  const names = Object.keys(request.headers).sort();
  const canonical = [
    request.method,
    request.path,
    request.query,
    ...names.map((name) => `${name}:${request.headers[name]!.trim()}`),
    '',
    names.join(';'),
    request.bodyHash,
  ].join('\n');
  const day = time.slice(0, 8);
  const scope = `${day}/${place.region}/s3/aws4_request`;
  const wanted = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [place.region, 's3', 'aws4_request'].reduce<Buffer>(
    (above, part) => hmac(above, part),
    hmac(`AWS4${place.secret}`, day),
  );
  const signature = hmac(key, wanted).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${place.keyId}/${scope},SignedHeaders=${names.join(';')},Signature=${signature}`;
}

/** `<Code>` of an error document, which says more than the status. */
function codeIn(body: Uint8Array): string | null {
  return /<Code>(\w{1,100})<\/Code>/.exec(Buffer.from(body.subarray(0, 4096)).toString('utf8'))?.[1] ?? null;
}

function refused(place: S3Place, answer: S3Answer): BakehouseError {
  const code = codeIn(answer.body) ?? `status ${answer.status}`;
  const hint =
    answer.status === 403
      ? ' (is the access key right, and may it read, write, delete and list in this bucket?)'
      : code === 'NoSuchBucket'
        ? ' (the bucket must be there)'
        : '';
  return new BakehouseError('unavailable', `The bucket ${place.bucket} at ${place.endpoint} answers ${code}${hint}.`);
}

/**
 * One request and its answer, whole. Not `fetch`: its parser of HTTP is WebAssembly, in each thread that uses it its own, and V8 does not
 * always survive threads with WebAssembly that come and go (vitest.config.ts has what is known of it).
 */
function ask(base: URL, options: http.RequestOptions, body: Uint8Array | undefined): Promise<S3Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<S3Answer>();
  const request = (base.protocol === 'https:' ? https : http).request(
    { ...urlToHttpOptions(base), ...options, signal: AbortSignal.timeout(TIMEOUT_MS) },
    (answer) => {
      const pieces: Uint8Array[] = [];
      answer.on('data', (piece: Uint8Array) => pieces.push(piece));
      // What is cut is an error and has no end.
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(pieces) }),
      );
    },
  );
  request.on('error', reject);
  request.end(body);
  return promise;
}

export function s3Client(place: S3Place, firstWaitMs = FIRST_WAIT_MS): S3Client {
  const base = new URL(place.endpoint);

  async function once({ method, key, query = {}, headers = {}, body }: S3Request): Promise<S3Answer> {
    const path = `/${[place.bucket, ...(key === '' ? [] : key.split('/'))].map(encoded).join('/')}`;
    const search = Object.keys(query)
      .sort()
      .map((name) => `${encoded(name)}=${encoded(query[name]!)}`)
      .join('&');
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const bodyHash = sha256(body ?? '');
    const signed: Record<string, string> = {
      ...headers,
      host: base.host,
      'x-amz-content-sha256': bodyHash,
      'x-amz-date': time,
      ...(place.sessionToken === null ? {} : { 'x-amz-security-token': place.sessionToken }),
    };
    const credential = authorization(place, { method, path, query: search, headers: signed, bodyHash }, time);
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    return ask(
      base,
      {
        method,
        path: `${path}${search === '' ? '' : `?${search}`}`,
        headers: { ...signed, ...length, authorization: credential },
      },
      body,
    );
  }

  return {
    send: async (request) => {
      for (let attempt = 1; ; attempt++) {
        let failure: BakehouseError;
        try {
          const answer = await once(request);
          // The end of a long upload may be told as a failure after the status was sent.
          const late = request.method === 'POST' && answer.status === 200 && codeIn(answer.body) !== null;
          if (answer.status < 300 && !late) return answer;
          if (answer.status === request.alsoGood) return answer;
          if (answer.status === 404 && codeIn(answer.body) !== 'NoSuchBucket') return answer;
          failure = refused(place, answer);
          // 501: it has no such request, and will have none in a second.
          if (answer.status === 501 || (answer.status !== 429 && answer.status < 500 && !late)) throw failure;
        } catch (error) {
          if (error instanceof BakehouseError) throw error;
          failure = new BakehouseError('unavailable', `The blob store at ${place.endpoint} cannot be reached.`, {
            cause: error,
          });
        }
        if (attempt === TRIES) throw failure;
        await new Promise((resolve) => setTimeout(resolve, firstWaitMs * 2 ** (attempt - 1)));
      }
    },
  };
}
