/** SQLite and a real PostgreSQL, for `describe.each`: what holds over one holds over the other. */
import { afterAll } from 'vitest';
import { openStore } from '../src/store/index.ts';
import type { Store } from '../src/store/store.ts';
import { hasPostgres } from './real-parts.ts';
import { type RealPostgres, startPostgres } from './real-postgres.ts';

export interface TestDatabase {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** A new and empty one. */
  readonly open: () => Promise<Store>;
  /** It is not here. */
  readonly skip: boolean;
}

/** Called once in a file: its PostgreSQL starts at the first use and stops after the file's last test. */
export function bothDatabases(): readonly TestDatabase[] {
  let server: RealPostgres | null = null;
  afterAll(async () => {
    await server?.stop();
  });
  return [
    { name: 'SQLite', open: () => openStore('sqlite::memory:'), skip: false },
    {
      name: 'PostgreSQL',
      open: async () => {
        server ??= await startPostgres();
        return openStore(await server.newDatabase());
      },
      skip: !hasPostgres,
    },
  ];
}
