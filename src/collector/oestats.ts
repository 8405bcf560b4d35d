/**
 * Builds that the oestats clients of 2008 to 2011 tell of, a request a task: each request becomes lines of a record (docs/formats/record.md) that
 * the server writes for them, chunk by chunk, into an upload like any other. So a build survives a restart, is shown while it runs, is
 * given up when it falls silent, and is bounded as every stream is.
 *
 * These clients tell when a build begins and ends by asking then, and of a task how long it took, not when: starts stay unrecorded.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { findCause } from '../analysis/cause-line.ts';
import { NATIVE_PACKING } from '../formats/open/native-packing.ts';
import { encodeColumns } from '../formats/record/columns.ts';
import { BakehouseError } from '../model/errors.ts';
import { CHUNKS_MAX, REPORT_NAME_CHARS_MAX } from '../model/limits.ts';
import { TASK_FAILED, TASK_SUCCEEDED } from '../model/task-table.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { Store } from '../store/store.ts';
import type { Upload } from '../store/uploads.ts';
import { assertYoungEnough, clientOf, type Sender, takeQuota, visibilityFor } from './push-policy.ts';
import { appendChunk, bytesOf, type PrefixHashes, type UploadContext } from './upload.ts';

export type OestatsFields = ReadonlyMap<string, string>;

export interface OestatsContext extends UploadContext {
  readonly blobs: BlobStore;
  readonly hashes: PrefixHashes;
}

/** Two requests of one build at a time: the second finds the stream moved. */
const TRIES = 5;
/** The recipes of so many builds are known without reading their streams again. */
const KNOWN_BUILDS_MAX = 100;
const WRITER = 'oestats';
/** Wall time as the client measured it; `walltime` is what starts and ends tell, and there are none. */
const TIME_METRIC = 'elapsed_time';

/** Recipes that a stream has told, by PF, up to `bytes`. */
interface Told {
  bytes: number;
  readonly recipes: Map<string, number>;
}
const known = new Map<string, Told>();

function text(fields: OestatsFields, name: string): string | null {
  const value = fields.get(name)?.trim().slice(0, REPORT_NAME_CHARS_MAX) ?? '';
  return value === '' || value === '<unknown>' || value === 'unknown' ? null : value;
}

/** The right to write to the stream is the server's own: these clients know a number only. */
async function secretOf(store: Store, build: string): Promise<string> {
  return createHmac('sha256', await store.serverSecret('oestats'))
    .update(build)
    .digest('base64url');
}

/** A build begins; gives its number. */
export async function beginBuild(
  context: OestatsContext,
  sender: Sender,
  fields: OestatsFields,
): Promise<Upload & { reportNumber: number }> {
  const { store, policy } = context;
  const nowMs = context.now();
  const client = await clientOf(store, sender);
  assertYoungEnough(policy, nowMs, nowMs);
  await takeQuota(store, policy, client, { builds: 1, bytes: 0 }, nowMs);
  const id = randomUUID();
  const secret = await secretOf(store, id);
  const machine = text(fields, 'machine');
  const distro = text(fields, 'distro');
  const [number] = await store.reportNumbers.numbersOf(id, 0);
  const name = `oestats-${number}`;
  const upload = await store.uploads.create({
    id,
    kind: 'record',
    secret: createHash('sha256').update(secret).digest('hex'),
    account: sender.viewer.account,
    client,
    visibility: visibilityFor(policy, sender, null).visibility,
    about: { name, startedMs: nowMs, machine, distro },
    nowMs,
  });
  const branch = text(fields, 'metadata_branch');
  const commit = text(fields, 'metadata_revision') ?? text(fields, 'revision');
  const moved = await append(
    context,
    upload,
    [
      { type: 'record', format: 1, id, writer: WRITER },
      {
        type: 'build',
        name,
        startedMs: nowMs,
        machine,
        distro,
        builder: text(fields, 'builder'),
        host: { arch: text(fields, 'build_arch') },
        layers: branch === null && commit === null ? [] : [{ name: 'metadata', branch, commit, modified: null }],
      },
    ],
    false,
  );
  return { ...moved, reportNumber: number! };
}

/** The upload of a number, for the client that was given it: numbers are guessed by counting. */
async function uploadOf(context: OestatsContext, sender: Sender, number: number): Promise<Upload> {
  const { store } = context;
  const found = await store.reportNumbers.find(number);
  const upload = found === null || found.ordinal !== 0 ? null : await store.uploads.find(found.build);
  if (upload === null || upload.client !== (await clientOf(store, sender)))
    throw new BakehouseError('not-found', 'No build of this client has that number.');
  if (upload.complete) throw new BakehouseError('conflict', 'This build has ended.');
  return upload;
}

export interface OestatsTask {
  readonly fields: OestatsFields;
  /** Text of the files that came with it. */
  readonly log: string | null;
  readonly qaLog: string | null;
}

