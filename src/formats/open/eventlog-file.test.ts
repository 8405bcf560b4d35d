import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Build } from '../../model/build.ts';
import { ProblemList } from '../../model/problem.ts';
import { eventLine, variablesLine } from '../eventlog/write-events.ts';
import { EventLogFollower, findEventLogs, isEventLogFile, openBuilds, readEventLogFile } from './index.ts';

const T0 = Date.UTC(2026, 0, 1) / 1000;
const heartbeat = (second: number) => eventLine('bb.event.HeartbeatEvent', { pid: 0, time: T0 + second });
const LOG = [
  eventLine('bb.event.BuildInit', { _pkgs: ['a:do_build'], pid: 0 }),
  heartbeat(1),
  eventLine('bb.event.BuildStarted', { _pkgs: ['a:do_build'], _name: '', pid: 0 }),
  variablesLine({ BUILDNAME: '20260101000001' }),
  heartbeat(9),
  eventLine('bb.event.BuildCompleted', { _failures: 0, _interrupted: 0, pid: 0 }),
  eventLine('bb.command.CommandCompleted', { pid: 0 }),
];

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'bakehouse-eventlog-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array, modifiedSecond?: number): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  if (modifiedSecond !== undefined) utimesSync(path, T0 + modifiedSecond, T0 + modifiedSecond);
  return path;
}

async function opened(path: string): Promise<Build[]> {
  const builds: Build[] = [];
  for await (const build of openBuilds(path)) builds.push(build);
  return builds;
}

test('plain and gzip give the same build, and progress ends at the size', async () => {
  const plain = file('one.json', LOG.join(''));
  const packed = file('one.json.gz', gzipSync(LOG.join('')));
  const seen: number[] = [];
  const [build, ...more] = await readEventLogFile(plain, { onProgress: ({ done, total }) => seen.push(done / total) });
  expect(more).toEqual([]);
  expect(build).toMatchObject({
    name: '20260101000001',
    outcome: 'succeeded',
    sources: [{ kind: 'eventlog', location: plain }],
  });
  expect(seen.at(-1)).toBe(1);
  expect((await readEventLogFile(packed))[0]).toEqual({ ...build, sources: [{ kind: 'eventlog', location: packed }] });
});

test('a gzip that is cut gives what was whole, and a problem', async () => {
  const noise = Array.from({ length: 3000 }, (_, i) => heartbeat(1 + i / 1000)).join('');
  const whole = gzipSync(LOG.slice(0, 4).join('') + noise);
  const problems = new ProblemList();
  const [build] = await readEventLogFile(file('cut.json.gz', whole.subarray(0, whole.length / 2)), { problems });
  expect(build?.outcome).toBe('lost');
  expect(problems.list().map((problem) => problem.code)).toContain('gzip-damaged');
});

test('a build whose log spoke within the minute runs, and its half line is no damage', async () => {
  const path = file('live.json', LOG.slice(0, 5).join('') + LOG[5]!.slice(0, 40));
  const [running] = await readEventLogFile(path, { nowMs: (T0 + 20) * 1000 });
  expect(running).toMatchObject({ outcome: 'running', endedMs: null, problems: [] });
  const [lost] = await readEventLogFile(path, { nowMs: (T0 + 200) * 1000 });
  expect(lost).toMatchObject({ outcome: 'lost', problems: [{ code: 'eventlog-truncated', line: 6 }] });
});

test('is abandoned when told so, and says what it cannot read', async () => {
  const aborted = AbortSignal.abort(new Error('enough'));
  await expect(readEventLogFile(join(root, 'one.json'), { signal: aborted })).rejects.toThrow('enough');
  await expect(readEventLogFile(join(root, 'none.json'))).rejects.toThrow('cannot be read');
  await expect(readEventLogFile(root)).rejects.toThrow(/not a file|cannot be read/);
  symlinkSync(join(root, 'one.json'), join(root, 'link.json'));
  await expect(readEventLogFile(join(root, 'link.json'))).rejects.toThrow('cannot be read');
});

