/**
 * Settings: read -> check -> freeze -> pass down. A flag wins over the environment, that over the YAML file, that over the default.
 * Everything that comes in is an argument, so that a test and the command line use the same function.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { type LayerPage, parseLayerPage } from '../analysis/revision-links.ts';
import { isLoopbackName } from '../api/security.ts';
import { BakehouseError } from '../model/errors.ts';
import type { BlobPlace } from '../store/blobs/index.ts';
import type { RetentionRules } from '../store/retention.ts';
import { VISIBILITIES, type Visibility } from '../store/store.ts';
import {
  CONFIG_ENVIRONMENT,
  LOG_LEVELS,
  type LogLevel,
  PUSH_RULES,
  REFUSABLE_KINDS,
  SETTINGS,
  type SettingKind,
  type SettingName,
} from './settings-table.ts';

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly allowedHosts: readonly string[];
  /** Folder of the embedded database. */
  readonly data: string;
  /** `sqlite:/path/file.db` or `postgres://…`. */
  readonly database: string;
  /** Where logs and other large things are. */
  readonly blobs: BlobPlace;
  readonly temporary: boolean;
  readonly paths: readonly string[];
  readonly watch: boolean;
  readonly logLevel: LogLevel;
  /** Without a slash at the end; null: as the request names the server. */
  readonly publicUrl: string | null;
  readonly trustProxy: readonly string[];
  readonly pushing: PushSettings;
  readonly keeping: RetentionRules;
  /** Where the layers of this site are shown on the web. */
  readonly layerPages: ReadonlyMap<string, LayerPage>;
}

export interface PushSettings {
  readonly push: (typeof PUSH_RULES)[number];
  readonly visibility: Visibility;
  readonly visibilities: readonly Visibility[];
  readonly ageDays: number | null;
  readonly streamBytes: number;
  readonly blobBytes: number;
  readonly blobs: number;
  readonly refusedKinds: readonly string[];
  /** Null: the default of the kind of client. */
  readonly buildsPerHour: number | null;
  readonly bytesPerHour: number | null;
}

type Value = string | number | boolean | readonly string[];
export type Flags = { readonly [K in SettingName]?: Value | undefined } & { readonly config?: string | undefined };

export interface SettingsInput {
  readonly flags: Flags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What relative paths of flags and environment are relative to. */
  readonly folder: string;
  readonly terminal: boolean;
}

/** Where a value came from, for the error. */
interface Source {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
}

/** 64 KiB of YAML is no settings file. */
const CONFIG_BYTES_MAX = 64 << 10;

function invalid(source: Source, message: string): BakehouseError {
  const at =
    source.file === undefined
      ? source.name
      : `${source.file}${source.line === undefined ? '' : `:${source.line}`}, ${source.name}`;
  return new BakehouseError('invalid', `${at}: ${message}`, {
    ...(source.file === undefined ? {} : { file: source.file }),
    ...(source.line === undefined ? {} : { line: source.line }),
  });
}

const YES = ['yes', 'true', '1', 'on'];
const NO = ['no', 'false', '0', 'off', ''];

/** One value as it was written -> what the kind is; anything else is refused with where it stands. */
function checked(kind: SettingKind, value: Value, source: Source): Value {
  switch (kind) {
    case 'text': {
      if (typeof value !== 'string' || value.trim() === '') throw invalid(source, 'a text is wanted');
      return value;
    }
    case 'port': {
      const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
      if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65535)
        throw invalid(source, `"${value}" is not a port (0 to 65535)`);
      return port;
    }
    case 'yes-no': {
      if (typeof value === 'boolean') return value;
      const word = String(value).toLowerCase();
      if (YES.includes(word)) return true;
      if (NO.includes(word)) return false;
      throw invalid(source, `"${value}" is neither yes nor no`);
    }
    case 'list': {
      const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : null;
      if (list === null || list.some((entry) => typeof entry !== 'string'))
        throw invalid(source, 'a list of texts is wanted');
      return list.map((entry: string) => entry.trim()).filter((entry) => entry !== '');
    }
    case 'limit': {
      const limit = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
      if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > 1e9)
        throw invalid(source, `"${value}" is not a whole number from 1 on`);
      return limit;
    }
    case 'push': {
      if (!PUSH_RULES.some((rule) => rule === value))
        throw invalid(source, `"${value}" is none of ${PUSH_RULES.join(', ')}`);
      return value;
    }
    case 'visibility': {
      if (!VISIBILITIES.some((one) => one === value))
        throw invalid(source, `"${value}" is none of ${VISIBILITIES.join(', ')}`);
      return value;
    }
    case 'visibilities': {
      const list = checked('list', value, source);
      for (const one of Array.isArray(list) ? list : []) checked('visibility', one, source);
      return list;
    }
    case 'kinds': {
      const list = checked('list', value, source);
      for (const one of Array.isArray(list) ? list : [])
        if (!REFUSABLE_KINDS.some((kind) => kind === one))
          throw invalid(source, `"${one}" is none of ${REFUSABLE_KINDS.join(', ')}`);
      return list;
    }
    case 'layer-pages': {
      const list = checked('list', value, source);
      for (const one of Array.isArray(list) ? list : []) {
        const parsed = parseLayerPage(one);
        if (typeof parsed === 'string') throw invalid(source, parsed);
      }
      return list;
    }
    case 'level': {
      const level = LOG_LEVELS.find((one) => one === value);
      if (level === undefined) throw invalid(source, `"${value}" is none of ${LOG_LEVELS.join(', ')}`);
      return level;
    }
  }
}

