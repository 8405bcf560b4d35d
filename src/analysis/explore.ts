/**
 * Explore: any metric or dimension against any other, over one build or many, as points or as groups. Nothing that is not recorded
 * is drawn or summed as zero: it is counted and said.
 */
import type { Metric } from '../model/metric.ts';
import { compareText } from '../model/task-rows.ts';
import type { TaskTable } from '../model/task-table.ts';
import {
  type CategoryDimension,
  DIMENSIONS,
  type Dimension,
  type ExploreAxis,
  type ExploreBuild,
  type ExploreLevel,
  type Subject,
} from './explore-dimensions.ts';

export type { ExploreAxis, ExploreBuild, ExploreLevel } from './explore-dimensions.ts';

export type ExploreAggregate = 'none' | 'sum' | 'mean' | 'median' | 'max' | 'min' | 'count';

export interface ExploreQuestion {
  readonly level: ExploreLevel;
  readonly x: string;
  readonly y: string;
  readonly size?: string | undefined;
  readonly colour?: string | undefined;
  readonly facet?: string | undefined;
  /**
   * `none`: a point each. Otherwise one point for each distinct x (and colour and facet, where those are categories): y, size and
   * a numeric colour or facet become the sum, mean … of the group; `count` counts the rows that have a y, and so does
   * every other one where y is a category.
   */
  readonly aggregate: ExploreAggregate;
  /** Only this task name. */
  readonly task?: string | undefined;
  /** Only recipes whose name holds this. */
  readonly recipe?: string | undefined;
  /** Only rows whose y is a number of at least this; before aggregating. */
  readonly minValue?: number | undefined;
  /** Most points: those with the largest y stay, the rest is counted in `leftOut`. */
  readonly limit: number;
}

type Column = readonly (number | null)[];

export interface ExploreAnswer {
  readonly axes: {
    readonly x: ExploreAxis;
    readonly y: ExploreAxis;
    readonly size: ExploreAxis | null;
    readonly colour: ExploreAxis | null;
    readonly facet: ExploreAxis | null;
  };
  readonly count: number;
  readonly leftOut: number;
  readonly notRecorded: number;
  readonly columns: {
    readonly x: Column;
    readonly y: Column;
    readonly size: Column | null;
    readonly colour: Column | null;
    readonly facet: Column | null;
    /** Index into `builds`; null: a group over several. */
    readonly build: Column;
    /** Row of that build's task table; null where points are not task runs. */
    readonly row: Column | null;
  };
  /** By axis id; category columns hold indexes into these. */
  readonly categories: Readonly<Record<string, string[]>>;
  readonly builds: readonly { readonly id: string; readonly name: string; readonly startedMs: number | null }[];
  readonly dimensions: readonly ExploreAxis[];
}

const ROLES = ['x', 'y', 'size', 'colour', 'facet'] as const;
type Role = (typeof ROLES)[number];
/** Positions in a point's numbers: the five roles, then these. */
const BUILD = 5;
const ROW = 6;
const WIDTH = 7;

const DIMENSION_BY_ID: ReadonlyMap<string, Dimension> = new Map(DIMENSIONS.map((d) => [d.id, d]));

/** The metrics that a question needs of each build's task table; what else the table holds is not looked at. */
export function exploreMetrics(question: ExploreQuestion): string[] {
  const needed = new Set<string>();
  for (const role of ROLES) {
    const id = question[role];
    if (id === undefined || DIMENSION_BY_ID.has(id)) continue;
    needed.add(id);
    // A group's effective cores are the quotient of its sums.
    if (id === 'effective_cores' && question.level !== 'task') needed.add('cputime').add('walltime');
  }
  return [...needed];
}

/** All of it at once. For hundreds of builds feed an Explorer one by one: it keeps `limit` points, not the tables. */
export function explore(question: ExploreQuestion, builds: readonly ExploreBuild[]): ExploreAnswer {
  const explorer = new Explorer(question);
  for (const build of builds) explorer.add(build, build.tasks.metrics);
  return explorer.answer();
}

interface Group {
  /** The point's numbers; those that are aggregated are filled in at the end. */
  readonly numbers: number[];
  /** Values of each aggregated role, those recorded only. */
  readonly collected: { readonly [R in Role]?: number[] };
  rows: number;
}

export class Explorer {
  readonly #question: ExploreQuestion;
  readonly #builds: { id: string; name: string; startedMs: number | null }[] = [];
  readonly #metrics = new Map<string, Metric>();
  readonly #interned = new Map<string, Map<string, number>>();
  readonly #groups = new Map<string, Group>();
  #points: number[][] = [];
  #leftOut = 0;
  #notRecorded = 0;

  constructor(question: ExploreQuestion) {
    this.#question = question;
  }

