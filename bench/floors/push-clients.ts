/**
 * Clients that push, in a process of their own: ORIGIN, a folder of streams, how many clients, and the ms from one push of a client to its next (0:
 * at once). Says how many builds were taken when it is ended.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const [origin = '', folder = '', clients = '20', everyMs = '0'] = process.argv.slice(2);
/** A client that follows its build pushes in pieces; so many are a build's. */
const PIECES = 4;

/** The stream of a build of its own: only the lines that say which build it is differ, so that packing them costs the client next to nothing. */
const streams = readdirSync(folder).map((name) => {
  const text = readFileSync(join(folder, name));
  const end = text.indexOf('\n', text.indexOf('\n') + 1) + 1;
  const rest = text.subarray(end);
  const size = Math.ceil(rest.length / PIECES);
  const pieces = Array.from({ length: PIECES }, (_, n) => rest.subarray(n * size, (n + 1) * size));
  return {
    build: JSON.parse(text.subarray(0, end).toString().split('\n')[1]!) as Record<string, unknown>,
    pieces: pieces.map((piece) => ({ piece, packed: gzipSync(piece) })),
  };
});

let pushed = 0;
let going = true;

async function ask(method: string, path: string, secret: string, body: Uint8Array | string, headers = {}) {
  const answer = await fetch(`${origin}/api/v1${path}`, {
    method,
    headers: { 'bakehouse-secret': secret, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`);
  await answer.arrayBuffer();
}

async function push(n: number): Promise<void> {
  const { build, pieces } = streams[n % streams.length]!;
  const id = randomUUID();
  const secret = randomBytes(32).toString('base64url');
  const startedMs = Date.now() - Math.floor(Math.random() * 3e10);
  const lines = [
    { type: 'record', format: 1, id, writer: 'bench 1' },
    { ...build, name: `b${startedMs}-${n}`, startedMs },
  ];
  const first = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await ask('POST', '/uploads', secret, JSON.stringify({ format: 1, build: id, stream: { bytes: 0, complete: true } }));
  const hash = createHash('sha256');
  let offset = 0;
  for (const [k, { piece, packed }] of pieces.entries()) {
    if (k === 0) hash.update(first);
    hash.update(piece);
    // Two members of gzip, one after the other.
    const body = k === 0 ? Buffer.concat([gzipSync(first), packed]) : packed;
    const length = piece.length + (k === 0 ? first.length : 0);
    await ask('PUT', `/uploads/${id}/1/${offset}${k === PIECES - 1 ? '?complete=1' : ''}`, secret, body, {
      'content-encoding': 'gzip',
      'bakehouse-sha256': hash.copy().digest('hex'),
    });
    offset += length;
  }
  pushed++;
}

const begun = performance.now();
process.once('SIGTERM', () => {
  going = false;
  process.stdout.write(`pushed ${pushed} in ${((performance.now() - begun) / 1000).toFixed(1)}\n`);
  process.exit(0);
});
process.stdout.write('pushing\n');
await Promise.all(
  Array.from({ length: Number(clients) }, async (_, n) => {
    await sleep((Number(everyMs) * n) / Number(clients));
    while (going) {
      const next = performance.now() + Number(everyMs);
      await push(n);
      await sleep(Math.max(0, next - performance.now()));
    }
  }),
);
