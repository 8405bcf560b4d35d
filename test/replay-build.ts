/**
 * A recorded build written again as bitbake wrote it: at every moment the files hold what they held then. Task files get their first two
 * lines at their start and the rest at their end, sample files grow by block, build_stats gets its end last; the times of files are
 * those of the build. An event log grows in proportion, cut in the middle of a line.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

interface Step {
  readonly atMs: number;
  readonly path: string;
  readonly text: string;
}

const second = (text: string, pattern: RegExp): number | null => {
  const match = pattern.exec(text);
  return match === null ? null : Number(match[1]) * 1000;
};

/** The same file of a build that took place `shiftS` seconds later. */
function shifted(text: string, shiftS: number): string {
  if (shiftS === 0) return text;
  return text.replace(
    /^((?:Build )?Started: |Ended: |)(\d{10}(?:\.\d+)?)/gm,
    (_, what: string, time: string) => what + (Number(time) + shiftS).toFixed(time.includes('.') ? 2 : 0),
  );
}

export class Replay {
  readonly startMs: number;
  readonly endMs: number;
  readonly #target: string;
  readonly #steps: Step[] = [];
  readonly #log: { readonly from: Buffer; readonly path: string } | null;
  #done = 0;
  #logBytes = 0;

  /**
   * `source`: a build directory with an end. `target`: the build directory to write. `startS`: when it starts now, in epoch seconds;
   * without, when it did.
   */
  constructor(
    source: string,
    target: string,
    eventLog: { readonly from: string; readonly to: string } | null = null,
    startS: number | null = null,
  ) {
    this.#target = target;
    const recorded = readFileSync(join(source, 'build_stats'), 'utf8');
    const shiftS = startS === null ? 0 : startS - (second(recorded, /^Build Started: ([\d.]+)/m) ?? 0) / 1000;
    const read = (path: string): string => shifted(readFileSync(join(source, path), 'utf8'), shiftS);
    const stats = read('build_stats');
    this.startMs = second(stats, /^Build Started: ([\d.]+)/m) ?? 0;
    this.endMs = this.startMs + (second(stats, /^Elapsed time: ([\d.]+)/m) ?? 0);
    const [, beginning = '', ending = ''] = /^([\s\S]*?Build Started: [^\n]*\n)([\s\S]*)$/.exec(stats) ?? [];
    this.#steps.push({ atMs: this.startMs, path: 'build_stats', text: beginning });
    for (const path of filesBelow(source, '')) {
      if (path === 'build_stats') continue;
      const text = read(path);
      if (path.endsWith('.log')) this.#addSamples(path, text);
      else this.#addTask(path, text);
    }
    this.#steps.sort((a, b) => a.atMs - b.atMs);
    this.#steps.push({ atMs: this.endMs, path: 'build_stats', text: ending });
    this.#log = eventLog === null ? null : { from: readFileSync(eventLog.from), path: eventLog.to };
  }

  #addTask(path: string, text: string): void {
    const started = second(text, /^Started: ([\d.]+)/m) ?? this.startMs;
    const ended = second(text, /^Ended: ([\d.]+)/m);
    const [, opening = text, rest = ''] =
      /^((?:Event|Started): [^\n]*\n(?:Event|Started): [^\n]*\n)([\s\S]*)$/.exec(text) ?? [];
    this.#steps.push({ atMs: started, path, text: opening });
    if (rest !== '' && ended !== null) this.#steps.push({ atMs: ended, path, text: rest });
  }

  #addSamples(path: string, text: string): void {
    for (const block of text.split(/^(?=\d{10}(?:\.\d+)?$)/m)) {
      const atMs = second(block, /^(\d{10}(?:\.\d+)?)$/m);
      this.#steps.push({ atMs: Math.min(atMs ?? this.startMs, this.endMs), path, text: block });
    }
  }

  /** Writes everything that was written until then. */
  advance(untilMs: number): void {
    for (; this.#done < this.#steps.length && this.#steps[this.#done]!.atMs <= untilMs; this.#done++) {
      const { atMs, path, text } = this.#steps[this.#done]!;
      const file = join(this.#target, path);
      mkdirSync(dirname(file), { recursive: true });
      const fresh = !existsSync(file);
      appendFileSync(file, text);
      utimesSync(file, atMs / 1000, atMs / 1000);
      if (fresh)
        for (const folder of new Set([dirname(file), this.#target])) utimesSync(folder, atMs / 1000, atMs / 1000);
    }
    if (this.#log === null) return;
    const share = Math.min(1, Math.max(0, (untilMs - this.startMs) / (this.endMs - this.startMs)));
    const bytes = Math.floor(this.#log.from.length * share);
    mkdirSync(dirname(this.#log.path), { recursive: true });
    if (!existsSync(this.#log.path)) writeFileSync(this.#log.path, '');
    appendFileSync(this.#log.path, this.#log.from.subarray(this.#logBytes, bytes));
    utimesSync(this.#log.path, untilMs / 1000, untilMs / 1000);
    this.#logBytes = bytes;
  }
}

function* filesBelow(root: string, path: string): Generator<string> {
  for (const name of readdirSync(join(root, path)).sort()) {
    const inner = path === '' ? name : `${path}/${name}`;
    if (statSync(join(root, inner)).isDirectory()) yield* filesBelow(root, inner);
    else yield inner;
  }
}
