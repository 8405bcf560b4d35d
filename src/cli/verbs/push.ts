/** `bakehouse push`: builds to a server, from whatever is there of them. Pushing again is the same build, and sends what is missing. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { isTestResultsFile, seriesOf } from '../../formats/open/test-results-file.ts';
import type { Build } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import { formatBytes, formatDuration, plural } from '../../model/format.ts';
import type { Prepared, PushedTests } from '../../push/index.ts';
import { loadLibrary } from '../controller.ts';
import { EXIT_NOT_SENT, EXIT_OK, EXIT_UNREADABLE, errorSentence } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag, text } from '../options.ts';
import type { Options } from '../program.ts';
import { progressLine } from '../progress.ts';
import { destination, prepareOptions } from '../push-settings.ts';
import { ADDRESS, readAll } from '../read-build.ts';
import { printable } from '../style.ts';

interface Outcome {
  readonly name: string;
  readonly id: string;
  readonly url: string;
  readonly failureUrl: string | null;
  readonly state: 'sent' | 'unchanged' | 'not-sent';
  readonly bytesSent: number;
  readonly logsSent: number;
  readonly messages: readonly string[];
}

export async function push(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  const prepare = await prepareOptions(io, options);
  const { prepareUpload } = await loadLibrary();
  let unreadable = false;
  const found: { readonly build: Build; readonly path: string }[] = [];
  const innerLogs = new Map<string, Uint8Array>();
  const onLogs = (logs: ReadonlyMap<string, Uint8Array>): void => {
    for (const [name, bytes] of logs) innerLogs.set(name, bytes);
  };
  const results: string[] = [];
  for (const path of args) {
    const full = resolve(io.folder, path);
    if (!ADDRESS.test(path) && isTestResultsFile(full)) {
      results.push(full);
      continue;
    }
    try {
      for (const build of await readAll(io, path, { metrics: null, samples: true, onLogs }))
        found.push({ build, path });
    } catch (error) {
      if (!(error instanceof BakehouseError)) throw error;
      unreadable = true;
      io.err(`bakehouse: ${printable(errorSentence(error))}\n`);
    }
  }
  const { mergeSameOrigins } = await loadLibrary();
  // Accounts of one build may be named one by one: its directory, its event log, its record.
  const pathOf = (build: Build): string => {
    const own = found.find((one) => one.build === build || sharesSource(one.build, build));
    return own?.path ?? args[0]!;
  };
  const builds =
    args.length === 1 ? found.map(({ build }) => build) : mergeSameOrigins(found.map(({ build }) => build));
  builds.sort((a, b) => (a.startedMs ?? 0) - (b.startedMs ?? 0));
  const prepared: Prepared[] = [];
  // A build folder that outlives the job holds the builds of the jobs before it: of several it is the newest that this one ran, unless told.
  const ofThisJob = (build: Build) => text(options, 'job') !== undefined || build === builds.at(-1);
  for (const build of builds) {
    const job = ofThisJob(build) ? prepare.job : undefined;
    prepared.push(await prepareUpload(build, pathOf(build), { ...prepare, job, innerLogs }));
  }

  if (flag(options, 'show')) {
    for (const one of prepared) await show(io, one);
    return unreadable ? EXIT_UNREADABLE : EXIT_OK;
  }
  const outcomes = await sendAll(io, options, prepared);
  const tests = results.length === 0 ? [] : await sendTests(io, options, results);
  if (flag(options, 'json'))
    io.out(`${JSON.stringify({ builds: outcomes, ...(results.length === 0 ? {} : { tests }) }, null, 2)}\n`);
  if (tests.some(({ state }) => state === 'not-sent')) return EXIT_NOT_SENT;
  if (outcomes.some(({ state }) => state === 'not-sent')) return EXIT_NOT_SENT;
  return unreadable ? EXIT_UNREADABLE : EXIT_OK;
}

function sharesSource(a: Build, b: Build): boolean {
  return a.sources.some(({ location }) => b.sources.some((other) => other.location === location));
}

interface TestsOutcome {
  readonly file: string;
  readonly state: 'sent' | 'not-sent';
  readonly tests: PushedTests['tests'];
  readonly messages: readonly string[];
}

/** After the builds: what they tested may be among them. */
async function sendTests(io: CliIo, options: Options, files: readonly string[]): Promise<TestsOutcome[]> {
  const { openTransport, pushTests } = await loadLibrary();
  const { server, token, proxies } = await destination(io, options, 'server');
  const transport = openTransport(server, proxies);
  const outcomes: TestsOutcome[] = [];
  try {
    for (const file of files) {
      try {
        const about = { name: basename(file), series: seriesOf(file), build: text(options, 'build') ?? null };
        const { tests, messages } = await pushTests(transport.send, server, token, {
          ...about,
          bytes: readFileSync(file),
        });
        outcomes.push({ file, state: tests.length === 0 ? 'not-sent' : 'sent', tests, messages });
      } catch (error) {
        if (!(error instanceof BakehouseError)) throw error;
        outcomes.push({ file, state: 'not-sent', tests: [], messages: [error.message] });
      }
      const { tests, messages } = outcomes.at(-1)!;
      for (const message of messages) io.err(`bakehouse: ${printable(message)}\n`);
      if (!flag(options, 'json')) for (const url of new Set(tests.map((one) => one.url))) io.out(`${printable(url)}\n`);
    }
  } finally {
    transport.close();
  }
  return outcomes;
}

