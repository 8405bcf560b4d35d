/**
 * What a text may say of the machine it comes from (docs/formats/record.md, "Scrubbing", version 1). meta-bakehouse does the same in
 * Python; fixtures/record/scrub.json is the table that both are held to.
 */
export const SCRUBBER_VERSION = 1;

export interface ScrubContext {
  readonly topdir: string | null;
  /** Where it is not below TOPDIR. */
  readonly tmpdir: string | null;
  readonly home: string | null;
  readonly hostName: string | null;
  /** The host's name with its domain. */
  readonly fullHostName: string | null;
  readonly userName: string | null;
}

/** Names that say nothing of anyone, and occur in any text. */
const COMMON_USERS: ReadonlySet<string> = new Set(['root', 'build', 'builder', 'user', 'yocto', 'bitbake']);
const NAME_CHARS_MIN = 3;

/**
 * `user:password@` and `token@` in URLs. The look behind keeps it from starting in the middle of a long word, and what may stand before
 * the `@` ends at what cannot be in it: no text takes more than its length.
 */
const URL_CREDENTIALS = /(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,30}:\/\/)[^\s/?#"'<>@]{1,2000}@/g;

/** Makes the function that scrubs a text; the same text in, the same text out. */
export function scrubber(context: ScrubContext): (text: string) => string {
  const steps: { readonly pattern: RegExp; readonly by: string }[] = [];
  const paths = (
    [
      [context.topdir, 'TOPDIR'],
      [context.tmpdir, 'TMPDIR'],
      [context.home, 'HOME'],
    ] as const
  ).flatMap(([path, by]) => {
    const trimmed = path?.replace(/\/+$/, '') ?? '';
    return trimmed === '' ? [] : [{ path: trimmed, by }];
  });
  // A home above TOPDIR must not take the beginning of it.
  for (const { path, by } of paths.sort((a, b) => b.path.length - a.path.length)) {
    steps.push({ pattern: new RegExp(`${quoted(path)}(?![A-Za-z0-9_.+~@%-])`, 'g'), by });
  }
  const names = [
    { name: context.fullHostName, by: 'HOST' },
    { name: context.hostName, by: 'HOST' },
    { name: context.userName !== null && COMMON_USERS.has(context.userName) ? null : context.userName, by: 'USER' },
  ];
  for (const { name, by } of names) {
    if (name === null || name.length < NAME_CHARS_MIN) continue;
    steps.push({ pattern: new RegExp(`(?<![A-Za-z0-9_])${quoted(name)}(?![A-Za-z0-9_])`, 'g'), by });
  }
  return (text) => {
    let out = text.includes('@') ? text.replace(URL_CREDENTIALS, '$1***@') : text;
    for (const { pattern, by } of steps) out = out.replace(pattern, by);
    return out;
  };
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** Keys whose texts are names of the format or the bytes of something, not words of a build. */
const NOT_TEXT: ReadonlySet<string> = new Set([
  'type',
  'columns',
  'data',
  'blob',
  'fileList',
  'kinds',
  'outcome',
  'severity',
]);

/** A line with every text in it scrubbed. */
export function scrubLine(
  line: Readonly<Record<string, unknown>>,
  scrub: (text: string) => string,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(line).map(([key, value]) => [key, NOT_TEXT.has(key) ? value : scrubValue(value, scrub)]),
  );
}

function scrubValue(value: unknown, scrub: (text: string) => string): unknown {
  if (typeof value === 'string') return scrub(value);
  if (Array.isArray(value)) return value.map((item: unknown) => scrubValue(item, scrub));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, scrubValue(item, scrub)]));
}
