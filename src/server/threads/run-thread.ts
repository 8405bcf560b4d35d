/** What runs inside the query and the ingest thread: one store connection, operations as they are asked, and for ingest the watch. */
import { parentPort } from 'node:worker_threads';
import type { ServerEvent } from '../../api/contract.ts';
import { FailureIndexer } from '../../collector/index-failures.ts';
import { IngestUploads } from '../../collector/ingest-uploads.ts';
import { PrefixHashes } from '../../collector/upload.ts';
import { BakehouseError } from '../../model/errors.ts';
import type { OperationContext } from '../../operations/context.ts';
import { failureLogOf } from '../../operations/failure-log.ts';
import { answerOf, contextFor, runOperation } from '../../operations/run.ts';
import { openBlobs } from '../../store/blobs/index.ts';
import { openStore } from '../../store/index.ts';
import { CONSOLE, type SavedBuild } from '../../store/store.ts';
import { reportTemplate } from '../report-template.ts';
import { sampleSource } from '../sample.ts';
import { toPlain } from './plain-error.ts';
import type { FromThread, ThreadData, ToThread } from './protocol.ts';

/** A refused connection to several addresses is an AggregateError without words of its own. */
function reasonOf(error: Error): string {
  if (error.message !== '') return error.message;
  return error instanceof AggregateError ? error.errors.map((one: unknown) => String(one)).join('; ') : error.name;
}

export async function runThread(data: ThreadData): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('not a thread');
  const say = (message: FromThread, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

  /** Events in the order in which things happened: to ask whom a build may be told takes a moment. */
  let telling: Promise<void> = Promise.resolve();
  const tell = (event: ServerEvent): void => {
    telling = telling.then(() => say({ type: 'event', event, access: null }));
  };
  const onSaved = ({ id, revision, changed }: SavedBuild): void => {
    if (!changed) return;
    telling = telling
      .then(async () => {
        // Looked at first: a page that hears of the build asks for its failures.
        await indexer?.ofBuild(id);
        const access = await context.wholeStore.readAccess(id);
        // One that is gone again is told to nobody.
        if (access !== null) say({ type: 'event', event: { type: 'build', id, revision }, access });
      })
      .catch((error: unknown) => say({ type: 'warning', message: String(error) }));
  };

  let context: OperationContext;
  let ingest: IngestUploads | null = null;
  let indexer: FailureIndexer | null = null;
  const busy = new Set<'uploads' | 'failures'>();
  const tellBusy = (what: 'uploads' | 'failures', is: boolean): void => {
    const before = busy.size > 0;
    if (is) busy.add(what);
    else busy.delete(what);
    if (busy.size > 0 !== before) say({ type: 'busy', busy: busy.size > 0 });
  };
  try {
    const store = await openStore(data.database);
    const blobs = openBlobs(data.blobs);
    if (data.collect !== null)
      ingest = new IngestUploads({
        store,
        blobs,
        now: Date.now,
        ageDays: data.collect.rules.ageDays,
        onSaved,
        onWarning: (message) => say({ type: 'warning', message }),
        onBusy: (is) => tellBusy('uploads', is),
      });
    if (data.bakehouseThread === 'ingest')
      indexer = new FailureIndexer({
        store,
        blobs,
        logOf: (build, ordinal) => logOf(build, ordinal),
        onWarning: (message) => say({ type: 'warning', message }),
        onBusy: (is) => tellBusy('failures', is),
      });
    context = {
      store,
      wholeStore: store,
      blobs,
      viewer: CONSOLE,
      collector:
        data.collect === null || ingest === null || indexer === null
          ? null
          : { ...data.collect, hashes: new PrefixHashes(), ingest, indexer },
      now: Date.now,
      version: data.version,
      logRoots: data.logRoots,
      layerPages: data.layerPages,
      sample: sampleSource(),
      reportTemplate: reportTemplate(),
      onSaved,
    };
  } catch (error) {
    // Refused, no such host, not a database: said as it is, because whoever runs the server must mend it.
    // A database server that cannot be reached: whoever starts this one must read which address was tried.
    const away =
      error instanceof BakehouseError && data.database.startsWith('postgres') && error.code === 'unavailable';
    const reason = away ? error.cause : error;
    const known = !(reason instanceof Error) || reason instanceof BakehouseError;
    const shown = known
      ? error
      : new BakehouseError('unavailable', `The database cannot be opened: ${reasonOf(reason)}.`);
    say({ type: 'error', call: 0, error: toPlain(shown) });
    port.close();
    return;
  }
  const { store } = context;
  const logOf = failureLogOf(context);
  const stop = new AbortController();
  const readings = new Set<Promise<void>>();

  async function run(message: Extract<ToThread, { type: 'run' }>): Promise<void> {
    try {
      // The sender's types held the name and its input together; the wire between threads does not.
      const answer = answerOf(
        await runOperation(contextFor(context, message.viewer), message.operation, message.input as never),
      );
      if (answer.kind === 'json') {
        say({ type: 'answer', call: message.call, answer }, [answer.bytes.buffer as ArrayBuffer]);
      } else {
        // Copied first: the bytes may be a view into something larger that the store keeps.
        const bytes = new Uint8Array(answer.file.bytes);
        say({ type: 'answer', call: message.call, answer: { kind: 'file', file: { ...answer.file, bytes } } }, [
          bytes.buffer,
        ]);
      }
    } catch (error) {
      say({ type: 'error', call: message.call, error: toPlain(error) });
    }
  }

  /** Answered when every path was read once; the watch goes on until the thread closes. */
  async function read(message: Extract<ToThread, { type: 'read' }>): Promise<void> {
    let answered = false;
    const answer = (): void => {
      if (!answered) say({ type: 'answer', call: message.call, answer: null });
      answered = true;
    };
    try {
      const { readPaths } = await import('../read-paths.ts');
      await readPaths(context, message.paths, {
        watch: message.watch,
        signal: stop.signal,
        onEvent: tell,
        onWarning: (text) => say({ type: 'warning', message: text }),
        onRead: () => {
          answer();
        },
      });
      answer();
    } catch (error) {
      // After the answer nobody waits for this call: the thread dies of it, is said to have died and is started again.
      if (answered) throw error;
      say({ type: 'error', call: message.call, error: toPlain(error) });
    }
  }

  async function close(): Promise<void> {
    stop.abort();
    await Promise.allSettled(readings);
    await ingest?.close();
    await indexer?.close();
    await store.close();
    port?.close();
  }

  port.on('message', (message: ToThread) => {
    switch (message.type) {
      case 'run':
        void run(message);
        break;
      case 'read': {
        const reading = read(message);
        readings.add(reading);
        reading.then(
          () => readings.delete(reading),
          (error: unknown) => {
            setImmediate(() => {
              throw error;
            });
          },
        );
        break;
      }
      case 'close':
        void close();
        break;
    }
  });
  ingest?.start();
  indexer?.start();
  say({ type: 'ready' });
}