interface Found {
  readonly value: Value;
  readonly source: Source;
}

function plainValue(value: unknown): Value | null {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : null;
}

/** The YAML file as a flat map. The parser is loaded only where there is a file. */
async function readFileSettings(file: string): Promise<Map<SettingName, Found>> {
  const { isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new BakehouseError('unreadable', `${file}: the settings file cannot be read`, { file, cause });
  }
  if (text.length > CONFIG_BYTES_MAX)
    throw invalid({ name: 'the settings', file }, 'the file is too large to be settings');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken !== undefined)
    throw invalid(
      { name: 'the settings', file, line: lines.linePos(broken.pos[0]).line },
      broken.message.split('\n')[0]!,
    );
  const found = new Map<SettingName, Found>();
  const { contents } = document;
  if (contents === null) return found;
  if (!isMap(contents)) throw invalid({ name: 'the settings', file, line: 1 }, 'a map of settings is wanted');
  for (const pair of contents.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const start = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
    const source: Source = { name: key, file, ...(start === undefined ? {} : { line: lines.linePos(start).line }) };
    const row = SETTINGS.find((setting) => setting.key === key);
    if (row === undefined)
      throw invalid(source, `there is no such setting; there are ${SETTINGS.map((setting) => setting.key).join(', ')}`);
    const value = plainValue(document.toJS()[key]);
    if (value === null) throw invalid(source, 'a text, a number, yes, no or a list of texts is wanted');
    found.set(row.key, { value, source });
  }
  return found;
}

function stateFolder(environment: SettingsInput['environment']): string {
  const state = environment.XDG_STATE_HOME;
  return join(state !== undefined && isAbsolute(state) ? state : join(homedir(), '.local', 'state'), 'bakehouse');
}

/** A path of the file is relative to the file; of a flag or the environment, to where the user stands. */
function located(path: string, folder: string): string {
  return /^[a-z][a-z0-9+]*:\/\//.test(path) ? path : resolve(folder, path);
}