test('follows a log that grows, and begins anew when it shrinks', () => {
  const path = file('grow.json', LOG.slice(0, 2).join(''));
  const follower = new EventLogFollower(path);
  const now = (T0 + 10) * 1000;
  expect(follower.read(now)).toMatchObject([{ outcome: 'running' }]);
  appendFileSync(path, LOG.slice(2, 5).join('') + LOG[5]!.slice(0, 10));
  expect(follower.read(now)).toMatchObject([{ outcome: 'running', name: '20260101000001' }]);
  appendFileSync(path, LOG[5]!.slice(10));
  expect(follower.read(now)).toMatchObject([{ outcome: 'succeeded' }]);
  truncateSync(path, LOG[0]!.length);
  expect(follower.read(now)).toMatchObject([{ name: 'grow', variables: {}, startedMs: null }]);
});

test('finds the logs of a tmp, beside it, and those that a build can be in', () => {
  const first = file('b/tmp/log/eventlog/20260101000000.json', LOG.join(''), 10);
  const later = file('b/tmp/log/eventlog/20260101000500.json', LOG.join(''), 400);
  const server = file('b/tmp/log/eventlog/20251231000000.json', LOG.join(''), 500);
  const over = file('b/tmp/log/eventlog/20251230000000.json', LOG.join(''), -500);
  const written = file('b/eventlog-w.json', LOG.join(''), 20);
  file('b/tmp/log/eventlog/notes.txt', 'x');
  file('b/my-eventlog.json', '{"some": "other"}');
  file('b/tmp/buildstats/20260101000001/build_stats', '');
  const all = [written, over, server, first, later];
  expect(findEventLogs(join(root, 'b'))).toEqual(all);
  expect(findEventLogs(join(root, 'b/tmp/buildstats'))).toEqual(all);
  expect(findEventLogs(join(root, 'b/tmp/buildstats/20260101000001'))).toEqual(all);
  expect(findEventLogs(join(root, 'b/tmp'))).toEqual(all.slice(1));
  expect(findEventLogs(join(root, 'b'), { startedMs: (T0 + 1) * 1000 })).toEqual([written, server, first]);
  expect(findEventLogs(join(root, 'nowhere'))).toEqual([]);
  expect([isEventLogFile(first), isEventLogFile(join(root, 'b/my-eventlog.json')), isEventLogFile(root)]).toEqual([
    true,
    false,
    false,
  ]);
});

test('any path that holds a log opens as builds: the log, the folder, one directory of several', async () => {
  const stats = (second: number) => `Build Started: ${T0 + second}.00 \nElapsed time: 8.00 seconds \n`;
  file('c/tmp/buildstats/20260101000001/build_stats', stats(1));
  file('c/tmp/buildstats/20260101000901/build_stats', stats(901));
  const log = file('c/tmp/log/eventlog/20260101000000.json', LOG.join(''));
  const kinds = async (path: string) => (await opened(path)).map((b) => `${b.name} ${b.sources[0]!.kind}`);
  expect(await kinds(log)).toEqual(['20260101000001 eventlog']);
  expect(await kinds(join(root, 'c/tmp/buildstats/20260101000001'))).toEqual([
    '20260101000001 buildstats',
    '20260101000001 eventlog',
  ]);
  expect(await kinds(join(root, 'c/tmp/buildstats/20260101000901'))).toEqual(['20260101000901 buildstats']);
  expect(await kinds(join(root, 'c'))).toEqual([
    '20260101000001 buildstats',
    '20260101000901 buildstats',
    '20260101000001 eventlog',
  ]);
  // A folder of build folders: the log that `bitbake -w` wrote beside one of them is found from above, too.
  file('farm/one/buildstats/20260101000001/build_stats', stats(1));
  file('farm/one/eventlog-w.json', LOG.join(''));
  file('farm/two/buildstats/20260101000901/build_stats', stats(901));
  expect(await kinds(join(root, 'farm'))).toEqual([
    '20260101000001 buildstats',
    '20260101000901 buildstats',
    '20260101000001 eventlog',
  ]);
  const none = file('nothing.json', eventLine('bb.command.CommandCompleted', { pid: 0 }));
  await expect(opened(none)).rejects.toThrow('without a build');
});
