/**
 * Who may import whom: the table of ARCHITECTURE.md as data, checked by `npm run check`.
 * A room is a folder of src/. `packages` are the npm packages (and node: modules) it may import; '*' is any.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

interface Room {
  rooms: readonly string[];
  packages: readonly string[];
  /** Files of the room that may import more, with the reason. */
  except?: Readonly<Record<string, { rooms?: readonly string[]; packages?: readonly string[] }>>;
}

const NODE = 'node:*';
const LAW: Readonly<Record<string, Room>> = {
  model: { rooms: [], packages: [] },
  analysis: { rooms: ['model'], packages: [] },
  chart: { rooms: ['model', 'analysis'], packages: [] },
  formats: {
    rooms: ['model'],
    packages: [],
    except: {
      'formats/open/': { packages: [NODE, 'tar-stream'] },
      // LAVA exports what it measured as YAML; the package has no I/O.
      'formats/test-results/lava.ts': { packages: ['yaml'] },
    },
  },
  store: { rooms: ['model'], packages: [NODE, 'kysely', 'kysely/*', 'pg'] },
  collector: { rooms: ['model', 'formats', 'store', 'analysis'], packages: [NODE] },
  operations: {
    rooms: ['model', 'analysis', 'chart', 'formats', 'store', 'collector'],
    packages: [NODE, 'hyparquet-writer'],
  },
  push: { rooms: ['model', 'analysis', 'formats', 'collector', 'operations'], packages: [NODE] },
  'api/contract.ts': { rooms: ['model'], packages: ['zod'] },
  'api/client.ts': { rooms: ['model', 'api/contract.ts:type'], packages: [] },
  api: {
    rooms: ['model', 'operations', 'api/contract.ts'],
    packages: [NODE, 'fastify', '@fastify/*', 'fastify-type-provider-zod', 'zod'],
  },
  server: {
    rooms: [
      'model',
      'formats',
      'analysis',
      'chart',
      'store',
      'collector',
      'operations',
      'push',
      'api',
      'api/contract.ts',
    ],
    packages: [NODE, 'fastify', '@fastify/*', 'pino'],
    except: { 'server/settings.ts': { packages: ['yaml'] } },
  },
  web: {
    rooms: ['model', 'analysis', 'chart', 'api/client.ts', 'api/contract.ts:type'],
    packages: ['react', 'react/*', 'react-dom/*', '@mantine/*', '@tanstack/*', 'uplot', 'uplot/*', 'fzstd'],
  },
  cli: {
    rooms: ['model', 'operations', 'chart', 'analysis', 'formats', 'server', 'collector', 'store', 'push'],
    packages: [NODE, 'commander', 'yaml', 'zod'],
  },
};

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');

function* sources(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name)) yield path;
  }
}

/** `api/contract.ts` (with its folder) and `api/client.ts` are rooms of their own; every other file belongs to its top folder. */
function roomOf(path: string): string {
  const rel = relative(src, path).replaceAll('\\', '/');
  if (rel.startsWith('api/contract/')) return 'api/contract.ts';
  if (rel in LAW) return rel;
  return rel.split('/')[0]!;
}

function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some((p) => p === '*' || p === name || (p.endsWith('*') && name.startsWith(p.slice(0, -1))));
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

export function checkImports(print: (line: string) => void): number {
  const counts = new Map<string, number>();
  let broken = 0;
  for (const file of sources(src)) {
    const rel = relative(src, file).replaceAll('\\', '/');
    const from = roomOf(file);
    const law = LAW[from];
    if (law === undefined) {
      print(`src/${rel}: the room "${from}" is not in the table of scripts/check-imports.ts`);
      broken++;
      continue;
    }
    const rooms = [...law.rooms];
    const packages = [...law.packages];
    for (const [prefix, more] of Object.entries(law.except ?? {})) {
      if (!rel.startsWith(prefix)) continue;
      rooms.push(...(more.rooms ?? []));
      packages.push(...(more.packages ?? []));
    }
    for (const match of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const typeOnly = match[1] !== undefined;
      const target = (match[2] ?? match[3])!;
      if (target.startsWith('.')) {
        const path = resolve(dirname(file), target);
        if (!path.startsWith(src)) {
          if (target.endsWith('.css') || target.endsWith('package.json')) continue;
          print(`src/${rel}: imports ${target}, outside src/`);
          broken++;
          continue;
        }
        const to = roomOf(path);
        if (to === from) continue;
        counts.set(`${from} -> ${to}`, (counts.get(`${from} -> ${to}`) ?? 0) + 1);
        if (rooms.includes(to) || (typeOnly && rooms.includes(`${to}:type`))) continue;
        print(`src/${rel}: ${from} may not import ${to} (${target})`);
        broken++;
      } else if (target.startsWith('virtual:') || target.endsWith('.css')) {
      } else if (!matches(target, packages)) {
        print(`src/${rel}: ${from} may not import the package ${target}`);
        broken++;
      }
    }
  }
  if (broken === 0) {
    const lines = [...counts].sort((a, b) => b[1] - a[1]).map(([edge, n]) => `${edge} ${n}`);
    print(`imports follow the table (${lines.join(', ')})`);
  }
  return broken;
}

if (import.meta.main) process.exitCode = checkImports((line) => console.log(line)) === 0 ? 0 : 1;
