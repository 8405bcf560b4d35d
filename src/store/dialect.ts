/**
 * Everything that differs between the two engines, and nothing else does: how to connect, column types, the few expressions that
 * are spelled differently, which errors are worth another try.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect as KyselyDialect,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type RawBuilder,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
  sql,
} from 'kysely';
import pg from 'pg';
import { BakehouseError } from '../model/errors.ts';

export interface ColumnArrays {
  /** What stands for VALUES. */
  rows(columns: readonly string[]): string;
  /** The parameter of a column. */
  list(column: string, values: readonly unknown[]): unknown;
}

export interface Dialect {
  readonly engine: 'sqlite' | 'postgres';
  readonly kysely: KyselyDialect;
  /** Placeholder of the n-th parameter, from 1. */
  placeholder(n: number): string;
  /** Column types and table options of migrations. */
  readonly types: {
    /** A number the database gives, never given twice. */
    readonly identity: string;
    /** Whole numbers beyond 2^31: milliseconds, bytes. */
    readonly integer: string;
    /** Counts, flags and numbers given by the database. */
    readonly small: string;
    readonly double: string;
    readonly bytes: string;
    /** After the closing bracket of a table whose rows live in its primary key. */
    readonly keyed: string;
  };
  /** Statements after the bytes column of a table is made. */
  storeUncompressed(table: string, column: string): readonly string[];
  /** Begins an insert of many rows, whose transaction is undone where one of them is refused. */
  readonly insert: string;
  /** Rows given as one array a column, in place of VALUES; null where VALUES is the way. */
  readonly arrays: ColumnArrays | null;
  /** True for rows whose column is one of the numbers; one parameter however many they are. */
  oneOf(column: string, numbers: readonly number[]): RawBuilder<boolean>;
  /** The column in a condition that chooses no index. PostgreSQL counts how many rows one is worth, and needs no word. */
  unindexed(column: string): RawBuilder<unknown>;
  /** The values of a one-column subquery as JSON text. */
  jsonArray(query: RawBuilder<unknown>, column: string): RawBuilder<string | null>;
  /** Which words a log has, by its number in `log_texts`. Words are letters, digits and underscores in lower case. */
  readonly logWords: {
    readonly statements: readonly string[];
    write(number: number, words: readonly string[]): RawBuilder<unknown>;
    remove(number: number): RawBuilder<unknown>;
    /** True for logs that have all the words, and one that begins so. */
    has(column: string, words: readonly string[], beginning: string | null): RawBuilder<boolean>;
  };
  /** Held until the transaction ends: one migration at a time. Null: the transaction itself does it. */
  readonly migrationLock: RawBuilder<unknown> | null;
  /** What the database takes, one row. */
  readonly databaseBytes: RawBuilder<{ readonly bytes: unknown }>;
  /** Begins a transaction that only reads, and sees the database as it is at its first question. */
  readonly beginSnapshot: string;
  /** Another writer was in the way; the transaction is undone and may be tried again. */
  isConflict(error: unknown): boolean;
}

