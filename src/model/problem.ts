/**
 * What a reader noticed and kept going over. Readers are lenient: they return the value AND the list of problems,
 * so that one bad file never hides the ten thousand good ones beside it.
 */
export type ProblemSeverity = 'note' | 'warning' | 'error';

export interface Problem {
  readonly severity: ProblemSeverity;
  /** Stable machine name in kebab-case, e.g. `task-file-truncated`. Documented in docs/formats/problems.md. */
  readonly code: string;
  /** One sentence for a person: what was found, what was done about it. */
  readonly message: string;
  /** Path relative to what was opened (a build directory, a tar, a log), or null for the whole. */
  readonly file: string | null;
  /** 1-based line in `file`, or null. */
  readonly line: number | null;
}

/** Most problems one reader keeps for one build; past it one last problem says how many were left out. */
export const PROBLEMS_MAX = 500;

/** Collects problems up to PROBLEMS_MAX and counts the rest, so hostile input cannot fill the memory with complaints. */
export class ProblemList {
  readonly kept: Problem[] = [];
  #leftOut = 0;

  add(
    severity: ProblemSeverity,
    code: string,
    message: string,
    file: string | null = null,
    line: number | null = null,
  ): void {
    if (this.kept.length < PROBLEMS_MAX) this.kept.push({ severity, code, message, file, line });
    else this.#leftOut++;
  }

  addAll(problems: readonly Problem[]): void {
    for (const p of problems) this.add(p.severity, p.code, p.message, p.file, p.line);
  }

  /** The kept problems, plus one that counts those left out. */
  list(): Problem[] {
    if (this.#leftOut === 0) return this.kept.slice();
    return [
      ...this.kept,
      {
        severity: 'note',
        code: 'problems-left-out',
        message: `${this.#leftOut} more problems were found and are not listed.`,
        file: null,
        line: null,
      },
    ];
  }
}
