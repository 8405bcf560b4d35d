/**
 * By what failures are alike. The line that says why (cause-line.ts) is stripped of everything that differs from build to build and from machine
 * to machine; what is left is hashed twice: with recipe and task (`exact`: the same failure again), and without them and without any path (`cross`:
 * the same cause in another recipe).
 *
 * The formula has a version. When a rule here or there changes, RULES_VERSION grows, and the collector reads kept logs anew; nothing is sent again.
 * The version itself is not hashed: a failure that new rules say the same of stays in its group, with what people wrote about that.
 * Every step has a name and a reason, for a person who asks why two failures are one group reads them (docs/fingerprints.md, and the page of a failure).
 */
import { CAUSE_CLASSES, type Cause, type CauseClass } from './cause-line.ts';

/** Of the rules of cause-line.ts and of the steps below. 0 stands for "not yet looked at". */
export const RULES_VERSION = 1;

/** Longer texts are cut before the first step: every pattern below is bounded by it. */
const TEXT_CHARS_MAX = 1000;
const NORMAL_CHARS_MAX = 500;

export interface FailureFacts {
  /** Null: not in a recipe (no provider, parse error), or not known. */
  readonly pn: string | null;
  /** `1:2.3-r0`, `2.3` or null. */
  readonly version: string | null;
  readonly task: string | null;
}

export interface Fingerprint {
  readonly rules: number;
  /** Of recipe, task, class and words; 16 hex digits. */
  readonly hash: string;
  /** Of class and words without paths and names of the recipe; 16 hex digits. */
  readonly crossHash: string;
  readonly causeClass: CauseClass;
  /** The machine or the network, not what is built: trying again may help. */
  readonly infrastructure: boolean;
  /** The words that were hashed. */
  readonly text: string;
}

/** One step of the formula as it went for one failure. */
export interface ExplainedStep {
  readonly name: string;
  readonly why: string;
  readonly before: string;
  readonly after: string;
}

export interface ExplainedFingerprint {
  readonly fingerprint: Fingerprint;
  /** Only those that changed the text, in their order. */
  readonly steps: readonly ExplainedStep[];
  readonly crossSteps: readonly ExplainedStep[];
  /** What went into the two hashes, part by part. */
  readonly exactOf: readonly string[];
  readonly crossOf: readonly string[];
}

/** SHA-256 as hex digits; given, for this room knows no Node and no browser. */
export type Digest = (text: string) => string;

interface Step {
  readonly name: string;
  readonly why: string;
  apply(text: string, context: StepContext): string;
}

