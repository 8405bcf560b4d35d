import { type ExploreAnswer, type ExploreQuestion, Explorer, exploreMetrics } from '../analysis/explore.ts';
import type { OperationContext } from './context.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export interface ExploreInput {
  /** Empty: the last builds. */
  readonly builds: readonly string[];
  /** How many of the last builds, where none is named. */
  readonly last: number;
  readonly question: ExploreQuestion;
}

/** A page of the list. */
const PAGE = 500;

async function lastIds({ store }: OperationContext, count: number): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page = await store.listBuilds({}, { after, limit: Math.min(PAGE, count - ids.length) });
    for (const build of page.builds) ids.push(build.id);
    after = page.next;
  } while (after !== null && ids.length < count);
  return ids;
}

/** A thousand builds take seconds; the other questions to this thread wait no longer than this. */
const TURN_MS = 50;

/** Any metric or dimension against any other. Builds are opened one by one, with the asked metrics only. */
export async function explore(context: OperationContext, input: ExploreInput): Promise<ExploreAnswer> {
  const { store } = context;
  const named = await Promise.all(input.builds.map((build) => resolveBuildId(store, build)));
  const ids = named.length > 0 ? [...new Set(named)] : await lastIds(context, input.last);
  const metrics = exploreMetrics(input.question);
  const explorer = new Explorer(input.question);
  let turn = performance.now();
  for (const id of ids) {
    if (performance.now() - turn > TURN_MS) {
      await new Promise((next) => setImmediate(next));
      turn = performance.now();
    }
    const [head, contents, tasks] = await Promise.all([
      store.readHead(id),
      store.readContents(id),
      store.readTaskTable(id, metrics),
    ]);
    if (head === null || contents === null || tasks === null) throw noSuchBuild(id);
    explorer.add({ id, head, tasks }, contents.metrics);
  }
  return explorer.answer();
}
