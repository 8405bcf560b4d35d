/**
 * Cuts an event log down to what a fixture needs: `node scripts/cut-event-log.ts LOG > fixtures/eventlog/NAME.json`.
 *
 * Left out: Recipe* events, progress, reachable stamps, completions of the run queue, log records below a warning except the
 * first two and those that carry facts (banner, sstate summary), and all but the variables that the reader looks at. Lines that
 * stay are as bitbake wrote them.
 */
import { readFileSync } from 'node:fs';
import { KEPT_VARIABLES, READ_VARIABLES } from '../src/formats/eventlog/variables.ts';
import { variablesLine } from '../src/formats/eventlog/write-events.ts';

const NOISE =
  /^bb\.event\.(Recipe|CacheLoadProgress|ParseProgress|ProcessProgress|ReachableStamps|StaleSetScene|MonitorDisk|TreeData|ConfigParsed)|QueueTaskCompleted$/;

const path = process.argv[2];
if (path === undefined) {
  console.error('usage: node scripts/cut-event-log.ts LOG');
  process.exitCode = 2;
} else {
  let records = 0;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    const { class: name, vars, allvariables } = JSON.parse(line);
    if (allvariables !== undefined) {
      const kept = [...KEPT_VARIABLES, ...READ_VARIABLES].filter((key) => typeof allvariables[key]?.v === 'string');
      process.stdout.write(variablesLine(Object.fromEntries(kept.map((key) => [key, allvariables[key].v]))));
      continue;
    }
    if (NOISE.test(name)) continue;
    if (name === 'logging.LogRecord') {
      const text = Buffer.from(vars, 'base64').toString('latin1');
      const tells = /Build Configuration|Sstate summary|Tasks Summary|WARNING|ERROR|CRITICAL/.test(text);
      if (!tells && ++records > 2) continue;
    }
    process.stdout.write(`${line}\n`);
  }
}
