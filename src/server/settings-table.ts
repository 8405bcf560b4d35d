import { RECORD_KINDS } from '../formats/record/kinds.ts';

/** Every setting with its flag, environment variable, key in the YAML file and default; docs/settings.md is this table, and a test holds it. */

export type SettingKind =
  | 'text'
  | 'port'
  | 'yes-no'
  | 'list'
  | 'level'
  | 'limit'
  | 'push'
  | 'visibility'
  | 'visibilities'
  | 'kinds'
  | 'layer-pages';

export interface SettingRow {
  /** Key in the YAML file, and of the flags object. */
  readonly key: SettingName;
  readonly flag: string;
  readonly environment: string;
  readonly kind: SettingKind;
  /** As the documents say it. */
  readonly fallback: string;
  readonly meaning: string;
}

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type SettingName =
  | 'host'
  | 'port'
  | 'allowedHosts'
  | 'data'
  | 'database'
  | 'blobs'
  | 'blobsEndpoint'
  | 'blobsRegion'
  | 'temporary'
  | 'paths'
  | 'watch'
  | 'logLevel'
  | 'publicUrl'
  | 'trustProxy'
  | 'push'
  | 'visibility'
  | 'visibilities'
  | 'pushAgeDays'
  | 'pushStreamMegabytes'
  | 'pushBlobMegabytes'
  | 'pushBlobs'
  | 'pushRefusedKinds'
  | 'pushBuildsPerHour'
  | 'pushMegabytesPerHour'
  | 'keepBuildsDays'
  | 'keepFailureLogsDays'
  | 'keepLogsDays'
  | 'keepReportsDays'
  | 'keepUploadsDays'
  | 'keepBlobsGigabytes'
  | 'layerPages';

/** A build without its times is none. */
export const REFUSABLE_KINDS = RECORD_KINDS.filter((kind) => kind !== 'times');

export const PUSH_RULES = ['anonymous', 'token', 'closed'] as const;

