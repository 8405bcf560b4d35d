/**
 * Which line of a failed task's log says why. The last line of a log hardly ever does: bitbake, make and wrappers repeat that something failed, and
 * with parallel make the first error can stand thousands of lines above the end.
 *
 * Each line is given a class by the first rule that fits; the line of the lowest priority wins. Among equals the earliest wins, for what follows
 * follows from it. Some rules fit harmless lines as well (a missing file that a script asked for and did not need): of those the last one before
 * make or the fetcher gave up wins. Classes and order come from comparing what build systems print; those from 5 on only repeat that there is a cause.
 *
 * A rule that is changed, added or moved changes which line is found: RULES_VERSION in fingerprint.ts must then be one more.
 */

export const CAUSE_CLASSES = [
  'no-space',
  'out-of-memory',
  'killed',
  'timeout',
  'disk-error',
  'lock',
  'hashserv',
  'fetch',
  'patch',
  'configure',
  'compile',
  'link',
  'crash',
  'rust',
  'go',
  'node',
  'perl',
  'python',
  'install',
  'sysroot',
  'qa',
  'packaging',
  'rootfs',
  'pseudo',
  'test',
  'parse',
  'provider',
  'sanity',
  'not-found',
  'other',
] as const;
export type CauseClass = (typeof CAUSE_CLASSES)[number];

export interface Cause {
  /** 0-based line of the text given. */
  readonly line: number;
  /** The line without prefixes and colours, and what belongs to it from the lines after it; at most CAUSE_CHARS_MAX characters. */
  readonly text: string;
  readonly causeClass: CauseClass;
  /** Only says that something failed, not why: better than nothing. */
  readonly vague: boolean;
}

export const CAUSE_CHARS_MAX = 1000;
/** Longer lines are cut before any pattern sees them, which bounds every pattern below: a line of 100 kB cost seconds, cut it costs microseconds. */
const LINE_CHARS_MAX = 1000;
/** Priorities from here on only repeat that something failed. */
const VAGUE_FROM = 5;

/** What of the lines after it belongs to a line that says why. */
type More = 'next-line' | 'qa-class' | 'url' | 'hunk' | 'sanity';

interface Rule {
  readonly priority: number;
  readonly causeClass: CauseClass;
  readonly pattern: RegExp;
  /** Fits harmless lines as well: the last before the end of what failed wins, and any rule without this beats it at the same priority. */
  readonly doubtful?: boolean;
  /** The line after it must fit this. */
  readonly next?: RegExp;
  readonly more?: More;
}

const rule = (
  priority: number,
  causeClass: CauseClass,
  pattern: RegExp,
  rest: Pick<Rule, 'doubtful' | 'next' | 'more'> = {},
): Rule => ({ priority, causeClass, pattern, ...rest });

