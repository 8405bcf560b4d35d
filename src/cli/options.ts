/** Options as commander gives them -> values with types. Declared in program.ts, so a wrong type here is a defect. */
import { BakehouseError } from '../model/errors.ts';
import type { Options } from './program.ts';

export function flag(options: Options, name: string): boolean {
  return options[name] === true;
}

export function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function number(options: Options, name: string): number | undefined {
  const value = options[name];
  return typeof value === 'number' ? value : undefined;
}

export function list(options: Options, name: string): string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** Options of another mode are refused, not ignored: a threshold that silently does nothing gives a wrong answer. */
export function refuse(options: Options, mode: string, flags: Readonly<Record<string, string>>): void {
  for (const [name, written] of Object.entries(flags)) {
    const value = options[name];
    if (value === undefined || value === false) continue;
    throw new BakehouseError('invalid', `${written} ${mode}.`);
  }
}
