/** The bars of the boot chart in headless Chromium: a whole redraw, all of it and zoomed in, against fillRect of what is visible. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { hasChromium, requirePart } from '../../test/real-parts.ts';
import { generateBuild } from '../generate.ts';
import { milliseconds } from '../measure.ts';
import { cannot, type Row, type RowResult, row } from '../row.ts';
import { thousands } from './read.ts';

/** What the page's script gives back. */
interface Drawn {
  readonly ratio: number;
  readonly ms: number;
  readonly bareMs: number;
  /** As the page paints it. */
  readonly labelledMs: number;
  readonly visible: number;
}

/** Redraws of a size, whole and at 50 times: the milliseconds that a frame may take. */
const LIMITS_MS: Readonly<Record<number, readonly [full: number, zoomed: number | null]>> = {
  10000: [16, 4],
  100000: [60, null],
};
const ZOOM = 50;

export const chart: Row = {
  id: 'chart',
  async run(bench) {
    const what = 'boot chart in Chromium';
    if (!hasChromium) return [cannot(what, 'no Chromium here (BAKEHOUSE_TEST_CHROMIUM)')];
    if (!existsSync(join(bench.root, 'src/web/paint/canvas-painter.ts')))
      return [cannot(what, 'src/web/paint is not here yet')];
    const script = readFileSync(await bench.bundlePage('bench/floors/chart-page.js'), 'utf8');
    const browser = await chromium.launch({
      executablePath: requirePart('chromium'),
      args: ['--no-sandbox', '--disable-gpu'],
    });
    const results: RowResult[] = [];
    try {
      for (const tasks of bench.options.quick ? [1000] : [1000, 10_000, 100_000]) {
        const build = generateBuild({ tasks, samplesHz: 0, threads: 32, cores: 64 });
        const { table, ...given } = {
          table: build.tasks,
          name: build.name,
          startedMs: build.startedMs,
          endedMs: build.endedMs,
          outcome: build.outcome,
          recipes: build.recipes,
        };
        const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
        await page.setContent('<!doctype html><body></body>');
        await page.addScriptTag({ type: 'module', content: script });
        await page.waitForFunction('globalThis.benchChart !== undefined');
        const plain = {
          ...given,
          tasks: {
            length: table.length,
            taskNames: table.taskNames,
            recipe: [...table.recipe],
            task: [...table.task],
            outcome: [...table.outcome],
            startMs: [...table.startMs],
            endMs: [...table.endMs],
          },
        };
        for (const zoom of [1, ZOOM]) {
          const call = `benchChart(${JSON.stringify(plain)}, ${zoom}, ${tasks > 20_000 ? 15 : 41})`;
          const drawn = (await page.evaluate(call)) as Drawn;
          const limit = LIMITS_MS[tasks]?.[zoom === 1 ? 0 : 1] ?? null;
          const result = row(
            `boot chart of ${thousands(tasks)} bars, ${zoom === 1 ? 'whole' : `zoomed ${zoom} times`} / bare fillRect`,
            drawn.ratio,
            LIMITS_MS[tasks] === undefined ? null : 1.5,
            `${milliseconds(drawn.labelledMs)} with labels; bars alone ${milliseconds(drawn.ms)} against ${milliseconds(drawn.bareMs)}, ${thousands(drawn.visible)} visible`,
          );
          if (limit === null) results.push(result);
          else {
            const within = drawn.labelledMs <= limit;
            results.push({
              ...result,
              target: `${result.target}, ${limit} ms`,
              met: result.met === true && within,
            });
          }
        }
        await page.close();
      }
    } finally {
      await browser.close();
    }
    return results;
  },
};