export function dialectFor(database: string): Dialect {
  if (database.startsWith('sqlite:')) return sqlite(database.slice('sqlite:'.length));
  if (/^postgres(ql)?:\/\//.test(database)) return postgres(database);
  throw new BakehouseError('invalid', `"${database}" is no database: give sqlite:FILE or postgres://USER@HOST/NAME.`);
}

// ---- SQLite ---------------------------------------------------------------------------------------------------------------------

/** A writer waits this long for another's transaction; ours take some 30 ms, a migration of a large file seconds. */
const BUSY_TIMEOUT_MS = 20_000;
/**
 * SQLite itself waits with the thread stopped, so only this long; beyond it we wait with the thread free. (Waiting the whole time inside
 * SQLite would also stop a second store of the same thread from ever ending the transaction that is waited for.)
 */
const BUSY_STOPPED_MS = 20;

function sqlite(file: string): Dialect {
  return {
    engine: 'sqlite',
    kysely: new NodeSqliteDialect(file),
    placeholder: () => '?',
    types: {
      identity: 'integer primary key autoincrement',
      integer: 'integer',
      small: 'integer',
      double: 'real',
      bytes: 'blob',
      keyed: 'without rowid',
    },
    storeUncompressed: () => [],
    /**
     * `or fail` keeps the rows before the refused one, which nobody will see. To take them back SQLite would copy each page that the statement
     * changes, into a file beyond 64 KB: the recipe runs of a build of 1,000 tasks took 0.36 ms so where one build was stored, and 1.14 where a
     * thousand were and each recipe has a page of the index to itself. They take 0.13 and 0.26.
     */
    insert: 'insert or fail into',
    arrays: null,
    oneOf: (column, numbers) =>
      sql<boolean>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(numbers)}))`,
    unindexed: (column) => sql`+${sql.ref(column)}`,
    jsonArray: (query, column) => sql<string>`(select json_group_array(${sql.ref(column)}) from (${query}))`,
    logWords: {
      // Words alone, neither their places nor the text: 64 KB for 284 logs of 855 KB. Beyond ASCII everything is a letter, as in analysis/log-words.ts.
      statements: [
        `create virtual table log_words using
          fts5(words, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '_'")`,
      ],
      write: (number, words) => sql`insert into log_words (rowid, words) values (${number}, ${words.join(' ')})`,
      remove: (number) => sql`delete from log_words where rowid = ${number}`,
      has: (column, words, beginning) => {
        const all = words.map((word) => `"${word}"`);
        if (beginning !== null) all.push(`"${beginning}"*`);
        return sql<boolean>`${sql.ref(column)} in (select rowid from log_words where log_words match ${all.join(' AND ')})`;
      },
    },
    migrationLock: null,
    databaseBytes: sql`select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`,
    beginSnapshot: 'begin deferred',
    isConflict: isBusy,
  };
}

/** Kysely's SQLite dialect over node:sqlite. Transactions take the write lock at once: a reader cannot become a writer late and fail. */
class NodeSqliteDialect extends SqliteDialect {
  readonly #file: string;

  constructor(file: string) {
    super({ database: async () => openSqlite(file) });
    this.#file = file;
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver({ database: async () => openSqlite(this.#file) });
  }
}

class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const until = performance.now() + BUSY_TIMEOUT_MS;
    for (;;) {
      try {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'));
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) throw error;
        // Not in step with the others that wait.
        await setTimeout(1 + Math.random() * 10);
      }
    }
  }

  /** SQLite itself undoes a transaction for which the disk had no room; that there is none left is no second error. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!(error instanceof Error && /no transaction is active/.test(error.message))) throw error;
    }
  }
}

/** What is no fault of ours or of the question, by SQLite's primary result codes. */
const SQLITE_TROUBLES: Readonly<Record<number, readonly ['unavailable' | 'unreadable', string]>> = {
  8: ['unavailable', 'cannot be written: the file or its folder is read-only.'],
  10: ['unavailable', 'cannot be read or written: the disk reports an error.'],
  11: ['unreadable', 'is damaged.'],
  13: ['unavailable', 'cannot grow: the disk is full.'],
  14: ['unavailable', 'cannot be opened, or a file beside it cannot be made.'],
  26: ['unreadable', 'is not a Bakehouse database.'],
};

/** The path is for whoever opens the file; what a question meets later is also told to those who only look at pages. */
function explained(cause: unknown, file: string | null = null): unknown {
  if (!(cause instanceof Error) || !('errcode' in cause)) return cause;
  const trouble = SQLITE_TROUBLES[Number(cause.errcode) & 0xff];
  if (trouble === undefined) return cause;
  const name = file === null ? '' : ` ${file}`;
  return new BakehouseError(trouble[0], `The database${name} ${trouble[1]}`, { cause });
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}

type Parameter = null | number | bigint | string | Uint8Array;

function openSqlite(file: string): SqliteDatabase {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  } catch (cause) {
    throw new BakehouseError('unavailable', `The database ${file} cannot be opened.`, { file, cause });
  }
  try {
    // WAL: readers go on while a build is written. FULL: a build that was acknowledged survives the power; one fsync a build is 1 ms.
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16000;');
    database.exec(`pragma busy_timeout = ${BUSY_STOPPED_MS}`);
  } catch (cause) {
    database.close();
    throw explained(cause, file);
  }
  // Queries are few and come again: keeping their statements saves 20 us each. Bounded, since `in (?, ?, …)` makes many texts.
  const statements = new Map<string, SqliteStatement>();
  return {
    prepare(text) {
      const known = statements.get(text);
      if (known !== undefined) return known;
      const made = statementOf(explaining(() => database.prepare(text)));
      if (statements.size >= 200) statements.delete(statements.keys().next().value ?? '');
      statements.set(text, made);
      return made;
    },
    close() {
      statements.clear();
      database.close();
    },
  };
}

