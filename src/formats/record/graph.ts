/** The task graph of a record: a blob of JSON (docs/formats/record.md), and how its nodes find the rows of the task table. */
import type { Build, Recipe } from '../../model/build.ts';
import { GRAPH_EDGES_MAX, TASK_RUNS_MAX } from '../../model/limits.ts';
import { compareText } from '../../model/task-rows.ts';
import { countOf, type Fields, get, isFields, textOf, textsOf } from './fields.ts';

/** A graph as it was sent: node i is a task of a recipe, and waits for the nodes `needs[i]`. */
export interface GraphNodes {
  readonly recipes: readonly { readonly mc: string; readonly pn: string }[];
  readonly tasks: readonly string[];
  /** Recipe and task of node i at 2i and 2i + 1. */
  readonly nodes: Uint32Array;
  readonly needs: readonly (readonly number[])[];
}

/** The graph in a blob's bytes; null and a sentence where they are none. */
export function parseGraph(bytes: Uint8Array): GraphNodes | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return 'it is not JSON';
  }
  if (!isFields(parsed)) return 'it is not an object';
  if (get(parsed, 'format') !== 1) return 'it is of another version than 1';
  return graphOfFields(parsed);
}

function graphOfFields(parsed: Fields): GraphNodes | string {
  const listed = get(parsed, 'recipes');
  const tasks = textsOf(get(parsed, 'tasks'), TASK_RUNS_MAX);
  const nodes = get(parsed, 'nodes');
  const needs = get(parsed, 'needs');
  if (!Array.isArray(listed) || tasks === null || !Array.isArray(nodes) || !Array.isArray(needs)) {
    return 'recipes, tasks, nodes or needs are missing';
  }
  const recipes = listed.map((item: unknown) =>
    Array.isArray(item) ? { mc: textOf(item[0]) ?? '', pn: textOf(item[1]) ?? '' } : { mc: '', pn: '' },
  );
  const count = nodes.length / 2;
  if (needs.length !== count) return 'nodes and needs are not of one length';
  if (count > TASK_RUNS_MAX) return `it has ${count} nodes`;
  const pairs = new Uint32Array(nodes.length);
  for (let i = 0; i < nodes.length; i++) {
    const index = countOf(nodes[i]);
    if (index === null || index >= (i % 2 === 0 ? recipes.length : tasks.length)) return `node ${i >> 1} names nothing`;
    pairs[i] = index;
  }
  let edges = 0;
  const lists: number[][] = [];
  for (let i = 0; i < count; i++) {
    const list: unknown = needs[i];
    if (!Array.isArray(list)) return `the needs of node ${i} are no list`;
    edges += list.length;
    if (edges > GRAPH_EDGES_MAX) return 'it has more edges than are read';
    for (const to of list) {
      const index = countOf(to);
      if (index === null || index >= count) return `node ${i} waits for a node that is not there`;
    }
    lists.push(list);
  }
  return { recipes, tasks, nodes: pairs, needs: lists };
}

/**
 * The graph of a build as such a blob, or null where it has none. Sorted throughout, so that the same graph has the same bytes. Two
 * runs of one task are one node.
 */
export function graphBlob(build: Pick<Build, 'graph' | 'tasks' | 'recipes'>): Uint8Array | null {
  const { graph, tasks, recipes } = build;
  if (graph === null) return null;
  const keys = recipes.map(({ mc, pn }) => JSON.stringify([mc, pn]));
  const named = new Map(recipes.map(({ mc, pn }, i): [string, Pick<Recipe, 'mc' | 'pn'>] => [keys[i]!, { mc, pn }]));
  const sorted = [...named].sort(([, a], [, b]) => compareText(a.mc, b.mc) || compareText(a.pn, b.pn));
  const place = new Map(sorted.map(([key], i) => [key, i]));
  // One number a node; the task names of a table are sorted, and so the numbers are in the order of the names.
  const names = tasks.taskNames.length;
  const keyOf = (row: number): number => place.get(keys[tasks.recipe[row]!]!)! * names + tasks.task[row]!;
  const order = [...new Set(Array.from({ length: tasks.length }, (_, row) => keyOf(row)))].sort((a, b) => a - b);
  const nodeOf = new Map(order.map((key, i) => [key, i]));
  const needs: Set<number>[] = order.map(() => new Set());
  for (let row = 0; row < tasks.length; row++) {
    const list = needs[nodeOf.get(keyOf(row))!]!;
    for (let i = graph.offsets[row]!; i < graph.offsets[row + 1]!; i++) list.add(nodeOf.get(keyOf(graph.targets[i]!))!);
  }
  const text = JSON.stringify({
    format: 1,
    recipes: sorted.map(([, { mc, pn }]) => [mc, pn]),
    tasks: tasks.taskNames,
    nodes: order.flatMap((key) => [Math.floor(key / names), key % names]),
    needs: needs.map((list) => [...list].sort((a, b) => a - b)),
  });
  return new TextEncoder().encode(text);
}
