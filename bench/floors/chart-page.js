// Runs in the browser of the bench: the boot chart's bars painted by the product's own layout and painter, and the same bars by bare
// fillRect. Plain JavaScript, because the bench is typechecked without a DOM.
import { DrawBuffers, drawBars } from '../../src/chart/draw.ts';
import { layoutChart, prepareChart } from '../../src/chart/layout.ts';
import { barFills, PALETTES } from '../../src/chart/palette.ts';
import { CanvasPainter } from '../../src/web/paint/canvas-painter.ts';

const WIDTH = 1400;
const HEIGHT = 800;

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

globalThis.benchChart = (given, zoom, rounds) => {
  const build = {
    ...given,
    tasks: {
      ...given.tasks,
      recipe: Uint32Array.from(given.tasks.recipe),
      task: Uint16Array.from(given.tasks.task),
      outcome: Uint8Array.from(given.tasks.outcome),
      startMs: Float64Array.from(given.tasks.startMs),
      endMs: Float64Array.from(given.tasks.endMs),
      metrics: [],
      values: new Map(),
      queuedMs: null,
      hash: null,
      pid: null,
    },
    phases: [],
    samples: [],
  };
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  document.body.append(canvas);
  const context = canvas.getContext('2d');
  const painter = new CanvasPainter(context);
  const palette = PALETTES.light;
  const data = prepareChart(build);
  const layout = layoutChart(data, { groupBy: 'slots', minMs: 0, colourBy: 'kind' });
  const span = data.bounds.toMs - data.bounds.fromMs;
  // Where half of the tasks have started: the middle of the time may be an hour in which one compiler compiles another.
  const middle = Float64Array.from(layout.bars.startMs).sort()[layout.bars.count >> 1];
  const view = { fromMs: middle - span / zoom / 2, toMs: middle + span / zoom / 2, widthPx: WIDTH };
  const buffers = new DrawBuffers();
  // A canvas only writes down what it is told; reading a pixel makes it paint.
  const flush = () => context.getImageData(0, 0, 1, 1);

  const paint = (labels) => {
    painter.begin(1);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    drawBars(painter, layout, view, 0, HEIGHT, { palette, match: null, labels }, buffers);
    flush();
  };
  // The page paints labels too; fillRect does not, so the two are compared without.
  const ours = () => paint(false);

  // What a page would do that knows nothing: every bar that is in the window, colour by colour.
  const { colours } = barFills('kind', palette);
  const byColour = colours.map(() => []);
  const { bars, laneFirst, laneYPx, barPx, laneCount } = layout;
  let visible = 0;
  for (let lane = 0; lane < laneCount; lane++) {
    if (laneYPx[lane] > HEIGHT) break;
    for (let bar = laneFirst[lane]; bar < laneFirst[lane + 1]; bar++) {
      if (bars.endMs[bar] < view.fromMs || bars.startMs[bar] > view.toMs) continue;
      byColour[bars.fill[bar]].push(lane, bar);
      visible++;
    }
  }
  const scale = WIDTH / (view.toMs - view.fromMs);
  const bare = () => {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    for (let c = 0; c < colours.length; c++) {
      context.fillStyle = colours[c];
      const list = byColour[c];
      for (let i = 0; i < list.length; i += 2) {
        const bar = list[i + 1];
        const x = (bars.startMs[bar] - view.fromMs) * scale;
        context.fillRect(x, laneYPx[list[i]], Math.max(0.5, (bars.endMs[bar] - bars.startMs[bar]) * scale), barPx);
      }
    }
    flush();
  };

  const time = (work) => {
    const start = performance.now();
    work();
    return performance.now() - start;
  };
  const a = [];
  const b = [];
  for (let round = -3; round < rounds; round++) {
    const first = time(round % 2 === 0 ? ours : bare);
    const second = time(round % 2 === 0 ? bare : ours);
    if (round < 0) continue;
    a.push(round % 2 === 0 ? first : second);
    b.push(round % 2 === 0 ? second : first);
  }
  const labelled = Array.from({ length: rounds }, () => time(() => paint(true)));
  canvas.remove();
  const ratio = median(a.map((ms, i) => ms / b[i]));
  return { ratio, ms: median(a), bareMs: median(b), labelledMs: median(labelled), visible };
};
