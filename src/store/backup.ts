/**
 * A backup is a folder: the database as it was at one moment, every blob, and a note of what it is. It is made while the server runs. The
 * database comes first: whatever it names was durable before it was named, so its blobs are there when they are copied next. A blob
 * file never changes, hence on one disk it is linked and takes no room, and what an earlier backup in the same folder has is not copied again.
 */
import { copyFile, link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite';
import { BakehouseError } from '../model/errors.ts';
import { diskBlobs } from './blobs/disk.ts';
import { type BlobPlace, openBlobs } from './blobs/index.ts';

const NOTE = 'backup.json';
const DATABASE = 'bakehouse.db';
const BLOBS = 'blobs';
/** More pages than any database has: in one step it is one moment, and writers of the log that SQLite keeps beside it do not wait. */
const ALL_PAGES = 0x7fffffff;

export interface BackupNote {
  readonly format: 1;
  /** Of the program that made it. */
  readonly version: string;
  readonly engine: 'sqlite' | 'postgres';
  readonly takenMs: number;
  /** Null where the database is not in it. */
  readonly databaseBytes: number | null;
  readonly blobs: number;
}

export interface BackupDone {
  readonly note: BackupNote;
  /** Blobs that the folder did not have. */
  readonly newBlobs: number;
}

interface From {
  /** `sqlite:FILE` or `postgres://…`, whose dump is its own tools' (docs/operating.md): then only blobs are taken. */
  readonly database: string;
  readonly blobs: BlobPlace;
}

function fileOf(database: string): string | null {
  return database.startsWith('sqlite:') ? database.slice('sqlite:'.length) : null;
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function failed(what: string, cause: unknown): BakehouseError {
  return new BakehouseError('unavailable', `${what}: ${cause instanceof Error ? cause.message : String(cause)}.`, {
    cause,
  });
}

/** One file to where a reader finds it whole or not at all; linked where that is possible. */
async function takeFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await link(from, to);
    return;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'EEXIST') return;
    // Another disk, or one that knows no links.
  }
  const draft = `${to}.new`;
  await copyFile(from, draft);
  await sync(draft);
  await rename(draft, to);
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

async function takeBlobs(from: BlobPlace, folder: string): Promise<{ count: number; added: number }> {
  const source = openBlobs(from);
  const target = diskBlobs(folder);
  let count = 0;
  let added = 0;
  for await (const { hash } of source.list()) {
    const path = join(hash.slice(0, 2), hash.slice(2));
    try {
      if (!(await isThere(join(folder, path)))) {
        if (from.kind === 'disk') await takeFile(join(from.folder, path), join(folder, path));
        else await target.put(hash, source.read(hash), Number.MAX_SAFE_INTEGER);
        added++;
      }
      count++;
    } catch (error) {
      // Retention took it meanwhile.
      if (!(await source.has(hash).catch(() => true))) continue;
      throw error;
    }
  }
  return { count, added };
}

export async function takeBackup(from: From, folder: string, version: string, nowMs: number): Promise<BackupDone> {
  const file = fileOf(from.database);
  if (file !== null && !(await isThere(file)))
    throw new BakehouseError('not-found', `There is no store at ${file}: nothing to back up.`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    let databaseBytes: number | null = null;
    if (file !== null) {
      const draft = join(folder, `${DATABASE}.new`);
      await rm(draft, { force: true });
      const source = new DatabaseSync(file, { readOnly: true });
      try {
        await copyDatabase(source, draft, { rate: ALL_PAGES });
      } finally {
        source.close();
      }
      await sync(draft);
      databaseBytes = (await stat(draft)).size;
      await rename(draft, join(folder, DATABASE));
    }
    const { count, added } = await takeBlobs(from.blobs, join(folder, BLOBS));
    const engine = file === null ? 'postgres' : 'sqlite';
    const note: BackupNote = { format: 1, version, engine, takenMs: nowMs, databaseBytes, blobs: count };
    await writeFile(join(folder, `${NOTE}.new`), `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600, flush: true });
    await rename(join(folder, `${NOTE}.new`), join(folder, NOTE));
    await sync(folder);
    return { note, newBlobs: added };
  } catch (error) {
    if (error instanceof BakehouseError) throw error;
    throw failed(`The backup in ${folder} was not finished`, error);
  }
}

async function readNote(folder: string): Promise<BackupNote> {
  let note: unknown;
  try {
    note = JSON.parse(await readFile(join(folder, NOTE), 'utf8'));
  } catch (cause) {
    throw new BakehouseError('unreadable', `${folder} is no backup, or one that was not finished: it has no ${NOTE}.`, {
      cause,
    });
  }
  if (typeof note !== 'object' || note === null || !('format' in note) || note.format !== 1)
    throw new BakehouseError('unreadable', `${join(folder, NOTE)} is of a newer program, or no note of a backup.`);
  return note as BackupNote;
}

/** Puts a backup where there is no store yet. What is copied is checked before it takes its name. */
export async function restoreBackup(folder: string, to: From): Promise<BackupNote> {
  const note = await readNote(folder);
  const file = fileOf(to.database);
  if (file !== null && note.engine === 'postgres')
    throw new BakehouseError(
      'invalid',
      'This backup is of a server with PostgreSQL and holds its blobs only: restore the dump with pg_restore, then give that --database.',
    );
  if (file !== null && (await isThere(file)))
    throw new BakehouseError(
      'conflict',
      `There is a store at ${file} already. Stop its server and move it away, or give another folder with --data.`,
    );
  try {
    // Blobs first: a database without its blobs must not be seen.
    const target = openBlobs(to.blobs);
    const source = diskBlobs(join(folder, BLOBS));
    for await (const { hash } of source.list()) {
      if (await target.has(hash)) continue;
      await target.put(hash, source.read(hash), Number.MAX_SAFE_INTEGER);
    }
    if (file !== null) {
      const draft = `${file}.new`;
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await copyFile(join(folder, DATABASE), draft);
      checkDatabase(draft);
      await sync(draft);
      await rename(draft, file);
      await sync(dirname(file));
    }
    return note;
  } catch (error) {
    if (error instanceof BakehouseError) throw error;
    throw failed(`The backup in ${folder} was not restored`, error);
  }
}

function checkDatabase(file: string): void {
  const database = new DatabaseSync(file);
  try {
    const [row] = database.prepare('pragma quick_check(1)').all();
    if (row?.quick_check === 'ok') return;
  } catch (cause) {
    throw new BakehouseError('unreadable', 'The database of the backup is damaged.', { cause });
  } finally {
    database.close();
  }
  throw new BakehouseError('unreadable', 'The database of the backup is damaged.');
}
