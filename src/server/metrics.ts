/**
 * What is counted of the running process, in Prometheus' text form. Its client library would be the largest package of the server for what
 * is forty lines here: two histograms and a list of numbers that are read when somebody asks.
 */

type Labels = Readonly<Record<string, string>>;

/** Seconds. A page's question takes 1 to 60 ms, an upload seconds, a log over a slow line minutes. */
const BUCKETS = [0.005, 0.02, 0.05, 0.2, 1, 5, 30] as const;
/** Routes and operations are some sixty; more label sets than this are a defect, and are counted together. */
const SERIES_MAX = 1000;

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return parts.join(',');
}

function braced(text: string): string {
  return text === '' ? '' : `{${text}}`;
}

export class Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, { readonly counts: number[]; sum: number }>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  observe(labels: Labels, seconds: number): void {
    let key = labelText(labels);
    if (!this.#series.has(key) && this.#series.size >= SERIES_MAX)
      key = labelText(Object.fromEntries(Object.keys(labels).map((name) => [name, 'other'])));
    const series = this.#series.get(key) ?? { counts: new Array<number>(BUCKETS.length + 1).fill(0), sum: 0 };
    this.#series.set(key, series);
    const bucket = BUCKETS.findIndex((limit) => seconds <= limit);
    const at = bucket < 0 ? BUCKETS.length : bucket;
    series.counts[at] = series.counts[at]! + 1;
    series.sum += seconds;
  }

  text(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`];
    for (const [key, { counts, sum }] of this.#series) {
      let below = 0;
      const comma = key === '' ? '' : ',';
      for (const [i, limit] of BUCKETS.entries()) {
        below += counts[i]!;
        lines.push(`${this.#name}_bucket{${key}${comma}le="${limit}"} ${below}`);
      }
      below += counts[BUCKETS.length]!;
      lines.push(`${this.#name}_bucket{${key}${comma}le="+Inf"} ${below}`);
      lines.push(`${this.#name}_sum${braced(key)} ${sum}`, `${this.#name}_count${braced(key)} ${below}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

/** A number as it is now; null: not known now, and left out. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly value: number | null;
}

export function figuresText(figures: readonly Figure[]): string {
  return figures
    .filter(({ value }) => value !== null)
    .map(({ name, help, type, value }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`)
    .join('');
}

export interface Metrics {
  readonly http: Histogram;
  readonly operations: Histogram;
  /** Bytes of bodies as they came over the line. */
  receivedBytes: number;
}

export function createMetrics(): Metrics {
  return {
    http: new Histogram('bakehouse_http_request_seconds', 'Time to the end of an answer, by route.'),
    operations: new Histogram(
      'bakehouse_operation_seconds',
      'Time of an operation, with the wait for its thread, by operation.',
    ),
    receivedBytes: 0,
  };
}

export const METRICS_MEDIA_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