async function sendAll(io: CliIo, options: Options, prepared: readonly Prepared[]): Promise<Outcome[]> {
  const { addressOf, openTransport, UploadClient } = await loadLibrary();
  const { server, token, proxies } = await destination(io, options, 'server');
  const transport = openTransport(server, proxies);
  const outcomes: Outcome[] = [];
  /** A server that is not there, or takes nothing from us, is not asked again for every build of a thousand. */
  let gone: BakehouseError | null = null;
  try {
    for (const { build, upload, messages } of prepared) {
      const label = `pushing ${build.name}`;
      const progress = progressLine(io, label);
      const client = new UploadClient({
        server,
        send: transport.send,
        token,
        onProgress: progress.show,
        onWait: (why, ms) => {
          progress.clear();
          io.err(`bakehouse: ${printable(why)}; again in ${formatDuration(ms)}\n`);
        },
      });
      const base = { name: build.name, id: upload.claim.id };
      try {
        if (gone !== null) throw gone;
        const result = await client.upload(upload);
        outcomes.push({
          ...base,
          url: result.url,
          failureUrl: result.failureUrl,
          state: result.state,
          bytesSent: result.bytesSent,
          logsSent: result.blobsSent,
          messages: [...messages, ...result.messages],
        });
      } catch (error) {
        if (!(error instanceof BakehouseError)) throw error;
        if (error.code === 'unavailable' || error.code === 'unauthorized' || error.code === 'too-many') gone = error;
        const url = addressOf(server, upload.claim.id);
        outcomes.push({
          ...base,
          url,
          failureUrl: null,
          state: 'not-sent',
          bytesSent: 0,
          logsSent: 0,
          messages: [...messages, error.message],
        });
      } finally {
        progress.clear();
      }
      if (!flag(options, 'json')) say(io, outcomes.at(-1)!, prepared.length > 1);
    }
  } finally {
    transport.close();
  }
  if (gone?.code === 'unavailable' && !flag(options, 'json')) {
    io.err('Nothing is lost: the same command sends it later, to the same address.\n');
  }
  return outcomes;
}

/** The address alone on standard output, so that it can be piped on; everything else beside it. */
function say(io: CliIo, outcome: Outcome, several: boolean): void {
  const { name, url, failureUrl, state, bytesSent, logsSent, messages } = outcome;
  const who = several ? `${name}: ` : '';
  for (const message of messages) io.err(`bakehouse: ${printable(`${who}${message}`)}\n`);
  if (state === 'not-sent') {
    io.err(`bakehouse: ${printable(name)} was not sent; its address will be ${printable(url)}\n`);
    return;
  }
  io.out(`${printable(url)}\n`);
  if (failureUrl !== null) io.err(`bakehouse: ${printable(`${who}why it failed: ${failureUrl}`)}\n`);
  if (!io.errIsTerminal) return;
  const what =
    state === 'unchanged'
      ? 'the server has all of it'
      : `${formatBytes(bytesSent)} sent${logsSent === 0 ? '' : `, ${plural(logsSent, 'log')} among them`}`;
  io.err(`${printable(name)}: ${what}\n`);
}

/** Exactly what would be sent: the announcement, the stream, and every blob as text. */
async function show(io: CliIo, { upload }: Prepared): Promise<void> {
  const { claim, writer, visibility, about, complete, blobs } = upload;
  io.out(
    `# POST /api/v1/uploads\n${JSON.stringify({ format: 1, build: claim.id, kind: 'record', writer, visibility, about, complete })}\n`,
  );
  io.out(`# the stream: PUT /api/v1/uploads/${claim.id}/…\n`);
  io.out(upload.stream([]));
  for (const blob of blobs) {
    io.out(`# ${blob.class}, ${blob.bytes} bytes: PUT /api/v1/uploads/${claim.id}/blobs/${blob.sha256}\n`);
    const text = new TextDecoder().decode(await blob.read());
    io.out(text.endsWith('\n') ? text : `${text}\n`);
  }
}