const RULES: readonly Rule[] = [
  // 0: the machine, before any error that followed from it.
  rule(0, 'no-space', /No space left on device|Disk quota exceeded|since the disk space monitor action is/),
  rule(
    0,
    'out-of-memory',
    /virtual memory exhausted|fatal error: Killed|internal compiler error: Killed|terminated with signal 9|signal Killed \(9\)|Killed signal terminated program|Cannot allocate memory|Out of memory: Kill|memory allocation of \d+ bytes failed|^(?:Exception: )?MemoryError\b|std::bad_alloc|out of memory allocating|signal: 9, SIGKILL|JavaScript heap out of memory/,
  ),
  rule(
    0,
    'killed',
    /^(?:make(?:\[\d+\])?: \*\*\* \[[^\]]{1,400}\] )?(?:Killed|Terminated)$|: line \d{1,7}: +\d{1,8} (?:Killed|Terminated)\b|exit code '?(?:137|143|-9|-15)\b|ExecutionError\([^,(]{1,600}, (?:137|143|-9|-15),/,
  ),
  rule(0, 'timeout', /exit code '?124\b/),
  // 1: what names a cause in so many words.
  rule(1, 'timeout', /\btimed out after \d|TimeoutExpired\b|timeout: sending signal/),
  rule(1, 'disk-error', /: (?:Input\/output error|Read-only file system|Stale (?:NFS )?file handle)\b/),
  rule(1, 'lock', /(?:[Uu]nable to acquire|[Cc]ould not (?:get|acquire|lock)|Failed to lock)\b.{0,80}\block/),
  rule(1, 'hashserv', /^ERROR: .{0,300}(?:[Hh]ash [Ee]quivalence|hashserv)/),
  rule(1, 'pseudo', /path mismatch \[\d+ links?\]|abort\(\)ing pseudo client|pseudo: .{0,200}\bfatal\b/),
  rule(
    1,
    'parse',
    /\b(?:ParseError|ExpansionError) (?:at|in|during)\b|^ERROR: (?:Unable to parse|Error evaluating|Failure expanding)/,
  ),
  rule(1, 'sanity', /config sanity checker detected a potential misconfiguration/, { more: 'sanity' }),
  rule(1, 'sanity', /^(?:ERROR: )?Layer '?[\w-]{1,100}'? (?:depends on layer|is not compatible with)/),
  rule(
    1,
    'provider',
    /^(?:ERROR: )?(?:Nothing R?PROVIDES '|Required build target '|Multiple \.bb files are due to be built)/,
  ),
  rule(
    1,
    'sysroot',
    /is trying to install files into a shared area when those files already exist|^ERROR: .{0,300}The file .{1,300} is installed by both /,
  ),
  rule(
    1,
    'fetch',
    /^ERROR: .{0,300}(?:Checksum mismatch!|Checksum failure|Unable to find revision|Unable to find file file:\/\/|No checksum specified|Unable to resolve ')/,
  ),
  rule(1, 'fetch', /^fatal: (?:Remote branch|repository|Couldn't find remote ref|couldn't find remote ref)/),
  rule(
    1,
    'fetch',
    /unable to resolve host address|Could not resolve host|\.\.\. failed: (?:Connection|Temporary|Name|No route|Network)|^ERROR \d{3}: |^fatal: (?:unable to access|[Cc]ould not read from remote|unable to connect)|^ssh: connect to host|^curl: \(\d{1,2}\) |certificate problem|cannot verify .{1,200}'s certificate|Unable to establish SSL connection|Permission denied \(publickey/,
    {
      doubtful: true,
      more: 'url',
    },
  ),
  rule(1, 'patch', /^ERROR: .{0,300}Applying patch '|^(?:Exception: )?.{0,40}CmdError: .{0,40}Applying '/, {
    more: 'hunk',
  }),
  rule(
    1,
    'patch',
    /^(?:stdout: )?(?:\d+ out of \d+ hunks? (?:FAILED|ignored)|Hunk #\d+ FAILED|error: patch failed|can't find file to patch)/,
  ),
  rule(1, 'patch', /^(?:error: |Patch ).{1,300}(?:does not apply|patch failed)/),
  rule(1, 'configure', /^CMake Error(?: at|:| {2}at)/, { more: 'next-line' }),
  rule(
    1,
    'configure',
    /meson\.build:\d+:\d+: ERROR: |^\S{0,300}(?:configure\.(?:ac|in)|Makefile\.am|aclocal\.m4|\.m4):\d+: (?:fatal )?error: |^(?:autom4te|automake|aclocal|autoreconf|autoheader|libtoolize): error: /,
  ),
  rule(1, 'configure', /^configure: error: (?!in [`'])/, { more: 'next-line' }),
  rule(1, 'rust', /^error\[E\d+\]: /),
  rule(1, 'rust', /^error: (?!could not compile|aborting due to)/, { next: /^\s*--> / }),
  rule(
    1,
    'rust',
    /^error: (?:no matching package|failed to (?:select a version|get `|parse (?:manifest|lock)|load (?:manifest|source)|resolve|download|run custom build|fetch)|the lock file|package `|toolchain `|cannot (?:update|create) the lock file)/,
    { more: 'next-line' },
  ),
  rule(1, 'go', /^\S{1,300}\.go:\d+:\d+: |^go: (?!downloading|finding|extracting|warning|added|upgraded|creating)/),
  rule(
    1,
    'compile',
    /^(?!conftest\.)[^\s:]{1,400}:\d+(?:[:.]\d+(?:-\d+(?:\.\d+)?)?)?: (?:fatal )?[eE]rror: |internal compiler error/,
  ),
  rule(
    1,
    'compile',
    /^\S{0,200}(?:gcc|g\+\+|cc|c\+\+|clang|cc1|cc1plus|cc1obj|as|cpp|gfortran)(?:-[\d.]{1,8})?: (?:fatal )?error: (?!linker|ld )/,
  ),
  rule(
    1,
    'compile',
    /^(?:Error: \S{1,300}:\d+\.\d+(?:-\d+(?:\.\d+)?)? |FATAL ERROR: (?:Unable to parse input tree|Couldn't open ))/,
  ),
  rule(
    1,
    'compile',
    /^(?:make(?:\[\d+\])?|gmake|ninja): (?:\*\*\* No rule to make target|error: )|^\S{1,300}:\d+: \*\*\* .{1,300}Stop\.$/,
  ),
  rule(
    1,
    'link',
    /undefined reference to|multiple definition of|cannot find -l|cannot find \S{1,200}\.o\b|relocation .{1,120} (?:against|out of range)|^(?!.{0,100}Error: ).{0,200}undefined symbol: |\bld(?:\.\w{1,10})?: (?:error|fatal)|DSO missing from command line|file in wrong format|^ERROR: modpost: |final link failed/,
  ),
  rule(1, 'node', /^npm (?:ERR!|error) (?!A complete log)|^error An unexpected error occurred/),
  rule(1, 'perl', /Can't locate \S{1,200} in @INC/),
  rule(1, 'test', /^(?:FAIL|ERROR): test\w{0,100} \(/),
  rule(
    1,
    'rootfs',
    /^Error: (?:Unable to find a match|Transaction)|nothing provides .{1,200} needed by|Couldn't find anything to satisfy|Cannot satisfy the following dependencies|Unable to locate package|conflicts (?:between|with file from)|^ERROR: .{0,300}(?:[Pp]ostinstall|[Pp]ostinst) (?:scriptlets|intercept)|exceeds IMAGE_ROOTFS_MAXSIZE|Could not allocate block in ext\d|is not going to be installed/,
  ),
  rule(1, 'rootfs', /^Error: ?$/, { next: /^ ?Problem(?: \d+)?: /, more: 'next-line' }),
  rule(1, 'packaging', /^(?:dpkg-deb: error: |RPM build errors:|error: File not found: |opkg-build: .{0,200}[Ee]rror)/),
  rule(
    1,
    'crash',
    /^make(?:\[\d+\])?: \*\*\* .{1,400}(?:Segmentation fault|Illegal instruction|Bus error|Aborted)|^qemu: uncaught target signal|\*\*\* stack smashing detected|double free or corruption/,
  ),
  // 2: what mostly is one.
  rule(
    2,
    'fetch',
    /^ERROR: (?:.{0,300}: )?(?:Fetcher failure|Bitbake Fetcher Error|Fetcher Error)|^(?!WARNING|NOTE|DEBUG).{0,300}Unable to fetch URL/,
  ),
  rule(2, 'qa', /^ERROR: (?!.{0,300}Fatal QA).{0,300}QA Issue: /, { more: 'qa-class' }),
  rule(
    2,
    'python',
    /^error: (?:could not|command ')|^(?:Exception: )?[A-Za-z_][\w.]{0,200}(?:Error|Exception): (?!Execution of ')/,
  ),
  rule(2, 'rust', /^error: (?:could not compile |linking with `)/, { more: 'next-line' }),
  rule(2, 'not-found', /run\.\w{1,100}\.\d{1,10}: (?:line )?\d{1,7}: .{1,200}(?:command )?not found$/),
  rule(2, 'other', /^(?:ERROR|FATAL): /),
  // 3: what often is harmless.
  rule(3, 'not-found', /(?:command not found|: not found|No such file or directory)$/, { doubtful: true }),
  rule(3, 'crash', /\b(?:Segmentation fault|Illegal instruction)\b(?: \(core dumped\))?/, { doubtful: true }),
  rule(3, 'configure', /^No package '[^']{1,200}' found|^Package '?[^\s',]{1,200}'?, required by /, { doubtful: true }),
  // 4: words that people use when they give up.
  rule(
    4,
    'other',
    /^(?!make(?:\[\d+\])?: |ninja: |gmake|collect2: |ERROR: |error: |.{0,200}(?: -[A-Za-z-]|recipe for target ')).{0,200}?\b(?:fatal|[Ff]ailed|FAILED|[Ee]rror|FATAL|cannot|[Cc]an't|Cannot|[Uu]nable to|[Dd]enied|[Aa]borted|[Ii]nvalid)\b/,
    { doubtful: true },
  ),
  // 5: what only repeats it.
  rule(5, 'link', /^collect2: error: /),
  rule(5, 'compile', /: recipe for target '.{1,200}' failed$/),
  rule(5, 'compile', /^(?:make(?:\[\d+\])?|gmake|ninja): (?:\*\*\*|build stopped)/),
  rule(6, 'other', /^(?:ERROR|FATAL|error)[: ]/),
];

/** Lines that wrap the failure of something else; they win over nothing but silence. */
const WRAPPER =
  /oe_run(?:make|conf) failed|ExecutionError\(|Task .{0,300}failed with exit code|Logfile of failure|Function failed: |Execution of '.{1,600}' failed with exit code|exit code \d{1,3} from a shell command|Fatal QA errors|Fatal errors occurred in subprocesses|Error executing a python function in|^(?:Exception: )?bb\.BBHandledException|^ERROR: (?:Command execution failed|No new tasks)/;
const WRAPPER_PRIORITY = 9;
/** What looks like an error and is not one. */
const HARMLESS =
  /^(?:NOTE|DEBUG|WARNING|note|help): |^checking |^\+{1,4} |^-- |: (?:warning|note): (?!.{0,400}error:)|\b(?:0 errors|no errors?|errors?: 0|error_at_line|ignored)\b|^\[\d+\/\d+\] |^\d+ hunks? /;
/** From here on a log repeats what config.log says of every test that a configure script made and that was to fail. */
const DUMP_OF_CONFIG_LOGS = /^(?:NOTE: )?(?:Configure failed\. )?The contents of all config\.log files follows/;
/** The end of what failed; what stands after it are the tasks that make still ran beside it. */
const GAVE_UP = /^(?:make(?:\[\d+\])?: \*\*\* |WARNING: .{0,300}Failed to fetch URL)/;
/** ninja names what failed, and only then shows what it printed. */
const NINJA_FAILED = /^FAILED: /;

/**
 * A line that has none of these says nothing that any rule above would find. They are looked for all at once (`Scanner`): trying every rule on
 * every line took nine seconds of 50 MB, one pattern of these words four, this a third of one. Words of compilers' command lines (`-Werror`,
 * `signal.o`, `memory.c`) are told apart from words of errors here, for most lines of a log are such.
 */
const WORDS: readonly string[] = [
  'error:|error |yntax error|Bus error|error[|Error|ERROR|ERR!|failure|failed|Fail|FAIL|atal|FATAL|xception|***',
  "annot|an't|nable to|could not|Could|not found|No such|No package|denied|borted|nvalid|Invalid",
  'space left|uota exceeded|space monitor|exhausted|bad_alloc|ut of memory|memory allocation|allocate memory',
  'Killed|SIGKILL|Terminated|signal 9|target signal|terminated program|exit code|timed out|timeout:|TimeoutExpired',
  'Input/output|Read-only file|Stale |acquire|path mismatch|abort()|pseudo:|quivalence|hashserv',
  'PROVIDES|Required build|Multiple .bb|misconfiguration|Layer |shared area|installed by both',
  'hecksum|resolve host|ssh: |curl: (|certificate|SSL|Permission|remote|unk #|hunk|does not apply',
  'go: |.go:|npm |@INC|undefined|multiple def|relocation |wrong format|DSO missing|needed by|required by',
  'satisf|conflicts|ostinst|exceeds IMAGE|is not going|Problem|opkg-build|smashing|double free|Segmentation',
  'Illegal inst|QA Issue|config.log|recipe for target|build stopped',
].flatMap((words) => words.split('|'));

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const ANSI = /\u001b\[[0-9;]{0,32}[A-Za-z]/g;
/** What pastes, Jenkins and bitbake put before a line: `| `, `> `, `$<50>`, `12:34:56 `, `[2024-…Z] `. */
const PREFIX =
  /^(?:\$<\d{1,3}>|\[?\d{4}-\d\d-\d\d[T ][\d:.]{5,20}Z?\]?\s{1,3}|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\]?\s{1,3}|[|>](?: |$))/;
/** `ERROR: mc:x:recipe-1.0-r0 do_compile: `, as the console and the event log say what the log of the task says without it. */
const OF_TASK = /^((?:ERROR|WARNING|FATAL): )(?:\S{1,300} do_\w{1,100}: )/;

/** A line as the tool wrote it. */
export function bareLine(line: string): string {
  let text = line.slice(0, LINE_CHARS_MAX);
  if (text.includes('\u001b')) text = text.replace(ANSI, '');
  if (text.endsWith('\r')) text = text.slice(0, -1);
  // Prefixes nest (a paste of a Jenkins log of bitbake's excerpt), but not without end.
  for (let i = 0; i < 4; i++) {
    const prefix = PREFIX.exec(text);
    if (prefix === null) break;
    text = text.slice(prefix[0].length);
  }
  return text;
}

interface Found extends Pick<Rule, 'priority' | 'causeClass' | 'doubtful' | 'more'> {}
const WRAPPED: Found = { priority: WRAPPER_PRIORITY, causeClass: 'other' };

/** The class of one bare line; null: it says nothing of a failure. */
function classify(text: string, next: () => string): Found | null {
  if (text === '') return null;
  const wrapper = WRAPPER.test(text);
  // Exit codes 137 and 124 stand in a wrapper's words and are causes all the same.
  for (const candidate of RULES) {
    if (wrapper && candidate.priority !== 0) continue;
    if (!candidate.pattern.test(text)) continue;
    if (candidate.next !== undefined && !candidate.next.test(next())) continue;
    return !wrapper && HARMLESS.test(text) ? null : candidate;
  }
  return wrapper ? WRAPPED : null;
}

/** Aho and Corasick's automaton over ASCII: one table, one step a character, whatever the text. */
class Scanner {
  /** State and character to state; a state that ends a word is HIT. */
  readonly #next: Uint16Array;

  constructor(words: readonly string[]) {
    const tree: Map<number, number>[] = [new Map()];
    const ends = new Set<number>();
    for (const word of words) {
      let state = 0;
      for (const char of word) {
        const code = char.charCodeAt(0);
        let next = tree[state]!.get(code);
        if (next === undefined) {
          next = tree.push(new Map()) - 1;
          tree[state]!.set(code, next);
        }
        state = next;
      }
      ends.add(state);
    }
    this.#next = new Uint16Array(tree.length * 128);
    const fallback = new Uint16Array(tree.length);
    const queue = [0];
    for (const state of queue) {
      for (let code = 0; code < 128; code++) {
        const child = tree[state]!.get(code);
        const other = state === 0 ? 0 : this.#next[fallback[state]! * 128 + code]!;
        if (child === undefined) this.#next[state * 128 + code] = other;
        else {
          fallback[child] = other;
          this.#next[state * 128 + code] = ends.has(child) ? HIT : child;
          queue.push(child);
        }
      }
    }
  }

  /** Whether any of the words stands in the text between the two. */
  finds(text: string, from: number, to: number): boolean {
    let state = 0;
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at);
      state = code < 128 ? this.#next[state * 128 + code]! : 0;
      if (state === HIT) return true;
    }
    return false;
  }
}

const HIT = 0xffff;
const SCANNER = new Scanner(WORDS);

/** The lines of a text one after another, each cut and bare. */
class Lines {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  at(from: number): string {
    const end = this.end(from);
    return bareLine(this.#text.slice(from, Math.min(end, from + LINE_CHARS_MAX)));
  }

  end(from: number): number {
    const newline = this.#text.indexOf('\n', from);
    return newline < 0 ? this.#text.length : newline;
  }

  /** Bare lines after the one that begins at `from`. */
  *after(from: number, count: number): Generator<string> {
    let at = this.end(from) + 1;
    for (let i = 0; i < count && at <= this.#text.length; i++) {
      yield this.at(at);
      at = this.end(at) + 1;
    }
  }
}

/** The line that says why, or null when no line says anything of a failure. Linear in the text: 50 MB in about a second (bench/results.md). */
export function findCause(text: string): Cause | null {
  const lines = new Lines(text);
  let best: { found: Found; line: number; from: number } | null = null;
  /** What is doubtful is looked for until make or the fetcher gives up, and anew where ninja names what failed. */
  let doubt: 'last' | 'first' | 'over' = 'last';
  let line = 0;
  for (let from = 0; from <= text.length; line++) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    if (end > from) {
      const cut = Math.min(end, from + LINE_CHARS_MAX);
      if (SCANNER.finds(text, from, cut)) {
        const bare = bareLine(text.slice(from, cut)).replace(OF_TASK, '$1');
        if (DUMP_OF_CONFIG_LOGS.test(bare)) break;
        if (NINJA_FAILED.test(bare)) {
          if (best?.found.doubtful && doubt === 'last') best = null;
          if (doubt !== 'over') doubt = 'first';
        } else {
          const start = from;
          const found = classify(bare, () => lines.after(start, 1).next().value ?? '');
          if (found !== null && better(found, best?.found ?? null, doubt)) best = { found, line, from };
          if (best?.found.priority === 0) break;
          if (GAVE_UP.test(bare)) doubt = 'over';
        }
      }
    }
    from = end + 1;
  }
  if (best === null) return null;
  const { found } = best;
  return {
    line: best.line,
    text: said(lines, best.from, found.more).slice(0, CAUSE_CHARS_MAX),
    causeClass: found.causeClass,
    vague: found.priority >= VAGUE_FROM,
  };
}

function better(found: Found, best: Found | null, doubt: 'last' | 'first' | 'over'): boolean {
  if (best === null) return true;
  if (found.priority !== best.priority) return found.priority < best.priority;
  if (best.doubtful !== true) return false;
  return found.doubtful !== true || doubt === 'last';
}

const QA_LINES_MAX = 60;
const QA_CLASS = /\[([a-z0-9][a-z0-9+-]{2,40})\]\s*$/;

/** The line, and what of those after it belongs to it. */
function said(lines: Lines, from: number, more: More | undefined): string {
  const first = lines.at(from).replace(OF_TASK, '$1').trim();
  const put = (...rest: (string | undefined)[]): string =>
    [first, ...rest.filter((part) => part !== undefined && part !== '')].join(' ');
  switch (more) {
    case undefined:
      return first;
    case 'next-line':
      // CMake, dnf and pkg-config's macro put the message on a line after it.
      if (/^configure: error: /.test(first) && !/:$/.test(first)) return first;
      return put([...lines.after(from, 5)].map((line) => line.trim()).find((line) => line !== ''));
    case 'url': {
      // wget says 404 and not of what; bitbake says of what on the line after it gave up.
      if (first.includes('://')) return first;
      for (const line of lines.after(from, 30)) {
        const url = /Failed to fetch URL '?([^\s;,']{1,500})/.exec(line)?.[1];
        if (url !== undefined) return put(`(${url})`);
      }
      return first;
    }
    case 'hunk': {
      const reason =
        /(?:Hunk #\d+ FAILED at \d+\.?|can't find file to patch at input line \d+|\S{1,200}: already exists.{0,40}|does not apply.{0,20})/;
      for (const line of lines.after(from, 40)) {
        const found = reason.exec(line)?.[0];
        if (found !== undefined) return put(`(${found})`);
      }
      return first;
    }
    case 'sanity': {
      const told = [...lines.after(from, 12)]
        .map((line) => line.trim())
        .find((line) => line !== '' && !/^(?:Please fix the cause|Following is the list)/.test(line));
      return put(told);
    }
    case 'qa-class': {
      if (QA_CLASS.test(first)) return first;
      // The files are told one a line, indented; then a sentence of advice; and the class at the very end.
      const files: string[] = [];
      for (const line of lines.after(from, QA_LINES_MAX)) {
        const found = QA_CLASS.exec(line)?.[0];
        if (found !== undefined) return put(...files.slice(0, 10), found);
        if (/^\s+\S/.test(line)) files.push(line.trim());
        else if (/^(?:ERROR|WARNING|NOTE|DEBUG): /.test(line)) break;
      }
      return put(...files.slice(0, 10));
    }
  }
}

/** Lines around a cause that are kept with it: what a person looks at first. */
const EXCERPT_LINES = 3;
const EXCERPT_LINE_CHARS_MAX = 400;

/** The line with three before and after it, without prefixes and colours. */
export function excerptAround(text: string, line: number): string {
  let from = 0;
  const first = Math.max(0, line - EXCERPT_LINES);
  for (let i = 0; i < first; i++) {
    const newline = text.indexOf('\n', from);
    if (newline < 0) return '';
    from = newline + 1;
  }
  const lines = new Lines(text);
  const kept = [lines.at(from), ...lines.after(from, line - first + EXCERPT_LINES)];
  return kept
    .map((kept) => kept.slice(0, EXCERPT_LINE_CHARS_MAX))
    .join('\n')
    .trimEnd();
}