interface StepContext {
  readonly pn: string | null;
  /** As they may stand in a file's name, longest first. */
  readonly versions: readonly string[];
  readonly causeClass: CauseClass;
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** Whose message it is does not matter to what it says; only the log of the task leaves it out. */
const OF_TASK = /^((?:ERROR|FATAL): )\S{1,300} do_\w{1,100}: /;
const WORK_DIRECTORY =
  /(?<![^\s'"`(),;=<>|])[^\s'"`(),;=<>|]{0,300}?\/work\/[^\s/'"]{1,100}\/([^\s/'"]{1,150})\/([^\s/'"]{1,200})(?=[/\s'"):,;]|$)/g;
const WORK_SHARED = /(?<![^\s'"`(),;=<>|])[^\s'"`(),;=<>|]{0,300}?\/work-shared\/([^\s/'"]{1,250})(?=[/\s'"):,;]|$)/g;
/** Files of the target, as QA and package managers name them: these paths are the message. */
const OF_TARGET = /^\/(?:usr|etc|lib\w{0,3}|bin|sbin|var|opt|boot|run|srv|home|root)(?:\/|$)/;
/** Of a host, the same on all of them. */
const OF_ANY_HOST = /^\/(?:usr|etc|lib\w{0,3}|bin|sbin|dev|proc|sys)(?:\/|$)/;
const NAMES_TARGET_FILES: ReadonlySet<CauseClass> = new Set(['qa', 'packaging', 'rootfs', 'sysroot']);
/** An absolute path, or one that begins with what the scrubber or report-error put for one. */
const PATH =
  /(?<![\w./}>-])(?:(?:TOPDIR|TMPDIR|HOME|\$\{[A-Z_]{1,40}\}|~|(?:\.\.\/){1,40}\.\.|\.\.)(?=\/))?\/(?:[^\s/'"`(),;:=<>|\]]{1,200}\/){0,60}[^\s/'"`(),;:=<>|\]]{0,200}/g;

/** What is left of a failure of which nobody said why: a recipe's task. */
const NOTHING_SAID: Step = {
  name: 'what only repeats that it failed',
  why: 'says nothing, and differs with the release of bitbake',
  apply: () => '',
};

const STEPS: readonly Step[] = [
  {
    name: 'recipe and task in front',
    why: 'the console names them before each message, the log of the task does not',
    apply: (text) => text.replace(OF_TASK, '$1'),
  },
  {
    name: 'quotes',
    why: 'a compiler writes them as the language of the machine has them',
    apply: (text) => text.replace(/[‘’‚‛`´]/g, "'").replace(/[“”„]/g, '"'),
  },
  {
    name: 'dates, times and durations',
    why: 'differ from run to run',
    apply: (text) =>
      text
        .replace(/\b\d{4}-\d\d-\d\d(?:[T _]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<T>')
        .replace(
          /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +\w{3} +\d{1,2} +\d\d:\d\d:\d\d(?: +\w{2,5})?(?: +\d{4})?/g,
          '<T>',
        )
        .replace(/\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b/g, '<T>')
        .replace(/\b20\d{6}(?:\d{6}|[T_-]\d{6})\b/g, '<T>')
        .replace(/\bafter \d{1,9}(?:\.\d{1,9})? ?(?:ms|s|sec|seconds?|minutes?)\b/g, 'after <T>')
        .replace(/\b\d{1,9}\.\d{1,9} ?(?:ms|s|sec|seconds)\b/g, '<T>'),
  },
  {
    name: 'the folder the recipe was built in',
    why: 'lies elsewhere on each machine, and has the version in its name',
    apply: (text, { pn }) =>
      text
        .replace(WORK_DIRECTORY, (_, name: string) => (name === pn ? '<W>' : `<W:${name}>`))
        .replace(WORK_SHARED, (_, pf: string) => {
          const name = pf.replace(/-\d[^/]{0,200}$/, '');
          return name === pn ? '<W>' : `<W:${name}>`;
        }),
  },
  {
    name: "the recipe's version",
    why: 'the next version fails alike; a failure that comes with a version is told by its builds',
    apply: (text, { versions }) =>
      versions.reduce(
        (out, version) =>
          out.replace(
            new RegExp(`(?<![0-9A-Za-z]|\\d\\.)${quoted(version)}(?:-r\\d+(?:\\.\\d+)?)?(?![0-9A-Za-z]|\\.\\d)`, 'g'),
            '<V>',
          ),
        text,
      ),
  },
  {
    name: 'process ids and temporary names',
    why: 'differ from run to run',
    apply: (text) =>
      text
        .replace(/\b((?:run|log)\.[A-Za-z_][\w-]{0,100})\.\d{1,10}\b/g, '$1')
        .replace(/\/tmp\/[^\s/'"`:,;)]{1,200}/g, '/tmp/<TMP>')
        .replace(/\bcc[A-Za-z0-9]{6}(?=\.(?:o|s|ltrans\d{0,4}\.o|res|le|ld|c)\b)/g, '<TMP>')
        .replace(/\btmp[a-z0-9_]{8}\b/g, '<TMP>')
        .replace(/(\b[Pp][Ii][Dd][ =:]{1,2})\d{1,10}\b/g, '$1<N>')
        .replace(/(?<=[A-Za-z0-9_-])\[\d{1,10}\](?=:|\s|$)/g, '[<N>]')
        .replace(/(: line )\d{1,7}(: +)\d{1,10}( (?:Killed|Terminated|Segmentation|Illegal|Aborted))/g, '$1<L>$2<N>$3')
        .replace(/^(\/?[^\s:]{1,200}run\.\w{1,100}: )(?:line )?\d{1,7}: /, '$1<L>: '),
  },
  {
    name: 'paths',
    why: 'lie elsewhere on each machine; the name of the file stays, and files of the image or the host system stay whole',
    apply: (text, { causeClass }) =>
      text.replace(PATH, (path: string, at: number, whole: string) => {
        if (path.length < 3 || whole.slice(Math.max(0, at - 3), at).endsWith(':/')) return path;
        const stays = NAMES_TARGET_FILES.has(causeClass) ? OF_TARGET : OF_ANY_HOST;
        if (stays.test(path) || path.startsWith('/tmp/<TMP>')) return path;
        const name = path.replace(/\/+$/, '').split('/').at(-1)!;
        return `<P>/${name}`;
      }),
  },
  {
    name: 'line numbers',
    why: 'move with every change above them',
    apply: (text) =>
      text
        .replace(
          /(?<=[A-Za-z_>][\w.+-]{0,20}):\d{1,8}(?:[:.]\d{1,8})?(?:-\d{1,8}(?:\.\d{1,8})?)?(?=[:\s)\],'"]|$)/g,
          ':<L>',
        )
        .replace(/\b(lines?|lineno:?|column|col) \d{1,8}\b/g, '$1 <L>')
        .replace(/\b(FAILED at) \d{1,8}/g, '$1 <L>')
        .replace(/(?<=[a-z]\()\d{1,7}(?:,\d{1,7})?(?=\):)/g, '<L>'),
  },
  {
    name: 'addresses and hashes',
    why: 'change with every revision and every build; a checksum says what was wrong, not that it was',
    apply: (text) =>
      text
        .replace(/\b0x[0-9a-fA-F]{1,32}\b/g, '<HEX>')
        .replace(/\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b/g, '<HASH>')
        .replace(/(?<![0-9A-Za-z])(?:[0-9a-f]{128}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9A-Za-z])/g, '<HASH>')
        .replace(/(?<![0-9A-Za-z])(?=[a-f]{0,64}[0-9])(?=[0-9]{0,64}[a-f])[0-9a-f]{7,64}(?![0-9A-Za-z])/g, '<HASH>')
        .replace(/(?<![0-9A-Za-z])(?=[A-F]{0,64}[0-9])(?=[0-9]{0,64}[A-F])[0-9A-F]{8,64}(?![0-9A-Za-z])/g, '<HASH>'),
  },
  {
    name: 'spaces',
    why: 'and whatever stands beyond 500 characters: a list of files that is that long is told by its beginning',
    apply: (text) => text.replace(/\s+/g, ' ').trim().slice(0, NORMAL_CHARS_MAX),
  },
];

/** What is taken out besides, to find the same cause in another recipe. */
const CROSS_STEPS: readonly Step[] = [
  {
    name: "the recipe's name",
    why: 'other recipes fail alike',
    apply: (text, { pn }) => {
      if (pn === null || pn.length < 2) return text;
      const bare = pn.replace(/^nativesdk-/, '').replace(/-(?:native|cross\w{0,20})$/, '');
      return [pn, bare].reduce(
        (out, name) => out.replace(new RegExp(`(?<![0-9A-Za-z])${quoted(name)}(?![0-9A-Za-z])`, 'g'), '<PN>'),
        text,
      );
    },
  },
  {
    name: 'addresses of sources',
    why: 'of an address the host is what recipes share',
    apply: (text) =>
      text.replace(/\b((?!file:)[a-z+]{2,12}:\/\/[^\s/'";)]{0,200})[^\s'",;)]{0,500}(?:;[^\s'")]{0,300})?/g, '$1/<P>'),
  },
  {
    name: 'files',
    why: 'each recipe has its own',
    apply: (text) =>
      text
        .replace(/^[^\s:]{1,400}:<L>: /, '<F>: ')
        .replace(/(?<![\w:/.>-])(?:<[WP](?::[^>]{1,150})?>)?(?:\/[^\s/'"`(),;:=<>|]{1,200}){1,60}/g, '<F>')
        .replace(/<W(?::[^>]{1,150})?>|<P>\/[^\s'"]{0,200}/g, '<F>')
        .replace(/<F>(?:[ ,]{1,2}<F>){1,100}/g, '<F>'),
  },
];

const INFRASTRUCTURE: ReadonlySet<CauseClass> = new Set([
  'no-space',
  'out-of-memory',
  'killed',
  'timeout',
  'disk-error',
  'lock',
  'hashserv',
]);
/** Of what cannot be fetched: what no second try brings. Everything else is the network or a server, today. */
const SOURCE_IS_WRONG =
  /[Cc]hecksum|Unable to find revision|Unable to find file file:|Remote branch|remote ref|ERROR 40[34]|error: 40[34]|repository .{0,300} not found|No checksum/;

/** Whether the machine or the network failed, and not what was built. */
export function isInfrastructure(causeClass: CauseClass, text: string): boolean {
  return INFRASTRUCTURE.has(causeClass) || (causeClass === 'fetch' && !SOURCE_IS_WRONG.test(text));
}

const CLASS_OF_TASK: readonly (readonly [RegExp, CauseClass])[] = [
  [/^do_(?:fetch|unpack)/, 'fetch'],
  [/^do_(?:patch|kernel_metadata)/, 'patch'],
  [/^do_(?:configure|kernel_configme|generate_toolchain_file)/, 'configure'],
  [/^do_compile/, 'compile'],
  [/^do_install/, 'install'],
  [/^do_package_qa|^do_qa/, 'qa'],
  [/^do_package/, 'packaging'],
  [/^do_(?:prepare_recipe_sysroot|populate_sysroot)/, 'sysroot'],
  [/^do_(?:rootfs|image|populate_sdk|bootimg)/, 'rootfs'],
  [/^do_(?:testimage|testsdk|check)/, 'test'],
];

/** The class of a failure whose log says nothing of its kind: what its task does. */
export function classOfTask(task: string | null): CauseClass {
  const bare = (task ?? '').replace(/_setscene$/, '');
  const found = CLASS_OF_TASK.find(([pattern]) => pattern.test(bare))?.[1] ?? 'other';
  // A fetch without a word of a fetcher is hardly the network's fault: it must not be told as that.
  return found === 'fetch' ? 'other' : found;
}

/** Texts of a version as they stand in names of files and folders: with its suffixes and without, `1:` never. */
function versionTexts({ pn, version }: FailureFacts, text: string): string[] {
  const found = new Set<string>();
  const add = (told: string): void => {
    const bare = told.replace(/^\d+[:_]/, '').replace(/-r\d+(?:\.\d+)?$/, '');
    for (const form of [bare, bare.split('+')[0]!, bare.split('~')[0]!]) {
      // `7` or `12` stands for anything; a version has a dot or is a date.
      if (form.length >= 3 && form.length <= 150 && /\d/.test(form) && /[.\d]{3}|\d[._-]\d/.test(form)) found.add(form);
    }
  };
  if (version !== null) add(version);
  if (pn !== null) {
    for (const [, name, at] of text.matchAll(WORK_DIRECTORY)) if (name === pn) add(at!);
    const front = /^(?:ERROR|FATAL): (?:mc:[^:\s]{1,100}:)?(\S{1,300}) do_\w{1,100}: /.exec(text)?.[1];
    if (front?.startsWith(`${pn}-`)) add(front.slice(pn.length + 1));
  }
  return [...found].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

function walk(steps: readonly Step[], text: string, context: StepContext): { text: string; taken: ExplainedStep[] } {
  const taken: ExplainedStep[] = [];
  let now = text;
  for (const { name, why, apply } of steps) {
    const after = apply(now, context);
    if (after !== now) taken.push({ name, why, before: now, after });
    now = after;
  }
  return { text: now, taken };
}

/** The fingerprint and how it came about. `cause`: null where neither a log nor bitbake said anything. */
export function explainFingerprint(facts: FailureFacts, cause: Cause | null, digest: Digest): ExplainedFingerprint {
  const given = (cause?.text ?? '').slice(0, TEXT_CHARS_MAX);
  const causeClass =
    cause === null || cause.vague || cause.causeClass === 'other' ? classOfTask(facts.task) : cause.causeClass;
  const context: StepContext = { pn: facts.pn, versions: versionTexts(facts, given), causeClass };
  const vague = cause === null || cause.vague;
  const saysNothing = vague && cause?.causeClass === 'other';
  const { text, taken } = walk(saysNothing ? [NOTHING_SAID] : STEPS, given, context);
  const task = (facts.task ?? '').replace(/_setscene$/, '');
  const exactOf = [facts.pn ?? '', task, causeClass, text];
  // What only says that something failed is not alike in two recipes.
  const cross = vague ? { text, taken: [] } : walk(CROSS_STEPS, text, context);
  const crossOf = vague ? exactOf : [causeClass, cross.text];
  const hashOf = (kind: string, parts: readonly string[]): string =>
    digest(JSON.stringify([kind, ...parts])).slice(0, 16);
  return {
    fingerprint: {
      rules: RULES_VERSION,
      hash: hashOf('exact', exactOf),
      crossHash: hashOf('cross', crossOf),
      causeClass,
      infrastructure: isInfrastructure(causeClass, given),
      text,
    },
    steps: taken,
    crossSteps: cross.taken,
    exactOf,
    crossOf,
  };
}

export function fingerprintOf(facts: FailureFacts, cause: Cause | null, digest: Digest): Fingerprint {
  return explainFingerprint(facts, cause, digest).fingerprint;
}

/** What is kept of a failure that was looked at. */
export interface KeptFailure extends FailureFacts {
  readonly cause: string | null;
  readonly fingerprint: { readonly hash: string; readonly crossHash: string; readonly class: string };
}

/**
 * How the fingerprint of a stored failure came about. Kept is what it came to and not the way there, so the way is gone again; null where it leads
 * elsewhere by now, because it was made by rules of another version.
 */
export function explainKept(
  { cause, fingerprint, ...facts }: KeptFailure,
  digest: Digest,
): ExplainedFingerprint | null {
  const causeClass = CAUSE_CLASSES.find((one) => one === fingerprint.class);
  if (causeClass === undefined) return null;
  const text = cause ?? '';
  const ways: readonly (Cause | null)[] = [
    { line: 0, text, causeClass, vague: false },
    { line: 0, text, causeClass, vague: true },
    { line: 0, text, causeClass: 'other', vague: true },
    { line: 0, text, causeClass: 'other', vague: false },
    null,
  ];
  for (const way of ways) {
    const told = explainFingerprint(facts, way, digest);
    const { hash, crossHash } = told.fingerprint;
    if (hash === fingerprint.hash && crossHash === fingerprint.crossHash) return told;
  }
  return null;
}
