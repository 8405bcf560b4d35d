import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Flags, readSettings, type Settings } from './settings.ts';
import { SETTINGS, settingsMarkdown } from './settings-table.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(flags: Flags, environment: Record<string, string> = {}, terminal = false): Promise<Settings> {
  return readSettings({ flags, environment, folder, terminal });
}

function config(text: string): string {
  const file = join(folder, 'bakehouse.yaml');
  writeFileSync(file, text);
  return file;
}

describe('readSettings', () => {
  it('needs nothing', async () => {
    expect(await read({})).toEqual({
      host: '127.0.0.1',
      port: 8080,
      allowedHosts: [],
      data: join(homedir(), '.local/state/bakehouse'),
      database: `sqlite:${join(homedir(), '.local/state/bakehouse/bakehouse.db')}`,
      blobs: { kind: 'disk', folder: join(homedir(), '.local/state/bakehouse/blobs') },
      temporary: false,
      paths: [],
      watch: true,
      logLevel: 'info',
      publicUrl: null,
      trustProxy: [],
      pushing: {
        push: 'anonymous',
        visibility: 'public',
        visibilities: ['public', 'unlisted', 'private'],
        ageDays: null,
        streamBytes: 256 << 20,
        blobBytes: 256 << 20,
        blobs: 2000,
        refusedKinds: [],
        buildsPerHour: null,
        bytesPerHour: null,
      },
      keeping: {
        buildsDays: null,
        failureLogsDays: null,
        logsDays: null,
        reportsDays: null,
        uploadsDays: 14,
        blobBytes: null,
      },
      layerPages: new Map(),
    });
    // Who listens for others takes reports only from who has a token, unless he says otherwise.
    expect((await read({ host: '0.0.0.0' })).pushing.push).toBe('token');
    expect((await read({ publicUrl: 'https://builds.example.org' })).pushing.push).toBe('token');
    expect((await read({ host: '0.0.0.0', push: 'anonymous' })).pushing.push).toBe('anonymous');
    expect((await read({ visibilities: 'unlisted,private' })).pushing).toMatchObject({ visibility: 'unlisted' });
    expect((await read({}, { XDG_STATE_HOME: '/state' })).data).toBe('/state/bakehouse');
    expect((await read({}, {}, true)).logLevel).toBe('warn');
  });

  it('takes a flag before the environment, that before the file, that before the default', async () => {
    const file = config('port: 1111\nhost: file.example\nlogLevel: debug\n');
    const settings = await read(
      { config: file, port: 3333 },
      { BAKEHOUSE_PORT: '2222', BAKEHOUSE_HOST: 'env.example' },
    );
    expect(settings).toMatchObject({ port: 3333, host: 'env.example', logLevel: 'debug' });
  });

  it('resolves paths of the file against the file, others against the folder the user stands in', async () => {
    const file = config('paths: [tmp/buildstats, "https://example.org/buildstats/"]\ndata: state\n');
    expect(await read({ config: file })).toMatchObject({
      paths: [join(folder, 'tmp/buildstats'), 'https://example.org/buildstats/'],
      data: join(folder, 'state'),
    });
    expect((await read({ paths: ['x'] })).paths).toEqual([join(folder, 'x')]);
    expect((await read({ paths: [] }, { BAKEHOUSE_PATHS: 'a, b' })).paths).toEqual([
      join(folder, 'a'),
      join(folder, 'b'),
    ]);
  });

  it('takes a bucket for blobs, with its key from the environment only', async () => {
    const key = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
    const flags = { blobs: 's3://logs/bakehouse', blobsEndpoint: 'https://s3.example:9000/' };
    const place = { kind: 's3', bucket: 'logs', prefix: 'bakehouse/', endpoint: 'https://s3.example:9000' };
    expect((await read(flags, key)).blobs).toEqual({
      ...place,
      region: 'us-east-1',
      keyId: 'id',
      secret: 'secret',
      sessionToken: null,
    });
    expect((await read({ ...flags, blobs: 's3://logs' }, key)).blobs).toMatchObject({ prefix: '' });
    await expect(read(flags)).rejects.toThrow(/AWS_ACCESS_KEY_ID/);
    await expect(read({ blobs: 's3://logs' }, key)).rejects.toThrow(/--blobs-endpoint: "" is not the address/);
    await expect(read({ ...flags, blobs: 's3://Logs_/' }, key)).rejects.toThrow(/is not s3:\/\/bucket/);
    await expect(read({ ...flags, blobs: 'ftp://x' }, key)).rejects.toThrow(/neither a folder nor/);
  });

  it('is frozen', async () => {
    const settings = await read({ paths: ['x'] });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.paths)).toBe(true);
  });

  it.each([
    ['port: 99999', /bakehouse\.yaml:1, port: "99999" is not a port/, 1],
    ['host: x\nprot: 1\n', /bakehouse\.yaml:2, prot: there is no such setting; there are host, port/, 2],
    ['host: x\nport: [1]\n', /bakehouse\.yaml:2, port:/, 2],
    ['a: [1\nb: }', /bakehouse\.yaml:\d, the settings:/, undefined],
    ['- a', /a map of settings is wanted/, 1],
    ['watch: perhaps', /"perhaps" is neither yes nor no/, 1],
    ['pushRefusedKinds: [samples, sample]', /"sample" is none of counters, all-counters, samples,/, 1],
    ['logLevel: loud', /none of silent, error/, 1],
  ])('refuses %j and says where', async (text, message, line) => {
    const error: unknown = await read({ config: config(text) }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid', message: expect.stringMatching(message) });
    if (line !== undefined) expect(error).toMatchObject({ line });
  });

  it('names the variable and the flag that are wrong', async () => {
    await expect(read({}, { BAKEHOUSE_PORT: '80x' })).rejects.toThrow(/BAKEHOUSE_PORT: "80x"/);
    await expect(read({ database: 'mysql://x' })).rejects.toThrow(/--database/);
    await expect(read({ config: 'nowhere.yaml' })).rejects.toThrow(/nowhere\.yaml: the settings file cannot be read/);
  });
});

describe('docs/settings.md', () => {
  it('holds the table of the program', () => {
    const text = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
    expect(text).toContain(settingsMarkdown());
    expect(SETTINGS.length).toBeGreaterThan(5);
  });
});
