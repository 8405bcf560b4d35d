import type { Role } from '../store/accounts.ts';
import type { OperationContext } from './context.ts';

/** What only the process that is asked knows. */
export interface Activity {
  readonly watching: readonly string[];
  readonly reading: { readonly location: string; readonly done: number; readonly total: number | null } | null;
}

/** What only its request tells. */
export interface Asking {
  readonly writable: boolean;
  readonly signIn: boolean;
  readonly account: { readonly name: string; readonly role: Role } | null;
}

export interface ServerInfo extends Activity, Asking {
  readonly version: string;
  readonly database: 'sqlite' | 'postgres';
  readonly builds: number;
}

export async function serverInfo({ store, version }: OperationContext, input: Activity & Asking): Promise<ServerInfo> {
  const builds = await store.countBuilds();
  return { version, database: store.engine, builds, ...input };
}
