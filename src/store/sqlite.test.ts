import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blankBuild, drawBuild } from '../model/draw-build.ts';
import { dialectFor } from './dialect.ts';
import { openStore } from './index.ts';
import { STORE_VERSION } from './migrations/index.ts';

/** What only a file can show: versions, foreign files, a writer killed in mid-write. */
describe('store in a file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bakehouse-store-'));
    file = join(folder, 'bakehouse.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('an old file is opened again and again and keeps what it has', async () => {
    for (let n = 0; n < 3; n++) {
      const store = await openStore(`sqlite:${file}`);
      expect(await store.countBuilds()).toBe(n);
      await store.saveBuild(`id-${n}`, blankBuild(`b${n}`));
      await store.close();
    }
  });

  test('the file says its version; one of a newer program is refused and left as it was', async () => {
    await (await openStore(`sqlite:${file}`)).close();
    const database = new DatabaseSync(file);
    expect(database.prepare('select version from store_version').get()).toEqual({ version: STORE_VERSION });
    database.exec(`update store_version set version = ${STORE_VERSION + 1}`);
    database.close();
    await expect(openStore(`sqlite:${file}`)).rejects.toMatchObject({ code: 'conflict' });
    const again = new DatabaseSync(file);
    expect(again.prepare('select version from store_version').get()).toEqual({ version: STORE_VERSION + 1 });
    again.close();
  });

  test('a commit waits for the disk: what was acknowledged outlives the power', async () => {
    const db = new Kysely<object>({ dialect: dialectFor(`sqlite:${file}`).kysely });
    const settings =
      await sql`select s.synchronous, j.journal_mode from pragma_synchronous s, pragma_journal_mode j`.execute(db);
    // 2: FULL. In WAL mode anything less syncs at checkpoints only.
    expect(settings.rows).toEqual([{ synchronous: 2, journal_mode: 'wal' }]);
    await db.destroy();
  });

  test('a file that is no database and a folder that is not there say so', async () => {
    writeFileSync(file, 'a text and no database, long enough to be one if it were: '.repeat(20));
    await expect(openStore(`sqlite:${file}`)).rejects.toMatchObject({ code: 'unreadable' });
    await expect(openStore(`sqlite:${join(folder, 'none', 'x.db')}`)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(openStore('mysql://x')).rejects.toMatchObject({ code: 'invalid' });
  });

  test('a full disk is said as such, what was stored stays, and when there is room again it goes on', async () => {
    const store = await openStore(`sqlite:${file}`);
    await store.saveBuild('id-1', blankBuild('b1'));
    // No file grows beyond this, which is what a full disk is to SQLite.
    const large = { ...blankBuild('b2'), targets: Array.from({ length: 40_000 }, (_, n) => `image-${n}`) };
    const script = `
      import { openStore } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
      import { blankBuild } from ${JSON.stringify(new URL('../model/draw-build.ts', import.meta.url).href)};
      process.on('SIGXFSZ', () => {});
      const store = await openStore(${JSON.stringify(`sqlite:${file}`)});
      const targets = Array.from({ length: 40000 }, (_, n) => 'image-' + n);
      const said = await store.saveBuild('id-2', { ...blankBuild('b2'), targets }).catch((e) => e.code + ' ' + e.message);
      console.log(said, await store.countBuilds());
      await store.close();`;
    const ran = spawnSync(
      'sh',
      ['-c', 'ulimit -f 800; exec "$0" --input-type=module -e "$1"', process.execPath, script],
      { encoding: 'utf8' },
    );
    expect(ran.stdout + ran.stderr).toMatch(
      /^unavailable The database cannot .*(disk is full|disk reports an error)\. 1$/m,
    );
    await store.saveBuild('id-2', large);
    expect(await store.countBuilds()).toBe(2);
    await store.close();
  });

  test('replaced and deleted builds leave no rows behind', async () => {
    const store = await openStore(`sqlite:${file}`);
    const build = drawBuild('a:do_compile ==F cputime=1\nb:do_fetch = <- a:do_compile', {
      targets: ['x'],
      problems: [{ severity: 'note', code: 'x', message: 'x', file: null, line: null }],
    });
    await store.saveBuild('one', build);
    await store.saveBuild('one', drawBuild('c:do_compile =='));
    await store.saveBuild('one', build);
    await store.deleteBuild('one');
    await store.close();
    const database = new DatabaseSync(file);
    const tables = database.prepare("select name from sqlite_schema where type = 'table'").all();
    const kept = ['metrics', 'recipe_names', 'store_version', 'sqlite_sequence'];
    // Its own rows of a full-text index: two of the tree, one of the settings, without anything in it.
    const own = /^log_words_/;
    const names = tables.map((table) => String(table.name)).filter((name) => !kept.includes(name) && !own.test(name));
    expect(names.length).toBeGreaterThan(9);
    const counts = names.map((name) => [name, database.prepare(`select count(*) as n from ${name}`).get()?.n]);
    expect(counts).toEqual(names.map((name) => [name, 0]));
    database.close();
  });

  test('kill -9 while builds are written: each build is whole or not there', async () => {
    const at = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, path)).href);
    const writer = `
      const { openStore } = await import(${at('index.ts')});
      const { drawBuild } = await import(${at('../model/draw-build.ts')});
      const rows = Array.from({ length: 500 }, (_, i) => 'r' + i + ':do_compile = cputime=' + i);
      const build = drawBuild(rows.join('\\n'));
      const store = await openStore(process.argv[1]);
      for (let n = 0; ; n++) {
        await store.saveBuild('id-' + (n % 5), { ...build, name: 'n' + n });
        console.log(n);
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer, `sqlite:${file}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    let last = -1;
    for await (const text of child.stdout.setEncoding('utf8')) {
      for (const line of String(text).trim().split('\n')) last = Number(line);
      if (last >= 12) child.kill('SIGKILL');
    }
    await ended;
    // What was acknowledged is there, from the file as the dead process left it.
    for (const ending of ['', '-wal']) copyFileSync(file + ending, `${file}.copy${ending}`);
    const store = await openStore(`sqlite:${file}.copy`);
    const { builds } = await store.listBuilds({}, { after: null, limit: 10 });
    expect(builds).toHaveLength(5);
    const names = new Set<number>();
    for (const { id } of builds) {
      const build = await store.readBuild(id);
      expect(build?.tasks.length).toBe(500);
      names.add(Number(build?.name.slice(1)));
    }
    for (let n = last - 4 + 1; n <= last; n++) expect([n, n + 5].some((name) => names.has(name))).toBe(true);
    await store.close();
    const database = new DatabaseSync(`${file}.copy`);
    expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
    expect(database.prepare('pragma foreign_key_check').all()).toEqual([]);
    database.close();
  });
});