/** A folder, or a bucket. Its key comes by the names that every S3 tool reads, and by nothing else: flags and files are seen by others. */
function blobPlace(
  place: string,
  s3: { endpoint: string; region: string; environment: SettingsInput['environment'] },
): BlobPlace {
  if (!place.startsWith('s3:')) {
    if (/^[a-z][a-z0-9+]*:\/\//.test(place))
      throw invalid({ name: '--blobs' }, `"${place}" is neither a folder nor s3://bucket/prefix`);
    return { kind: 'disk', folder: place };
  }
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(place) ?? [];
  if (bucket === undefined) throw invalid({ name: '--blobs' }, `"${place}" is not s3://bucket or s3://bucket/prefix`);
  const endpoint = URL.parse(s3.endpoint);
  if (endpoint === null || !/^https?:$/.test(endpoint.protocol))
    throw invalid({ name: '--blobs-endpoint' }, `"${s3.endpoint}" is not the address of an S3 server (https://…)`);
  const keyId = s3.environment.AWS_ACCESS_KEY_ID ?? '';
  const secret = s3.environment.AWS_SECRET_ACCESS_KEY ?? '';
  if (keyId === '' || secret === '')
    throw invalid(
      { name: '--blobs' },
      'a bucket needs its key in the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
  return {
    kind: 's3',
    bucket,
    prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
    endpoint: endpoint.origin,
    region: s3.region,
    keyId,
    secret,
    sessionToken: s3.environment.AWS_SESSION_TOKEN || null,
  };
}

export async function readSettings(input: SettingsInput): Promise<Settings> {
  const { flags, environment, folder } = input;
  const config = flags.config ?? environment[CONFIG_ENVIRONMENT];
  const file = config === undefined || config === '' ? null : resolve(folder, config);
  const fromFile = file === null ? new Map<SettingName, Found>() : await readFileSettings(file);

  const values = new Map<SettingName, { value: Value; folder: string }>();
  for (const row of SETTINGS) {
    const flag = flags[row.key];
    const variable = environment[row.environment];
    const empty = flag === undefined || (Array.isArray(flag) && flag.length === 0);
    const inFile = fromFile.get(row.key);
    if (!empty) values.set(row.key, { value: checked(row.kind, flag, { name: row.flag }), folder });
    else if (variable !== undefined && variable !== '')
      values.set(row.key, { value: checked(row.kind, variable, { name: row.environment }), folder });
    else if (inFile !== undefined)
      values.set(row.key, {
        value: checked(row.kind, inFile.value, inFile.source),
        folder: file === null ? folder : join(file, '..'),
      });
  }
  const text = (key: SettingName, fallback: string): string => String(values.get(key)?.value ?? fallback);
  const yes = (key: SettingName, fallback: boolean): boolean => {
    const value = values.get(key)?.value;
    return typeof value === 'boolean' ? value : fallback;
  };
  const list = (key: SettingName): string[] => {
    const value = values.get(key)?.value;
    return Array.isArray(value) ? [...value] : [];
  };
  const base = (key: SettingName): string => values.get(key)?.folder ?? folder;

  const data = located(text('data', stateFolder(environment)), base('data'));
  const database = text('database', `sqlite:${join(data, 'bakehouse.db')}`);
  if (!/^(sqlite:.|postgres(ql)?:\/\/.)/.test(database))
    throw invalid({ name: '--database' }, `"${database}" begins neither with sqlite: nor with postgres://`);
  const level = values.get('logLevel')?.value;
  const host = text('host', '127.0.0.1');
  const limit = (key: SettingName): number | null => {
    const value = values.get(key)?.value;
    return typeof value === 'number' ? value : null;
  };
  const megabytes = (key: SettingName): number | null => {
    const value = limit(key);
    return value === null ? null : value * 1_048_576;
  };
  const blobGigabytes = limit('keepBlobsGigabytes');
  const publicUrl = text('publicUrl', '').replace(/\/+$/, '');
  if (publicUrl !== '' && !/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(publicUrl))
    throw invalid({ name: '--public-url' }, `"${publicUrl}" is no address like https://builds.example.org`);
  const push = values.get('push')?.value;
  const chosen = list('visibilities');
  const visibilities = VISIBILITIES.filter((one) => chosen.length === 0 || chosen.includes(one));
  const visibility = VISIBILITIES.find((one) => one === values.get('visibility')?.value) ?? visibilities[0] ?? 'public';
  if (!visibilities.includes(visibility))
    throw invalid({ name: '--visibility' }, `"${visibility}" is not among those of --visibilities`);
  return Object.freeze({
    host,
    port: Number(values.get('port')?.value ?? 8080),
    allowedHosts: Object.freeze(list('allowedHosts')),
    data,
    database,
    blobs: blobPlace(located(text('blobs', join(data, 'blobs')), base('blobs')), {
      endpoint: text('blobsEndpoint', ''),
      region: text('blobsRegion', 'us-east-1'),
      environment,
    }),
    temporary: yes('temporary', false),
    paths: Object.freeze(list('paths').map((path) => located(path, base('paths')))),
    watch: yes('watch', true),
    logLevel: LOG_LEVELS.find((one) => one === level) ?? (input.terminal ? 'warn' : 'info'),
    publicUrl: publicUrl === '' ? null : publicUrl,
    trustProxy: Object.freeze(list('trustProxy')),
    pushing: Object.freeze({
      push:
        PUSH_RULES.find((rule) => rule === push) ?? (isLoopbackName(host) && publicUrl === '' ? 'anonymous' : 'token'),
      visibility,
      visibilities: Object.freeze(visibilities),
      ageDays: limit('pushAgeDays'),
      streamBytes: megabytes('pushStreamMegabytes') ?? 256 << 20,
      blobBytes: megabytes('pushBlobMegabytes') ?? 256 << 20,
      blobs: limit('pushBlobs') ?? 2000,
      refusedKinds: Object.freeze(list('pushRefusedKinds')),
      buildsPerHour: limit('pushBuildsPerHour'),
      bytesPerHour: megabytes('pushMegabytesPerHour'),
    }),
    keeping: Object.freeze({
      buildsDays: limit('keepBuildsDays'),
      failureLogsDays: limit('keepFailureLogsDays'),
      logsDays: limit('keepLogsDays'),
      reportsDays: limit('keepReportsDays'),
      uploadsDays: limit('keepUploadsDays') ?? 14,
      blobBytes: blobGigabytes === null ? null : blobGigabytes * 2 ** 30,
    }),
    layerPages: new Map(
      list('layerPages').flatMap((text) => {
        const parsed = parseLayerPage(text);
        return typeof parsed === 'string' ? [] : [[parsed.name, parsed.page] as const];
      }),
    ),
  });
}