/** A task is over. */
export async function addTask(
  context: OestatsContext,
  sender: Sender,
  number: number,
  task: OestatsTask,
): Promise<Upload> {
  const { fields } = task;
  const pn = text(fields, 'package');
  const name = text(fields, 'task');
  if (pn === null || name === null)
    throw new BakehouseError('invalid', 'A task needs the fields build, package, task, status and time.');
  const failed = /^fail/i.test(text(fields, 'status') ?? '');
  const seconds = Number(text(fields, 'time') ?? Number.NaN);
  const pv = text(fields, 'version');
  const pr = text(fields, 'revision');
  const pf = [pn, pv, pr].filter((part) => part !== null).join('-');
  const taskName = name.startsWith('do_') ? name : `do_${name}`;
  const logs = await keepText(context, [
    ['failure', failed ? task.log : null],
    ['qa', task.qaLog],
  ]);
  for (let attempt = 1; ; attempt++) {
    const upload = await uploadOf(context, sender, number);
    if (upload.chunks >= CHUNKS_MAX - 1)
      throw new BakehouseError('too-large', 'This build has told as many tasks as are kept.');
    const { recipes } = await toldBy(context.store, upload);
    const recipe = recipes.get(pf) ?? recipes.size;
    const fresh = !recipes.has(pf);
    const columns = [
      { id: '@recipe', values: [recipe] },
      { id: '@task', values: [0] },
      { id: '@outcome', values: [failed ? TASK_FAILED : TASK_SUCCEEDED] },
      { id: TIME_METRIC, unit: 's', values: [seconds >= 0 && seconds < 1e9 ? seconds : Number.NaN] },
    ];
    const lines: object[] = [
      ...(fresh ? [{ type: 'recipes', from: recipe, pf: [pf], pn: [pn], pv: [pv], pr: [pr] }] : []),
      { type: 'tasks', rows: 1, names: [taskName], ...encodeColumns(1, columns, NATIVE_PACKING) },
      ...(failed
        ? [
            {
              type: 'failure',
              recipe,
              task: taskName,
              mc: '',
              cause: task.log === null ? null : (findCause(task.log)?.text ?? null),
            },
          ]
        : []),
      ...logs.map((log) => ({ type: 'log', recipe, task: taskName, mc: '', originalBytes: null, ...log })),
    ];
    try {
      const moved = await append(context, upload, lines, false);
      recipes.set(pf, recipe);
      remember(moved, recipes);
      return moved;
    } catch (error) {
      if (attempt >= TRIES || !(error instanceof BakehouseError && error.code === 'conflict')) throw error;
    }
  }
}

/** A build is over. */
export async function endBuild(
  context: OestatsContext,
  sender: Sender,
  number: number,
  fields: OestatsFields,
): Promise<Upload> {
  const status = text(fields, 'status') ?? '';
  const outcome = /^fail/i.test(status) ? 'failed' : /^succ/i.test(status) ? 'succeeded' : 'not-recorded';
  for (let attempt = 1; ; attempt++) {
    const upload = await uploadOf(context, sender, number);
    const endedMs = context.now();
    try {
      const lines = [
        { type: 'build', endedMs, outcome },
        { type: 'end', atMs: endedMs },
      ];
      const moved = await append(context, upload, lines, true);
      known.delete(upload.id);
      return moved;
    } catch (error) {
      if (attempt >= TRIES || !(error instanceof BakehouseError && error.code === 'conflict')) throw error;
    }
  }
}

async function append(
  context: OestatsContext,
  upload: Upload,
  lines: readonly object[],
  complete: boolean,
): Promise<Upload> {
  const { store, hashes } = context;
  const body = new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const hash = await hashes.at(store, upload);
  const appended = await appendChunk(context, hashes, {
    build: upload.id,
    secret: await secretOf(store, upload.id),
    generation: upload.generation,
    offset: upload.bytes,
    body,
    gzip: false,
    sha256: hash.copy().update(body).digest('hex'),
    complete,
  });
  return appended.upload;
}

/** Which recipes the stream has told; read again where this process does not know. */
async function toldBy(store: Store, upload: Upload): Promise<Told> {
  const remembered = known.get(upload.id);
  if (remembered?.bytes === upload.bytes) return remembered;
  const recipes = new Map<string, number>();
  for (const chunk of await store.uploads.chunks(upload))
    for (const line of new TextDecoder().decode(bytesOf(chunk)).split('\n')) {
      if (!line.startsWith('{"type":"recipes"')) continue;
      const { from, pf } = JSON.parse(line) as { from: number; pf: readonly string[] };
      for (const [i, name] of pf.entries()) recipes.set(name, from + i);
    }
  return { bytes: upload.bytes, recipes };
}

function remember(upload: Upload, recipes: Map<string, number>): void {
  known.delete(upload.id);
  if (known.size >= KNOWN_BUILDS_MAX) known.delete(known.keys().next().value!);
  known.set(upload.id, { bytes: upload.bytes, recipes });
}

/** The texts that are there, as blobs; the entries that name them. */
async function keepText(
  context: OestatsContext,
  texts: readonly (readonly [kind: 'failure' | 'qa', text: string | null])[],
): Promise<readonly { readonly kind: string; readonly blob: string; readonly bytes: number }[]> {
  const { store, blobs, policy } = context;
  const kept: { kind: string; blob: string; bytes: number }[] = [];
  for (const [kind, content] of texts) {
    if (content === null || content === '') continue;
    const bytes = new TextEncoder().encode(content);
    const blob = createHash('sha256').update(bytes).digest('hex');
    const size = await blobs.put(blob, [bytes], policy.blobBytes);
    await store.blobIndex.noteBlob(blob, size, context.now());
    kept.push({ kind, blob, bytes: bytes.length });
  }
  return kept;
}
