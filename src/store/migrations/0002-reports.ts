import type { Migration } from './index.ts';

/**
 * What comes from outside: who may see a build, streams on their way in, what lies outside the database, accounts and tokens.
 *
 * A stream's chunks are rows and not files: a chunk is acknowledged when its row is committed, which is what durable means on both engines,
 * and two controllers on one PostgreSQL go on with each other's uploads. They are deleted once the stream is complete and stored.
 *
 * Nothing here refers to `builds` by number, because replacing a build takes a new one; ids stay.
 */
export const reports: Migration = {
  name: 'reports',
  statements: ({ types, storeUncompressed }) => {
    const { identity, integer, small, bytes, keyed } = types;
    return [
      // 'public', 'unlisted' (only who has the whole id) or 'private' (its owner and admins).
      "alter table builds add column visibility text not null default 'public'",
      // Number of the account it belongs to; null: nobody's.
      `alter table builds add column owner ${small}`,
      // 1: no retention rule takes it.
      `alter table builds add column pinned ${small} not null default 0`,
      // When the first report of it arrived; null: read by this server from a path.
      `alter table builds add column received_ms ${integer}`,
      'create index builds_by_owner on builds (owner)',
      // Holds all that facets count by, so that they are counted without the rows themselves (queries/count-facets.ts).
      'create index builds_by_facets on builds (machine, distro, targets, builder, host, outcome, kind, visibility, owner)',
      // The last public builds of a list, and whether there are others.
      'create index builds_by_visibility on builds (visibility, order_ms, id)',
      // Whether any build that somebody may see has a metric.
      'create index metric_totals_by_metric on metric_totals (metric, build)',
      // A build has one id, and every id that a client gave to an account of it leads there.
      `create table build_aliases (alias text not null primary key, build text not null) ${keyed}`,
      'create index build_aliases_by_build on build_aliases (build)',

      `create table accounts (
        number ${identity},
        name text not null unique,
        password text,
        role text not null,
        created_ms ${integer} not null,
        disabled ${small} not null default 0
      )`,
      `create table sessions (hash text not null primary key, account ${small} not null references accounts(number) on delete cascade,
        created_ms ${integer} not null, used_ms ${integer} not null, expires_ms ${integer} not null) ${keyed}`,
      `create table tokens (
        number ${identity},
        hash text not null unique,
        account ${small} not null references accounts(number) on delete cascade,
        name text not null,
        hint text not null,
        created_ms ${integer} not null,
        used_ms ${integer},
        expires_ms ${integer},
        revoked_ms ${integer}
      )`,
      'create index tokens_by_account on tokens (account)',

      // One row a stream that a client synchronises. `id`: the build's id as the client gave it; `build`: the stored build it became.
      `create table uploads (
        number ${identity},
        id text not null unique,
        build text,
        kind text not null,
        secret text not null,
        account ${small},
        client text not null,
        visibility text not null,
        about text not null,
        generation ${small} not null,
        bytes ${integer} not null,
        sha256 text not null,
        complete ${small} not null,
        stored_generation ${small},
        stored_bytes ${integer},
        stored_as text,
        settled ${small} not null default 1,
        chunks ${small} not null default 0,
        attempts ${small} not null default 0,
        created_ms ${integer} not null,
        touched_ms ${integer} not null,
        problem text
      )`,
      'create index uploads_by_build on uploads (build)',
      'create index uploads_by_touched on uploads (touched_ms)',
      // What is looked for every half minute: of a hundred thousand uploads some ten are not settled.
      'create index uploads_unsettled on uploads (touched_ms) where settled = 0',
      // `at`: offset of the chunk in the uncompressed stream; `length`: its uncompressed bytes; `bytes`: gzip.
      `create table upload_chunks (upload ${small} not null references uploads(number) on delete cascade,
        generation ${small} not null, at ${integer} not null, length ${integer} not null, bytes ${bytes} not null,
        primary key (upload, generation, at))`,
      ...storeUncompressed('upload_chunks', 'bytes'),

      // What lies in the blob store: logs, graphs, file lists, reports as they came.
      `create table blobs (hash text not null primary key, bytes ${integer} not null, stored_bytes ${integer} not null,
        created_ms ${integer} not null) ${keyed}`,
      // Why it is kept, and who may read it: a build (by its id) uses it. `class` is what retention goes by.
      `create table blob_uses (hash text not null, build text not null, class text not null, primary key (build, hash)) ${keyed}`,
      'create index blob_uses_by_hash on blob_uses (hash)',

      // Numbers for clients that know builds and failures by a number only (error reports, oestats).
      `create table report_numbers (number ${identity}, build text not null, ordinal ${small} not null, unique (build, ordinal))`,

      // How much a client (an account, or a hashed network address) sent in an hour.
      `create table quota_uses (client text not null, hour ${integer} not null, builds ${integer} not null, bytes ${integer} not null,
        primary key (client, hour)) ${keyed}`,
      // Secrets this database was given once, such as the salt of network addresses.
      `create table server_secrets (name text not null primary key, value text not null) ${keyed}`,
    ];
  },
};
