/** Reading an event log against its lines, JSON.parse and base64 alone; and the most memory that takes. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { compareCommands, node, peakMemoryMb } from '../measure.ts';
import { absolute, type Row, type RowResult, row } from '../row.ts';
import { roundsFor, thousands } from './read.ts';

export const eventLog: Row = {
  id: 'event-log',
  async run(bench) {
    const script = await bench.bundle('bench/floors/read-event-log.ts');
    const results: RowResult[] = [];
    for (const tasks of bench.options.quick ? [1000] : [1000, 10_000, 100_000]) {
      const log = bench.eventLog(tasks);
      const megabytes = statSync(log).size / 1e6;
      const ours = node(script, log);
      const result = compareCommands(
        ours,
        node(join(bench.root, 'bench/floors/read-lines.mjs'), log),
        Math.min(5, roundsFor(bench, tasks)),
      );
      const what = `event log of ${thousands(tasks)} tasks (${megabytes.toFixed(0)} MB)`;
      results.push(
        row(`${what} / lines, JSON.parse, base64`, result.ratio, tasks === 10_000 ? 1.5 : null, result.note),
      );
      const usual =
        tasks !== 10_000
          ? null
          : compareCommands(ours, node(join(bench.root, 'bench/floors/read-lines-readline.mjs'), log), 3);
      if (usual !== null) results.push(row(`${what} / the same with node:readline`, usual.ratio, null, usual.note));
      results.push(
        absolute(`${what}: peak memory`, peakMemoryMb(ours, bench.scratch), 'MB', tasks === 10_000 ? 200 : null, ''),
      );
    }
    return results;
  },
};
