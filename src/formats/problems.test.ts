import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

test('every problem code that a reader gives is in docs/formats/problems.md, and no other', () => {
  const given = new Set<string>();
  for (const room of ['src/formats', 'src/collector']) {
    for (const entry of readdirSync(join(ROOT, room), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.test.ts')) continue;
      const source = readFileSync(join(entry.parentPath, entry.name), 'utf8');
      for (const match of source.matchAll(/'(?:note|warning|error)',\s*'([a-z]+(?:-[a-z]+)+)'/g)) given.add(match[1]!);
    }
  }
  // Chosen by a condition, which the pattern does not see.
  given.add('build-stats-truncated');
  const documented = new Set<string>();
  for (const line of readFileSync(join(ROOT, 'docs/formats/problems.md'), 'utf8').split('\n')) {
    if (!line.startsWith('| `')) continue;
    for (const match of line.split('|')[1]!.matchAll(/`([a-z-]+)`/g)) documented.add(match[1]!);
  }
  expect([...documented].toSorted()).toEqual([...given].toSorted());
});
