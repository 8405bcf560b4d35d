import type { Kysely } from 'kysely';
import { BLOCK_LENGTH } from '../../model/columns.ts';
import { keysAt } from '../../model/key-list.ts';
import type { Metric } from '../../model/metric.ts';
import { columnBlocks, knownMetric } from '../column-blocks.ts';
import { unpackText } from '../compression.ts';
import type { Dialect } from '../dialect.ts';
import type { Dictionaries } from '../dictionaries.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import type { TopTask, TopTasksQuestion } from '../store.ts';

interface Candidate {
  readonly build: number;
  readonly row: number;
  readonly value: number;
}

/** The largest values of one metric among the task runs of many builds. 100 builds of 10,000 tasks are 300 blocks and a million numbers. */
export async function readTopTasks(
  db: Kysely<Database>,
  dialect: Dialect,
  dictionaries: Dictionaries,
  sight: Sight,
  question: TopTasksQuestion,
): Promise<{ metric: Metric; tasks: TopTask[] }> {
  const metric = await knownMetric(db, dictionaries, sight, question.metric);
  const { builds: wanted, limit } = question;
  // Named ones by their ids, which unlisted builds are read by; the last ones of a list.
  const query = db
    .selectFrom('builds')
    .select(['number', 'id', 'key_list', 'positions'])
    .where(typeof wanted === 'number' ? sight.listed() : sight.readable());
  const builds = await (typeof wanted === 'number'
    ? query.orderBy('order_ms', 'desc').orderBy('id').limit(wanted)
    : query.where('id', 'in', wanted.length === 0 ? [''] : [...wanted])
  ).execute();
  const byNumber = new Map(builds.map((build) => [build.number, build]));
  const rows = await columnBlocks(db, dialect, dictionaries, metric.id, [...byNumber.keys()], null);

  let best: Candidate[] = [];
  let least = Number.NEGATIVE_INFINITY;
  const values = new Float64Array(BLOCK_LENGTH);
  const cut = () => {
    best.sort((a, b) => b.value - a.value || a.build - b.build || a.row - b.row);
    best = best.slice(0, limit);
    if (best.length === limit) least = best[limit - 1]?.value ?? least;
  };
  for (const column of rows) {
    const { build, block } = column;
    const start = block * BLOCK_LENGTH;
    const target = values.subarray(0, Math.min(BLOCK_LENGTH, byNumber.get(build)!.positions - start));
    column.fill(target);
    for (let i = 0; i < target.length; i++) {
      const value = target[i]!;
      // NaN is not larger than anything.
      if (value > least) best.push({ build, row: start + i, value });
    }
    // Cut often enough to keep the bar high, seldom enough that sorting does not count.
    if (best.length > 4 * limit + 256) cut();
  }
  cut();

  const keys = new Map<Candidate, ReturnType<typeof keysAt>[number]>();
  const ofList = new Map<number, Candidate[]>();
  for (const candidate of best) {
    const keyList = byNumber.get(candidate.build)!.key_list;
    const list = ofList.get(keyList);
    if (list === undefined) ofList.set(keyList, [candidate]);
    else list.push(candidate);
  }
  for (const [keyList, candidates] of ofList) {
    const row = await db.selectFrom('key_lists').select('body').where('number', '=', keyList).executeTakeFirst();
    if (row === undefined) continue;
    const found = keysAt(
      unpackText(row.body),
      candidates.map((candidate) => candidate.row),
    );
    for (const [i, candidate] of candidates.entries()) keys.set(candidate, found[i]!);
  }
  const tasks = best.flatMap((candidate): TopTask[] => {
    const key = keys.get(candidate);
    if (key === undefined) return [];
    const { mc, pn, task } = key;
    return [{ id: byNumber.get(candidate.build)!.id, row: candidate.row, mc, pn, task, value: candidate.value }];
  });
  return { metric, tasks };
}
