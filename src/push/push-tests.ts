/** A file of test results to a server, whole in one request: it is a few hundred kilobytes packed, and the server knows what it has of it. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { BakehouseError } from '../model/errors.ts';
import { type Answer, NotReached, type Transport } from './transport.ts';

export interface PushedTests {
  readonly tests: readonly {
    readonly url: string;
    readonly name: string;
    readonly passed: number;
    readonly failed: number;
  }[];
  readonly messages: readonly string[];
}

export interface TestsToPush {
  /** Of the file, without its folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of the folder it lies in. */
  readonly series: string;
  /** The build that was tested; null: as the results say. */
  readonly build: string | null;
}

export async function pushTests(
  send: Transport,
  server: string,
  token: string | null,
  file: TestsToPush,
): Promise<PushedTests> {
  const query = new URLSearchParams({ series: file.series, ...(file.build === null ? {} : { build: file.build }) });
  let answer: Answer;
  try {
    answer = await send({
      method: 'POST',
      path: `/api/v1/push/${encodeURIComponent(file.name)}?${query}`,
      headers: {
        'content-type': 'application/octet-stream',
        'content-encoding': 'gzip',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: await promisify(gzip)(file.bytes),
    });
  } catch (cause) {
    if (!(cause instanceof NotReached)) throw cause;
    throw new BakehouseError('unavailable', `${server} does not answer: ${cause.message}.`, { cause });
  }
  const { status, json } = answer;
  if (status !== 200 || json === null) {
    const detail = typeof json?.detail === 'string' ? json.detail : `The server answers ${status}.`;
    throw new BakehouseError(status === 401 ? 'unauthorized' : status >= 500 ? 'unavailable' : 'forbidden', detail);
  }
  return { tests: list(json.tests).map(testOf), messages: list(json.problems).map(messageOf) };
}

type Fields = Readonly<Record<string, unknown>>;

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter((one): one is Fields => typeof one === 'object' && one !== null) : [];
}

function testOf({ url, name, passed, failed }: Fields): PushedTests['tests'][number] {
  return { url: String(url), name: String(name), passed: Number(passed), failed: Number(failed) };
}

function messageOf({ message }: Fields): string {
  return String(message);
}