  /** `metrics`: everything the build has, for the pickers; its task table may hold the asked ones only. */
  add(build: ExploreBuild, metrics: readonly Metric[]): void {
    const question = this.#question;
    const index = this.#builds.length;
    this.#builds.push({ id: build.id, name: build.head.name, startedMs: build.head.startedMs });
    for (const metric of metrics) if (!this.#metrics.has(metric.id)) this.#metrics.set(metric.id, metric);

    const readers = ROLES.map((role) => this.#reader(question[role], build));
    const numbers = new Array<number>(WIDTH);
    for (const subject of subjects(build, question)) {
      for (let r = 0; r < ROLES.length; r++) numbers[r] = readers[r]!(subject);
      const x = numbers[0]!;
      const y = numbers[1]!;
      if (Number.isNaN(x) || Number.isNaN(y)) {
        this.#notRecorded++;
        continue;
      }
      if (question.minValue !== undefined && this.#axis(question.y).kind !== 'category' && y < question.minValue)
        continue;
      numbers[BUILD] = index;
      numbers[ROW] = question.level === 'task' ? subject.rows[0]! : Number.NaN;
      if (question.aggregate === 'none') this.#addPoint(numbers);
      else this.#addToGroup(numbers);
    }
  }

  #addPoint(numbers: readonly number[]): void {
    this.#points.push(numbers.slice());
    // Twice the limit, then half of it goes: each point is looked at a few times, and memory stays bounded.
    if (this.#points.length >= 2 * this.#question.limit + 1024) this.#keepLargest();
  }

  /** Drops the points with the smallest y beyond the limit; the order of the rest stays. */
  #keepLargest(): void {
    const { limit } = this.#question;
    const excess = this.#points.length - limit;
    if (excess <= 0) return;
    // Sorting the y alone, as doubles, and then one pass: 8 times faster than sorting the points by it (100,000 points: 9 ms).
    const byCategory = this.#axis(this.#question.y).kind === 'category';
    const sorted = Float64Array.from(this.#points, (p) => (byCategory ? 0 : p[1]!)).sort();
    const least = sorted[excess]!;
    // Of those that are just as large as the least one kept, the first stay.
    let ties = limit;
    for (let i = sorted.length - 1; i >= 0 && sorted[i]! > least; i--) ties--;
    this.#points = this.#points.filter((p) => {
      const y = byCategory ? 0 : p[1]!;
      return y > least || (y === least && ties-- > 0);
    });
    this.#leftOut += excess;
  }

  #addToGroup(numbers: readonly number[]): void {
    const question = this.#question;
    const keys: number[] = [numbers[0]!];
    for (const [at, role] of [
      [3, 'colour'],
      [4, 'facet'],
    ] as const) {
      const id = question[role];
      if (id !== undefined && this.#axis(id).kind === 'category') keys.push(numbers[at]!);
    }
    const key = keys.join(' ');
    let group = this.#groups.get(key);
    if (group === undefined) {
      const collected: { [R in Role]?: number[] } = { y: [] };
      for (const role of ['size', 'colour', 'facet'] as const) {
        const id = question[role];
        if (id !== undefined && this.#axis(id).kind !== 'category') collected[role] = [];
      }
      group = { numbers: numbers.slice(), collected, rows: 0 };
      group.numbers[ROW] = Number.NaN;
      this.#groups.set(key, group);
    }
    group.rows++;
    if (group.numbers[BUILD] !== numbers[BUILD]) group.numbers[BUILD] = Number.NaN;
    for (const [at, role] of ROLES.entries()) {
      const values = group.collected[role];
      if (values !== undefined && !Number.isNaN(numbers[at]!)) values.push(numbers[at]!);
    }
  }

  answer(): ExploreAnswer {
    const question = this.#question;
    for (const group of this.#groups.values()) {
      for (const [at, role] of ROLES.entries()) {
        const values = group.collected[role];
        if (values === undefined) continue;
        group.numbers[at] = role === 'y' && this.#counts() ? group.rows : aggregateOf(values, question.aggregate);
      }
      this.#points.push(group.numbers);
    }
    this.#groups.clear();
    this.#keepLargest();

    const categories: Record<string, string[]> = {};
    const renumber = new Map<string, Map<number, number>>();
    for (const role of ROLES) {
      const id = question[role];
      if (id === undefined || renumber.has(id) || this.#axis(id).kind !== 'category') continue;
      const { texts, positions } = this.#sortedCategories(id);
      categories[id] = texts;
      renumber.set(id, positions);
    }
    const column = (at: number, id: string | undefined): Column => {
      // A counted category is a number, not an index.
      const counted = at === 1 && question.aggregate !== 'none';
      const positions = id === undefined || counted ? undefined : renumber.get(id);
      return this.#points.map((p) => {
        const value = p[at]!;
        if (Number.isNaN(value)) return null;
        return positions === undefined ? value : positions.get(value)!;
      });
    };
    const axis = (role: 'size' | 'colour' | 'facet'): ExploreAxis | null =>
      question[role] === undefined ? null : this.#aggregated(this.#axis(question[role]), role);
    const optional = (at: number, role: 'size' | 'colour' | 'facet'): Column | null =>
      question[role] === undefined ? null : column(at, question[role]);
    return {
      axes: {
        x: this.#axis(question.x),
        y: this.#aggregated(this.#axis(question.y), 'y'),
        size: axis('size'),
        colour: axis('colour'),
        facet: axis('facet'),
      },
      count: this.#points.length,
      leftOut: this.#leftOut,
      notRecorded: this.#notRecorded,
      columns: {
        x: column(0, question.x),
        y: column(1, question.y),
        size: optional(2, 'size'),
        colour: optional(3, 'colour'),
        facet: optional(4, 'facet'),
        build: column(BUILD, undefined),
        row: question.level === 'task' && question.aggregate === 'none' ? column(ROW, undefined) : null,
      },
      categories,
      builds: this.#builds,
      dimensions: this.#dimensions(),
    };
  }

  #counts(): boolean {
    const { aggregate, y } = this.#question;
    return aggregate === 'count' || (aggregate !== 'none' && this.#axis(y).kind === 'category');
  }

  /** What y means after counting: rows, not its own unit. */
  #aggregated(axis: ExploreAxis, role: Role): ExploreAxis {
    const { level } = this.#question;
    if (role !== 'y' || !this.#counts()) return axis;
    const what = { task: 'task runs', recipe: 'recipe runs', build: 'builds' }[level];
    return { ...axis, label: `Number of ${what}`, kind: 'number', unit: 'count' };
  }

  #axis(id: string): ExploreAxis {
    const dimension = DIMENSION_BY_ID.get(id);
    if (dimension !== undefined) return axisOf(dimension);
    const metric = this.#metrics.get(id);
    return { id, label: metric?.label ?? id, kind: 'number', unit: metric?.unit ?? 'none' };
  }

