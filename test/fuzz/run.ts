/**
 * `npm run fuzz -- [--minutes N] [--target NAME] [--seed N]`: mutated input for every reader, for as long as asked (default: one minute a
 * target). Each defect is printed with its seed; `--seed N --cases 1` runs that case alone.
 */
import { parseArgs } from 'node:util';
import { runTarget } from './run-target.ts';
import { TARGETS } from './targets.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: String(TARGETS.length) },
    target: { type: 'string' },
    seed: { type: 'string' },
    cases: { type: 'string', default: '500' },
  },
});
const names = TARGETS.map(({ name }) => name).filter((name) => values.target === undefined || name === values.target);
if (names.length === 0) throw new Error(`there is no target ${values.target}: ${TARGETS.map(({ name }) => name)}`);
const cases = Number(values.cases);
const untilMs = Date.now() + Number(values.minutes) * 60_000;
const totals = new Map(names.map((name) => [name, { cases: 0, read: 0, defects: 0 }]));
let seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
do {
  for (const name of names) {
    const result = await runTarget(name, seed, cases);
    const total = totals.get(name)!;
    total.cases += result.cases;
    total.read += result.read;
    total.defects += result.defects.length;
    for (const defect of result.defects.slice(0, 3)) print(`${name} --seed ${defect.seed}: ${defect.stack}\n`);
  }
  seed += cases;
} while (Date.now() < untilMs && values.seed === undefined);
for (const [name, total] of totals)
  print(`${name}: ${total.cases} cases, ${total.read} read, ${total.defects} defects`);
process.exitCode = [...totals.values()].some(({ defects }) => defects > 0) ? 1 : 0;