function explaining<T>(ask: () => T): T {
  try {
    return ask();
  } catch (cause) {
    throw explained(cause);
  }
}

function statementOf(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => explaining(() => statement.all(...(parameters as Parameter[]))),
    run: (parameters) => explaining(() => statement.run(...(parameters as Parameter[]))),
    iterate: (parameters) => statement.iterate(...(parameters as Parameter[])),
  };
}

// ---- PostgreSQL -----------------------------------------------------------------------------------------------------------------

/** Any number: two controllers that start at once must take the same one. */
const MIGRATION_LOCK = 0x62616b65;
const PG_INT8 = 20;

/** Types of the columns that are inserted many at a time; what is in neither is text. */
const BYTES_COLUMNS: ReadonlySet<string> = new Set(['bytes', 'head', 'contents', 'body']);
const NUMBER_COLUMNS: Readonly<Record<string, string>> = {
  build: 'integer',
  ordinal: 'integer',
  recipe: 'integer',
  metric: 'integer',
  block: 'integer',
  status: 'integer',
  count: 'integer',
  line: 'integer',
  modified: 'integer',
  run: 'integer',
  test: 'integer',
  duration_ms: 'double precision',
  busy_ms: 'bigint',
  sum: 'double precision',
  max: 'double precision',
};

function columnType(column: string): string {
  return BYTES_COLUMNS.has(column) ? 'bytea' : (NUMBER_COLUMNS[column] ?? 'text');
}

const BYTEA_OID = 17;

/**
 * A bytea[] as PostgreSQL sends and receives one: dimensions, no nulls, type of the elements, length, first index, then each with its length. The
 * driver would write it as hexadecimal text, twice as long.
 */
function bytesArray(values: readonly Uint8Array[]): Buffer {
  const array = Buffer.allocUnsafe(values.reduce((sum, bytes) => sum + 4 + bytes.length, 20));
  let at = 0;
  for (const word of [1, 0, BYTEA_OID, values.length, 1]) at = array.writeInt32BE(word, at);
  for (const bytes of values) {
    at = array.writeInt32BE(bytes.length, at);
    array.set(bytes, at);
    at += bytes.length;
  }
  return array;
}

/** A server that is away, shutting down or full is no defect of ours: said as `unavailable`, asked again by the next question. */
class ReachablePostgresDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): PostgresDriver {
    return new ReachablePostgresDriver(this.#config);
  }
}

class ReachablePostgresDriver extends PostgresDriver {
  readonly #told = new WeakSet<object>();

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection: DatabaseConnection = await super.acquireConnection().catch((cause: unknown) => {
      throw awayOr(cause);
    });
    if (!this.#told.has(connection)) {
      // Kysely keeps one of these for each client of the pool.
      this.#told.add(connection);
      const ask = connection.executeQuery.bind(connection);
      connection.executeQuery = <R>(query: CompiledQuery) =>
        ask<R>(query).catch((cause: unknown) => {
          throw awayOr(cause);
        });
    }
    return connection;
  }
}