  #dimensions(): ExploreAxis[] {
    const { level } = this.#question;
    const dimensions = DIMENSIONS.filter((d) => d.levels.includes(level)).map(axisOf);
    const taken = new Set(DIMENSION_BY_ID.keys());
    for (const metric of this.#metrics.values()) {
      if (!taken.has(metric.id))
        dimensions.push({ id: metric.id, label: metric.label, kind: 'number', unit: metric.unit });
    }
    return dimensions;
  }

  #reader(id: string | undefined, build: ExploreBuild): (subject: Subject) => number {
    if (id === undefined) return () => Number.NaN;
    const dimension = DIMENSION_BY_ID.get(id);
    if (dimension === undefined) return metricReader(id, build.tasks, this.#metrics.get(id), this.#question.level);
    if (!dimension.levels.includes(this.#question.level)) return () => Number.NaN;
    if (dimension.kind !== 'category') return dimension.read;
    return this.#categoryReader(dimension);
  }

  #categoryReader(dimension: CategoryDimension): (subject: Subject) => number {
    let interned = this.#interned.get(dimension.id);
    if (interned === undefined) {
      interned = new Map();
      this.#interned.set(dimension.id, interned);
    }
    const numbers = interned;
    return (subject) => {
      const text = dimension.read(subject);
      if (text === null) return Number.NaN;
      const known = numbers.get(text);
      if (known !== undefined) return known;
      numbers.set(text, numbers.size);
      return numbers.size - 1;
    };
  }

  /** BUILDNAME; with the head of the id where two builds have the same name, as on two hosts. */
  #buildLabel(id: string): string {
    const name = this.#builds.find((b) => b.id === id)?.name ?? id;
    return this.#builds.filter((b) => b.name === name).length > 1 ? `${name} (${id.slice(0, 8)})` : name;
  }

  /** Only the values that a point still has, in their own order or by name; old number -> new position. */
  #sortedCategories(id: string): { texts: string[]; positions: Map<number, number> } {
    const question = this.#question;
    const used = new Set<number>();
    for (const [at, role] of ROLES.entries()) {
      if (question[role] !== id || (role === 'y' && question.aggregate !== 'none')) continue;
      for (const point of this.#points) if (!Number.isNaN(point[at]!)) used.add(point[at]!);
    }
    const dimension = DIMENSION_BY_ID.get(id);
    const order = dimension?.kind === 'category' ? dimension.order : undefined;
    const entries = [...(this.#interned.get(id) ?? [])].filter(([, number]) => used.has(number));
    const builds = new Map(this.#builds.map((b) => [b.id, b]));
    const place = (text: string): number =>
      id === 'build' ? (builds.get(text)?.startedMs ?? Number.POSITIVE_INFINITY) : (order?.indexOf(text) ?? 0);
    entries.sort(([a], [b]) => {
      const [x, y] = [place(a), place(b)];
      return x === y ? compareText(a, b) : x - y;
    });
    const positions = new Map<number, number>();
    entries.forEach(([, number], position) => {
      positions.set(number, position);
    });
    const texts = entries.map(([text]) => text);
    return { texts: id === 'build' ? texts.map((text) => this.#buildLabel(text)) : texts, positions };
  }
}

function axisOf(dimension: Dimension): ExploreAxis {
  return {
    id: dimension.id,
    label: dimension.label,
    kind: dimension.kind,
    unit: dimension.kind === 'category' ? 'none' : dimension.unit,
  };
}

/** What is plotted, in the order of the table. The object is the same each time with other contents: read it at once. */
function* subjects(build: ExploreBuild, question: ExploreQuestion): Generator<Subject> {
  const { tasks, head } = build;
  const wantedTask = question.task === undefined ? -1 : tasks.taskNames.indexOf(question.task);
  const wantedRecipe = head.recipes.map((r) => question.recipe === undefined || r.pn.includes(question.recipe));
  const holds = (row: number): boolean =>
    (question.task === undefined || tasks.task[row] === wantedTask) && wantedRecipe[tasks.recipe[row]!] === true;

  if (question.level === 'task') {
    const one = [0];
    const subject = { build, recipe: 0, rows: one };
    for (let row = 0; row < tasks.length; row++) {
      if (!holds(row)) continue;
      one[0] = row;
      subject.recipe = tasks.recipe[row]!;
      yield subject;
    }
    return;
  }
  const rows: number[][] = head.recipes.map(() => []);
  const all: number[] = [];
  for (let row = 0; row < tasks.length; row++) {
    if (!holds(row)) continue;
    rows[tasks.recipe[row]!]!.push(row);
    all.push(row);
  }
  if (question.level === 'build') {
    // A build without tasks is a build all the same, unless tasks were asked for.
    if (all.length > 0 || (question.task === undefined && question.recipe === undefined)) {
      yield { build, recipe: -1, rows: all };
    }
    return;
  }
  for (let recipe = 0; recipe < rows.length; recipe++) {
    if (rows[recipe]!.length > 0) yield { build, recipe, rows: rows[recipe]! };
  }
}

function metricReader(
  id: string,
  tasks: TaskTable,
  metric: Metric | undefined,
  level: ExploreLevel,
): (subject: Subject) => number {
  const values = tasks.values.get(id);
  if (level === 'task') return values === undefined ? () => Number.NaN : ({ rows }) => values[rows[0]!]!;
  const cpu = tasks.values.get('cputime');
  const wall = tasks.values.get('walltime');
  if (id === 'effective_cores' && cpu !== undefined && wall !== undefined) {
    return ({ rows }) => {
      let cpuSum = 0;
      let wallSum = 0;
      for (let i = 0; i < rows.length; i++) {
        const c = cpu[rows[i]!]!;
        const w = wall[rows[i]!]!;
        if (Number.isNaN(c) || Number.isNaN(w)) continue;
        cpuSum += c;
        wallSum += w;
      }
      return wallSum > 0 ? cpuSum / wallSum : Number.NaN;
    };
  }
  if (values === undefined || metric === undefined) return () => Number.NaN;
  return ({ rows }) => {
    const recorded: number[] = [];
    for (let i = 0; i < rows.length; i++) {
      const value = values[rows[i]!]!;
      if (!Number.isNaN(value)) recorded.push(value);
    }
    if (metric.aggregation === 'none') return recorded.length === 1 ? recorded[0]! : Number.NaN;
    return aggregateOf(recorded, metric.aggregation);
  };
}

/** NaN of nothing: a sum over no recorded values is not zero. */
function aggregateOf(values: readonly number[], aggregate: ExploreAggregate): number {
  if (values.length === 0) return Number.NaN;
  switch (aggregate) {
    case 'count':
      return values.length;
    case 'max':
      return values.reduce((a, b) => Math.max(a, b));
    case 'min':
      return values.reduce((a, b) => Math.min(a, b));
    case 'median': {
      const sorted = [...values].sort((a, b) => a - b);
      const middle = sorted.length >> 1;
      return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
    }
    case 'mean':
      return values.reduce((a, b) => a + b) / values.length;
    default:
      return values.reduce((a, b) => a + b);
  }
}
