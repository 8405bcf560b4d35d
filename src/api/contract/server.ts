/** The server itself: what it is, how it does, and what it tells as it happens. */
import { z } from 'zod';
import { Role } from './accounts.ts';
import { count, epochMs, Visibility } from './values.ts';

export const ServerInfo = z.object({
  version: z.string(),
  database: z.enum(['sqlite', 'postgres']),
  builds: count,
  /** Paths that are watched, as given. */
  watching: z.array(z.string()),
  /** Reading under way: null when idle. */
  reading: z.object({ location: z.string(), done: count, total: count.nullable() }).nullable(),
  writable: z.boolean().describe('whether this peer may put the sample in'),
  signIn: z
    .boolean()
    .describe('whether there is anything to sign in to: the server has accounts, or is reached by others'),
  account: z
    .object({ name: z.string(), role: Role })
    .nullable()
    .describe('who asks; null: somebody who is not signed in'),
});
export type ServerInfo = z.infer<typeof ServerInfo>;

/** What POST /sample did: the sample builds, the newest as `id`; the second time nothing changes. */
export const SampleImported = z.object({ id: z.string(), ids: z.array(z.string()), changed: z.boolean() });
export type SampleImported = z.infer<typeof SampleImported>;

/**
 * Server-sent events of GET /events, at most four messages a second: `build` when a build came or changed (the list too, then), `reading`
 * while a path is read, `idle` when nothing is being read any more. On connecting, `reading` or `idle` tells how things stand.
 */
export const ServerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('build'), id: z.string(), revision: z.string() }),
  z.object({ type: z.literal('reading'), location: z.string(), done: count, total: count.nullable() }),
  z.object({ type: z.literal('idle') }),
]);
export type ServerEvent = z.infer<typeof ServerEvent>;

export const ServerState = z.object({
  rules: z
    .object({
      push: z.enum(['anonymous', 'token', 'closed']),
      visibility: Visibility.describe('of who does not choose'),
      visibilities: z.array(Visibility).describe('that may be chosen'),
      ageDays: count.nullable(),
      streamBytes: count,
      blobBytes: count,
      blobs: count,
      refusedKinds: z.array(z.string()).describe('that clients are told not to send'),
      buildsPerHour: count.nullable(),
      bytesPerHour: count.nullable(),
    })
    .nullable()
    .describe('null: this server takes no reports'),
  uploads: count,
  unstored: count.describe('of which more is here than is stored'),
  unindexed: count.describe('failures that the rules of this version have not looked at yet'),
  uncounted: count.describe('builds whose recipes are still counted as an older version did'),
  problems: z.array(
    z.object({
      id: z.string(),
      name: z.string().nullable(),
      account: z.string().nullable(),
      bytes: count,
      touchedMs: epochMs,
      problem: z.string(),
    }),
  ),
});
export type ServerState = z.infer<typeof ServerState>;
