import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Build } from '../model/build.ts';
import { drawBuild, DRAWING_START_MS as T0 } from '../model/draw-build.ts';
import { traceEvents } from './trace-event.ts';

interface Event {
  ph: string;
  name: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
  cat?: string;
  cname?: string;
  args: Record<string, unknown>;
}

function trace(build: Build): { otherData: Record<string, unknown>; traceEvents: Event[]; text: string } {
  const text = [...traceEvents(build)].join('');
  return { ...JSON.parse(text), text };
}

const phase = (id: string, startS: number, endS: number) => ({
  id,
  label: id,
  startMs: T0 + startS * 1000,
  endMs: T0 + endS * 1000,
  estimated: true,
  detail: '1,011 files',
});

describe('traceEvents', () => {
  const build = drawBuild(
    `
    gcc:do_compile            ======      cputime=12.5
    glibc:do_compile            ====F
    glibc:do_fetch_setscene   ==
    late:do_compile                 ==?
    quiet:do_fetch            covered
  `,
    {
      machine: 'qemux86-64',
      phases: [phase('parsing', -4, 0), phase('sanity', -1, 1)],
      samples: [
        {
          source: 'reduced_proc_stat.log',
          timeMs: Float64Array.of(T0 - 9000, T0, T0 + 1000),
          series: [
            ['cpu.user', 'share', [0.1, 0.5, Number.NaN]] as const,
            ['cpu.system', 'share', [0.1, 0.1, 0.2]] as const,
          ].map(([id, unit, values]) => ({
            id,
            label: id,
            unit,
            values: Float64Array.from(values),
            limit: 1,
            marks: [],
            note: null,
            guessed: false,
          })),
        },
      ],
    },
  );

  it('has tasks on slots, setscene ones apart, phases on the cooker, counters on the host', () => {
    const { traceEvents: events, otherData } = trace(build);
    expect(otherData).toMatchObject({ machine: 'qemux86-64', outcome: 'lost', timeZero: '2025-12-31T23:59:56.000Z' });
    const x = events.filter((e) => e.ph === 'X');
    const find = (name: string) => x.find((e) => e.name === name);
    expect(find('gcc:do_compile')).toMatchObject({ pid: 1, tid: 100, ts: 4e6, dur: 6e6, cat: 'compile' });
    expect(find('gcc:do_compile')?.args).toEqual({ pf: 'gcc-1.0-r0', status: 'succeeded', cputime: 12.5 });
    expect(find('glibc:do_compile')).toMatchObject({ tid: 101, cname: 'terrible' });
    expect(find('glibc:do_fetch_setscene')).toMatchObject({ pid: 3, tid: 100 });
    expect(find('late:do_compile')).toMatchObject({ ts: 10e6, dur: 1e6, args: { incomplete: true } });
    expect(find('quiet:do_fetch')).toBeUndefined();
    expect(find('parsing')).toMatchObject({ pid: 1, tid: 0, ts: 0, dur: 4e6, args: { estimated: true } });
    expect(find('sanity')).toMatchObject({ tid: 1, ts: 3e6 });
    const threads = events.filter((e) => e.name === 'thread_name' && e.pid === 1).map((e) => e.args.name);
    expect(threads).toEqual(['cooker', 'cooker 2', 'slot 1', 'slot 2']);
    expect(events.filter((e) => e.name === 'cpu [share]').map((e) => [e.ts, e.args])).toEqual([
      [4e6, { user: 0.5, system: 0.1 }],
      [5e6, { system: 0.2 }],
    ]);
    expect(events.filter((e) => e.name === 'tasks').map((e) => e.args.running)).toEqual([2, 2, 2, 0]);
  });

  it('has the longest chain on a thread of its own where the task graph is known, one event after another', () => {
    expect(build.graph).toBeNull();
    expect(trace(build).text).not.toContain('Critical Path');
    const drawn = drawBuild(`
      a:do_compile    ====
      a:do_install        ==       <- a:do_compile
      b:do_compile    ===
      c:do_build      noexec       <- a:do_install b:do_compile
      d:do_compile          ===    <- c:do_build
    `);
    // As buildstats rounds: a start 4 ms before the end it waited for.
    const startMs = drawn.tasks.startMs.map((ms) => (ms === T0 + 4000 ? ms - 4 : ms));
    const { traceEvents: events } = trace({ ...drawn, tasks: { ...drawn.tasks, startMs } });
    expect(events.filter((e) => e.ph === 'M' && e.pid === 2).map((e) => [e.name, e.args.name])).toContainEqual([
      'thread_name',
      'Critical Path',
    ]);
    const path = events.filter((e) => e.ph === 'X' && e.pid === 2);
    expect(path.map((e) => [e.name, e.tid, e.cat, e.ts, e.dur])).toEqual([
      ['a:do_compile', 0, 'critical path component', 0, 4e6],
      ['a:do_install', 0, 'critical path component', 4e6, 2e6],
      ['d:do_compile', 0, 'critical path component', 6e6, 3e6],
    ]);
  });

  it('is one event a line', () => {
    const { text, traceEvents: events } = trace(build);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(events.length + 2);
    for (const line of lines.slice(1, -1)) JSON.parse(line.replace(/,$/, ''));
  });

  it('never has two events overlap on one thread, whatever the times', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 300, noNaN: true }), fc.double({ min: 0, max: 40, noNaN: true })), {
          minLength: 1,
          maxLength: 60,
        }),
        (runs) => {
          const base = drawBuild(runs.map((_, i) => `r${i}:do_${i % 3 === 0 ? 'x_setscene' : 'x'} =`).join('\n'));
          const startMs = Float64Array.from(runs, ([s]) => T0 + s);
          const endMs = Float64Array.from(runs, ([s, d]) => T0 + s + d);
          const { traceEvents: events } = trace({ ...base, tasks: { ...base.tasks, startMs, endMs } });
          const threads = new Map<string, Event[]>();
          for (const e of events.filter((event) => event.ph === 'X')) {
            expect(Number.isInteger(e.ts) && Number.isInteger(e.dur) && e.dur >= 0 && e.ts >= 0).toBe(true);
            threads.set(`${e.pid}.${e.tid}`, [...(threads.get(`${e.pid}.${e.tid}`) ?? []), e]);
          }
          for (const list of threads.values()) {
            for (let i = 1; i < list.length; i++)
              expect(list[i - 1]!.ts + list[i - 1]!.dur).toBeLessThanOrEqual(list[i]!.ts);
          }
        },
      ),
    );
  });
});
