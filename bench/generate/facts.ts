/**
 * Facts about the recipes of oe-core: name, version, what they need at build time, classes they inherit.
 * Nothing in a generated build comes from anybody's machine; this list is why the names look right all the same.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RecipeFact {
  readonly pn: string;
  readonly version: string;
  readonly section: string;
  /** Names as DEPENDS holds them: `zlib`, `bison-native`. */
  readonly depends: readonly string[];
  readonly inherits: readonly string[];
  /** BBCLASSEXTEND: `native`, `nativesdk`. */
  readonly extends: readonly string[];
}

const FILE = join(import.meta.dirname, '../../fixtures/oe-core-recipes.json');

interface RawFact {
  d: string[];
  e: string[];
  i: string[];
  s: string;
  v: string;
}

let cached: ReadonlyMap<string, RecipeFact> | null = null;

/** By recipe name. The file is read once a process. */
export function recipeFacts(): ReadonlyMap<string, RecipeFact> {
  if (cached !== null) return cached;
  const raw = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, RawFact>;
  const facts = new Map<string, RecipeFact>();
  for (const [pn, fact] of Object.entries(raw)) {
    facts.set(pn, { pn, version: fact.v, section: fact.s, depends: fact.d, inherits: fact.i, extends: fact.e });
  }
  cached = facts;
  return facts;
}
