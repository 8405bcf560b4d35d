import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Build } from '../model/build.ts';
import { decodeColumns, decodeSamples } from '../model/columns-body.ts';
import { blankBuild, drawBuild } from '../model/draw-build.ts';
import { decompress } from './compression.ts';
import { openStore } from './index.ts';
import type { Store } from './store.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 1);

const drawn = drawBuild(`
  gcc-cross:do_compile       ====                      cputime=2.5 io.read_bytes=4096
  glibc:do_compile           ..  ====                  cputime=8 io.read_bytes=0
  mc:musl:busybox:do_compile     ==F                   cputime=1
  glibc:do_populate_lic      covered
`);

function id(n: number): string {
  return `00000000-0000-5000-8000-${n.toString(16).padStart(12, '0')}`;
}

function build(n: number, more: Partial<Build> = {}): Build {
  const startedMs = START + n * DAY;
  return {
    ...drawn,
    name: `2026110${n}000000`,
    sources: [{ kind: 'buildstats', location: `/home/u/build/tmp/buildstats/2026110${n}000000` }],
    startedMs,
    endedMs: startedMs + 1000 * (100 + n),
    endEstimated: false,
    outcome: 'succeeded',
    machine: 'qemux86-64',
    distro: 'poky',
    targets: ['core-image-minimal'],
    host: { ...drawn.host, name: 'alpha', id: 'h1', distro: 'debian-12', cores: 8, memoryBytes: 33e9, cpuModel: 'x' },
    samples: [
      {
        source: 'reduced_proc_stat.log',
        timeMs: Float64Array.of(startedMs, startedMs + 1000),
        series: [
          {
            id: 'cpu.user',
            label: 'user',
            unit: 'share',
            values: Float64Array.of(0.25, Number.NaN),
            limit: 1,
            marks: [],
            note: null,
            guessed: false,
          },
        ],
      },
    ],
    problems: [{ severity: 'warning', code: 'odd', message: 'An odd line.', file: 'a/do_b', line: 3 }],
    ...more,
  };
}

const engines: { name: string; open: () => Promise<Store> }[] = [
  { name: 'SQLite', open: () => openStore('sqlite::memory:') },
];

describe.each(engines)('store on $name', ({ open }) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  test('a build comes back whole', async () => {
    const saved = build(1);
    const first = await store.saveBuild(id(1), saved);
    expect(first).toMatchObject({ id: id(1), changed: true });
    expect(await store.readBuild(id(1))).toEqual(saved);
    expect(await store.saveBuild(id(1), build(1))).toEqual({ ...first, changed: false });
    const bytes = await store.readTaskBytes(id(1), ['cputime']);
    expect(bytes).toMatchObject({ revision: first.revision, finished: true });
    const table = decodeColumns(bytes!.bytes, decompress);
    expect(table.metrics.map((metric) => metric.id)).toEqual(['cputime']);
    expect(table.startMs).toEqual(saved.tasks.startMs);
    expect(decodeSamples((await store.readSampleBytes(id(1)))!.bytes, decompress)).toEqual(saved.samples);
    await store.deleteBuild(id(1));
    expect(await store.readBuild(id(1))).toBeNull();
    expect(blankBuild('x').tasks.length).toBe(0);
  });
});
