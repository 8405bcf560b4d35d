import type { OperationContext } from './context.ts';

/** What only the process that is asked knows. */
export interface Activity {
  readonly watching: readonly string[];
  readonly reading: { readonly location: string; readonly done: number; readonly total: number | null } | null;
}

export interface ServerInfo extends Activity {
  readonly version: string;
  readonly database: 'sqlite' | 'postgres';
  readonly builds: number;
  readonly writable: boolean;
}

export async function serverInfo(
  { store, version }: OperationContext,
  input: Activity & { readonly writable: boolean },
): Promise<ServerInfo> {
  const builds = await store.countBuilds();
  const { watching, reading, writable } = input;
  return { version, database: store.engine, builds, watching, reading, writable };
}