export const SETTINGS: readonly SettingRow[] = [
  {
    key: 'host',
    flag: '--host ADDRESS',
    environment: 'BAKEHOUSE_HOST',
    kind: 'text',
    fallback: '127.0.0.1',
    meaning: 'address to listen on; anything but a loopback address lets others read',
  },
  {
    key: 'port',
    flag: '--port NUMBER',
    environment: 'BAKEHOUSE_PORT',
    kind: 'port',
    fallback: '8080',
    meaning: 'port to listen on; 0 takes a free one',
  },
  {
    key: 'allowedHosts',
    flag: '--allowed-hosts NAMES',
    environment: 'BAKEHOUSE_ALLOWED_HOSTS',
    kind: 'list',
    fallback: 'none',
    meaning: 'further names in the Host header by which the server is known, separated by commas',
  },
  {
    key: 'data',
    flag: '--data FOLDER',
    environment: 'BAKEHOUSE_DATA',
    kind: 'text',
    fallback: '`bakehouse` in the user’s state folder (`$XDG_STATE_HOME`, else `~/.local/state`)',
    meaning: 'folder of the embedded database and of the blobs; made when it is not there',
  },
  {
    key: 'database',
    flag: '--database URL',
    environment: 'BAKEHOUSE_DATABASE',
    kind: 'text',
    fallback: '`sqlite:` and `bakehouse.db` in the data folder',
    meaning: '`sqlite:/path/file.db` or `postgres://user@host/name`',
  },
  {
    key: 'blobs',
    flag: '--blobs PLACE',
    environment: 'BAKEHOUSE_BLOBS',
    kind: 'text',
    fallback: '`blobs` in the data folder',
    meaning: 'where logs and other large things are kept: a folder, or `s3://bucket/prefix`',
  },
  {
    key: 'blobsEndpoint',
    flag: '--blobs-endpoint URL',
    environment: 'BAKEHOUSE_BLOBS_ENDPOINT',
    kind: 'text',
    fallback: 'none',
    meaning:
      'address of the S3 server of that bucket; its key is `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` in the environment',
  },
  {
    key: 'blobsRegion',
    flag: '--blobs-region NAME',
    environment: 'BAKEHOUSE_BLOBS_REGION',
    kind: 'text',
    fallback: 'us-east-1',
    meaning: 'its region, where it has any',
  },
  {
    key: 'temporary',
    flag: '--temporary',
    environment: 'BAKEHOUSE_TEMPORARY',
    kind: 'yes-no',
    fallback: 'no',
    meaning: 'a throw-away store that is deleted at the end; data, database and blobs are not used',
  },
  {
    key: 'paths',
    flag: 'PATH…',
    environment: 'BAKEHOUSE_PATHS',
    kind: 'list',
    fallback: 'none',
    meaning:
      'build folders, buildstats folders, tars or event logs to read at the start (in the variable separated by commas)',
  },
  {
    key: 'watch',
    flag: '--no-watch',
    environment: 'BAKEHOUSE_WATCH',
    kind: 'yes-no',
    fallback: 'yes',
    meaning: 'go on watching the paths until the end',
  },
  {
    key: 'logLevel',
    flag: '--log-level LEVEL',
    environment: 'BAKEHOUSE_LOG_LEVEL',
    kind: 'level',
    fallback: '`warn` on a terminal, else `info`',
    meaning: LOG_LEVELS.join(', '),
  },
  {
    key: 'publicUrl',
    flag: '--public-url URL',
    environment: 'BAKEHOUSE_PUBLIC_URL',
    kind: 'text',
    fallback: 'as the request names the server',
    meaning:
      'address by which others know the server, for the addresses that it gives to clients; its name is an allowed host',
  },
  {
    key: 'trustProxy',
    flag: '--trust-proxy ADDRESSES',
    environment: 'BAKEHOUSE_TRUST_PROXY',
    kind: 'list',
    fallback: 'none',
    meaning: 'addresses (or networks) of proxies whose X-Forwarded-For is believed, such as `127.0.0.1`',
  },
  {
    key: 'push',
    flag: '--push WHO',
    environment: 'BAKEHOUSE_PUSH',
    kind: 'push',
    fallback: '`anonymous` when listening on a loopback address only and without a public address, else `token`',
    meaning: `who may report builds: ${PUSH_RULES.join(', ')}`,
  },
  {
    key: 'visibility',
    flag: '--visibility WHICH',
    environment: 'BAKEHOUSE_VISIBILITY',
    kind: 'visibility',
    fallback: '`public`',
    meaning:
      'of a pushed build whose client does not choose: public, unlisted (only who has the address), private (its owner)',
  },
  {
    key: 'visibilities',
    flag: '--visibilities LIST',
    environment: 'BAKEHOUSE_VISIBILITIES',
    kind: 'visibilities',
    fallback: 'all',
    meaning: 'which of them a client may choose',
  },
  {
    key: 'pushAgeDays',
    flag: '--push-age-days N',
    environment: 'BAKEHOUSE_PUSH_AGE_DAYS',
    kind: 'limit',
    fallback: 'no limit',
    meaning: 'builds that began longer ago are not taken',
  },
  {
    key: 'pushStreamMegabytes',
    flag: '--push-stream-megabytes N',
    environment: 'BAKEHOUSE_PUSH_STREAM_MEGABYTES',
    kind: 'limit',
    fallback: '256',
    meaning: 'what one build may tell without its logs, unpacked; a build of 10,000 tasks tells 1 MB',
  },
  {
    key: 'pushBlobMegabytes',
    flag: '--push-blob-megabytes N',
    environment: 'BAKEHOUSE_PUSH_BLOB_MEGABYTES',
    kind: 'limit',
    fallback: '256',
    meaning: 'one log, unpacked',
  },
  {
    key: 'pushBlobs',
    flag: '--push-blobs N',
    environment: 'BAKEHOUSE_PUSH_BLOBS',
    kind: 'limit',
    fallback: '2000',
    meaning: 'logs of one build',
  },
  {
    key: 'pushRefusedKinds',
    flag: '--push-refused-kinds KINDS',
    environment: 'BAKEHOUSE_PUSH_REFUSED_KINDS',
    kind: 'kinds',
    fallback: 'none',
    meaning: `what clients are told not to send, of ${REFUSABLE_KINDS.join(', ')}`,
  },
  {
    key: 'pushBuildsPerHour',
    flag: '--push-builds-per-hour N',
    environment: 'BAKEHOUSE_PUSH_BUILDS_PER_HOUR',
    kind: 'limit',
    fallback: '120 of a client without an account, else no limit',
    meaning: 'builds of one client in an hour',
  },
  {
    key: 'pushMegabytesPerHour',
    flag: '--push-megabytes-per-hour N',
    environment: 'BAKEHOUSE_PUSH_MEGABYTES_PER_HOUR',
    kind: 'limit',
    fallback: '1024 of a client without an account, else no limit',
    meaning: 'of one client in an hour, as sent',
  },
  {
    key: 'keepBuildsDays',
    flag: '--keep-builds-days N',
    environment: 'BAKEHOUSE_KEEP_BUILDS_DAYS',
    kind: 'limit',
    fallback: 'for ever',
    meaning: 'builds that were reported, from when they came; pinned ones stay, as do those read from paths',
  },
  {
    key: 'keepFailureLogsDays',
    flag: '--keep-failure-logs-days N',
    environment: 'BAKEHOUSE_KEEP_FAILURE_LOGS_DAYS',
    kind: 'limit',
    fallback: 'as long as the build',
    meaning: 'logs of failed tasks',
  },
  {
    key: 'keepLogsDays',
    flag: '--keep-logs-days N',
    environment: 'BAKEHOUSE_KEEP_LOGS_DAYS',
    kind: 'limit',
    fallback: 'as long as the build',
    meaning: 'other logs',
  },
  {
    key: 'keepReportsDays',
    flag: '--keep-reports-days N',
    environment: 'BAKEHOUSE_KEEP_REPORTS_DAYS',
    kind: 'limit',
    fallback: 'as long as the build',
    meaning: 'reports as they came',
  },
  {
    key: 'keepUploadsDays',
    flag: '--keep-uploads-days N',
    environment: 'BAKEHOUSE_KEEP_UPLOADS_DAYS',
    kind: 'limit',
    fallback: '14',
    meaning: 'reports that were begun and not finished',
  },
  {
    key: 'keepBlobsGigabytes',
    flag: '--keep-blobs-gigabytes N',
    environment: 'BAKEHOUSE_KEEP_BLOBS_GIGABYTES',
    kind: 'limit',
    fallback: 'no limit',
    meaning: 'logs, graphs and reports together, as stored; the oldest go first, logs of failures last',
  },
  {
    key: 'layerPages',
    flag: '--layer-pages LIST',
    environment: 'BAKEHOUSE_LAYER_PAGES',
    kind: 'layer-pages',
    fallback: 'those of well-known layers',
    meaning:
      'web pages of repositories for links to commits, as `meta-acme=https://github.com/acme/meta-acme`; of another forge than its name tells: `gitlab+https://…`, `cgit+https://…`',
  },
];

/** The YAML file itself is named by `--config FILE` or `BAKEHOUSE_CONFIG`. */
export const CONFIG_ENVIRONMENT = 'BAKEHOUSE_CONFIG';

/** The rows of docs/settings.md. */
export function settingsMarkdown(): string {
  const lines = SETTINGS.map(
    (row) => `| \`${row.flag}\` | \`${row.environment}\` | \`${row.key}\` | ${row.fallback} | ${row.meaning} |`,
  );
  return ['| flag | environment | in the file | default | meaning |', '|---|---|---|---|---|', ...lines].join('\n');
}