/** Classes 08 (connection), 53 (no room, too many clients), 57P (shutting down), 58 (disk), and what the socket says. */
function awayOr(cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof BakehouseError) return cause;
  const code = 'code' in cause ? String(cause.code) : '';
  const away =
    /^(?:08|53|57P|58)/.test(code) ||
    'syscall' in cause ||
    cause instanceof AggregateError ||
    /^Connection terminated|^timeout exceeded when trying to connect|not queryable/.test(cause.message);
  if (!away) return cause;
  // The words of the server hold no address; those of a socket do, and of them only the code is told.
  const words = 'severity' in cause ? cause.message : code;
  return new BakehouseError(
    'unavailable',
    `The database cannot be reached, or has no room${words === '' ? '' : `: ${words}`}.`,
    { cause },
  );
}

function postgres(url: string): Dialect {
  const pool = () =>
    new pg.Pool({
      connectionString: url,
      max: 8,
      connectionTimeoutMillis: 10_000,
      types: {
        // bigint arrives as text, since it may pass 2^53; ours are milliseconds and counts, which never do.
        getTypeParser: (oid: number, format?: 'text' | 'binary') =>
          oid === PG_INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
      } as pg.CustomTypesConfig,
    });
  return {
    engine: 'postgres',
    kysely: new ReachablePostgresDialect({
      pool: async () => {
        const made = pool();
        // An idle connection that breaks (server restart) is replaced at the next query; without a listener it would end the process.
        made.on('error', () => {});
        return made;
      },
    }),
    placeholder: (n) => `$${n}`,
    types: {
      identity: 'integer generated always as identity primary key',
      integer: 'bigint',
      small: 'integer',
      double: 'double precision',
      bytes: 'bytea',
      keyed: '',
    },
    // Blocks are compressed already: trying again costs time and wins nothing.
    storeUncompressed: (table, column) => [`alter table ${table} alter column ${column} set storage external`],
    insert: 'insert into',
    arrays: {
      rows: (columns) => {
        const lists = columns.map((column, i) => `$${i + 1}::${columnType(column)}[]`);
        return `select * from unnest(${lists.join(',')})`;
      },
      list: (column, values) => (BYTES_COLUMNS.has(column) ? bytesArray(values as readonly Uint8Array[]) : values),
    },
    oneOf: (column, numbers) => sql<boolean>`${sql.ref(column)} = any(${[...numbers]}::integer[])`,
    unindexed: (column) => sql.ref(column),
    jsonArray: (query, column) => sql<string>`(select json_agg(${sql.ref(column)})::text from (${query}) as list)`,
    logWords: {
      statements: [
        'create table log_words (log integer primary key, words tsvector not null)',
        'create index log_words_by_word on log_words using gin (words)',
      ],
      write: (number, words) => sql`insert into log_words values (${number}, array_to_tsvector(${[...words]}::text[]))`,
      remove: (number) => sql`delete from log_words where log = ${number}`,
      has: (column, words, beginning) => {
        const all = words.map((word) => `'${word}'`);
        if (beginning !== null) all.push(`'${beginning}':*`);
        return sql<boolean>`${sql.ref(column)} in (select log from log_words where words @@ ${all.join(' & ')}::tsquery)`;
      },
    },
    migrationLock: sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`,
    databaseBytes: sql`select pg_database_size(current_database()) as bytes`,
    beginSnapshot: 'begin isolation level repeatable read read only',
    // Serialization failure, deadlock, unique and foreign key: the other writer came first with the same or took away what we refer to.
    isConflict: (error) =>
      error instanceof Error && 'code' in error && ['40001', '40P01', '23505', '23503'].includes(String(error.code)),
  };
}
