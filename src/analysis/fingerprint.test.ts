import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CAUSE_CLASSES, type CauseClass, excerptAround, findCause } from './cause-line.ts';
import { explainFingerprint, explainKept, type FailureFacts, fingerprintOf, RULES_VERSION } from './fingerprint.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

const HERE = import.meta.dirname;
const FIXTURES = resolve(HERE, '../../fixtures/failure-logs');
const SHARED = resolve(HERE, '../../../shared/data');

/** [log, line that a person would choose (1-based; null: none says anything), class, infrastructure, what it says] */
type Row = readonly [string, number | null, CauseClass, boolean, RegExp];

const OURS: readonly Row[] = [
  [
    'autoconf-do_configure',
    13,
    'configure',
    false,
    /^configure: error: Package requirements .* No package 'glib-2\.0' found$/,
  ],
  ['bare-do_compile', 6, 'python', false, /^ValueError: unsupported board revision 3$/],
  ['bbfatal-do_compile', 2, 'compile', false, /^ERROR: KERNEL_IMAGETYPE fitImage needs UBOOT_ENTRYPOINT to be set$/],
  ['cc-do_compile', 8, 'compile', false, /^main\.c:2:25: error: ‘undeclared_thing’ undeclared/],
  ['cherr-do_compile', 8, 'compile', false, /^fatal: a went wrong: cannot open tool\.conf$/],
  [
    'cmake-do_configure',
    15,
    'configure',
    false,
    /^CMake Error at CMakeLists\.txt:3 .* By not providing "FindNoSuchThing\.cmake"/,
  ],
  ['cmakepc-do_configure', 16, 'configure', false, /OpenSSL 3 is needed, found 1\.1\.1$/],
  ['cxx-do_compile', 3, 'compile', false, /^main\.cpp:4:55: error: invalid cast to abstract class type ‘A’$/],
  ['exit1-do_compile', 3, 'compile', false, /^WARNING: exit code 1 from a shell command\.$/],
  [
    'fetch404-do_fetch',
    18,
    'fetch',
    false,
    /^ERROR 404: File not found\. \(http:\/\/127\.0\.0\.1:8123\/nothere-1\.2\.3\.c\)$/,
  ],
  [
    'fetchdns-do_fetch',
    17,
    'fetch',
    true,
    /unable to resolve host address ‘no-such-host\.invalid’ \(https:\/\/no-such-host/,
  ],
  ['fetchgit-do_fetch', 15, 'fetch', true, /^fatal: unable to access 'https:\/\/127\.0\.0\.1:9\/nothing\.git\/'/],
  ['fetchhttp-do_fetch', 16, 'fetch', true, /^Connecting to 127\.0\.0\.1:9\.\.\. failed: Connection refused\. \(http:/],
  [
    'fetchnonet-do_fetch',
    13,
    'fetch',
    true,
    /^ERROR: Bitbake Fetcher Error: NetworkAccess\('https:\/\/downloads\.example\.org/,
  ],
  ['fetchrev-do_fetch', 24, 'fetch', false, /Unable to find revision 0123456789/],
  ['fetchsum-do_fetch', 28, 'fetch', false, /^ERROR: Fetcher failure for URL: .* Checksum mismatch!$/],
  ['hdr-do_compile', 2, 'compile', false, /fatal error: openssl\/missing-thing\.h: No such file or directory$/],
  ['install-do_install', 8, 'not-found', false, /^install: cannot stat '.*\/never-built': No such file or directory$/],
  ['interleaved-do_install', 8, 'not-found', false, /^cannot stat '.*\/never-built': No such file or directory$/],
  ['kill-do_compile', 5, 'killed', true, /^make: \*\*\* \[Makefile:3: all\] Killed$/],
  ['killself-do_compile', null, 'compile', false, /^$/],
  ['ld-do_compile', 3, 'link', false, /undefined reference to `missing_symbol'$/],
  ['lib-do_compile', 2, 'link', false, /cannot find -lnosuchlibrary/],
  ['ninja-do_compile', 15, 'compile', false, /c\.c:1:29: error: ‘c’ undeclared/],
  ['notfound-do_compile', 3, 'not-found', false, /: 133: nosuchprogram: not found$/],
  ['oom-do_compile', 2, 'out-of-memory', true, /^virtual memory exhausted: Cannot allocate memory$/],
  ['patch-do_patch', 46, 'patch', false, /^ERROR: Applying patch '.*\/bad\.patch' .* \(Hunk #1 FAILED at 1\.\)$/],
  ['patchfile-do_patch', 46, 'patch', false, /nofile\.patch' .* \(can't find file to patch at input line 3\)$/],
  ['pkgqa-do_package_write_deb', 18, 'not-found', false, /dpkg-deb: not found$/],
  [
    'pkgqa-do_populate_lic',
    6,
    'qa',
    false,
    /^ERROR: QA Issue: fp-pkgqa: The LIC_FILES_CHKSUM does not match .* \[license-checksum\]$/,
  ],
  ['pybb-do_compile', 2, 'compile', false, /^ERROR: COMPATIBLE_THING is not set for this machine$/],
  ['pyexc-do_compile', 17, 'python', false, /^Exception: FileNotFoundError: .*'\/nonexistent\/file\.txt'$/],
  ['pysetup-do_compile', 5, 'python', false, /^ModuleNotFoundError: No module named 'nosuchmodule'$/],
  ['pysub-do_compile', 25, 'python', false, /^Exception: subprocess\.CalledProcessError: Command/],
  ['rule-do_compile', 3, 'compile', false, /^make: \*\*\* No rule to make target 'missing\.o'/],
  ['rust-crate-do_compile', 1, 'rust', false, /^error: no matching package named `nosuchcrate` found/],
  ['rust-errors-do_compile', 2, 'rust', false, /^error\[E0432\]: unresolved import `std::collections::NoSuchMap`$/],
  ['rust-link-do_compile', 6, 'link', false, /rust-lld: error: undefined symbol: missing_c$/],
  ['sed-do_compile', 2, 'not-found', false, /^sed: can't read .*not-there\.conf: No such file or directory$/],
  ['segv-do_compile', 4, 'crash', false, /^make: \*\*\* \[Makefile:2: all\] Segmentation fault$/],
  ['space-do_compile', 3, 'no-space', true, /write error: No space left on device$/],
  ['spacepy-do_compile', 16, 'no-space', true, /OSError: \[Errno 28\] No space left on device$/],
  ['test-do_compile', 3, 'compile', false, /^WARNING: exit code 1 from a shell command\.$/],
  ['timeout-do_compile', 2, 'timeout', true, /^WARNING: exit code 124 from a shell command\.$/],
  ['werror-do_compile', 3, 'compile', false, /unused variable ‘unused’ \[-Werror=unused-variable\]$/],
];

/** Public fragments (read where they lie), with the task they are of. */
const FRAGMENTS: readonly (readonly [...Row, string])[] = [
  ['01-wrlinux-prefix-go-goroot.log', 5, 'go', false, /^go: cannot find GOROOT directory/, 'do_compile'],
  ['03-go-bootstrap-network.log', 7, 'go', false, /unrecognized import path "golang\.org\/x\/net"/, 'do_compile'],
  ['05-rust-cargo-not-found.log', 6, 'not-found', false, /cargo: command not found$/, 'do_compile'],
  [
    '07-python-setuptools-jenkins-timestamp-prefix.log',
    4,
    'python',
    false,
    /^ModuleNotFoundError: No module named 'setuptools'$/,
    'do_compile',
  ],
  ['09-ld-undefined-reference-ninja.log', 21, 'link', false, /undefined reference to `main'$/, 'do_compile'],
  ['11-oom-ld-signal-9-nodejs.log', 1, 'out-of-memory', true, /ld terminated with signal 9 \[Killed\]$/, 'do_compile'],
  // Ends before CMake says why.
  ['13-cmake-clang-native-not-built.log', 11, 'configure', false, /failed with exit code 1:$/, 'do_configure'],
  ['15-fetch-checksum-devmem2.log', 8, 'fetch', false, /^ERROR: Checksum failure fetching http/, 'do_fetch'],
  ['17-multiconfig-fetch.log', 2, 'fetch', true, /^ERROR: Fetcher failure: Fetch command/, 'do_fetch'],
  [
    '19-qa-installed-vs-shipped.log',
    2,
    'qa',
    false,
    /^ERROR: QA Issue: sushi: .* \[installed-vs-shipped\]$/,
    'do_package',
  ],
  ['21-buildspec-exit-137.log', 1, 'killed', true, /ExecutionError\(.*, 137, None, None\)$/, 'do_package_write_rpm'],
  // Begins after the compiler said why.
  [
    '23-meta-riscv-gdb-summary-sstate-reuse.log',
    1,
    'compile',
    false,
    /^make\[2\]: \*\*\* \[riscv-linux-nat\.o\] Error 1$/,
    'do_compile',
  ],
  ['25-console-2015-running-task-id.log', null, 'other', false, /^$/, ''],
  ['27-console-progress-glued.log', null, 'other', false, /^$/, ''],
  ['29-console-riscv-nodistro-buildhistory.log', null, 'other', false, /^$/, ''],
  ['31-ptest-mbedtls-head.log', null, 'other', false, /^$/, ''],
];

const WORK = 'c08yyl-embed-power/build/tmp/work/x86_64-linux';
const TASK_LOGS: readonly Row[] = [
  ['public/moevm-yocto_profiling/log.do_compile.3537826', 1363, 'link', false, /undefined reference to `gen_split_770/],
  [
    `public/${WORK}/binutils-cross-x86_64/2.42/temp/log.do_fetch.146`,
    41,
    'fetch',
    true,
    /^fatal: unable to access 'https:\/\/sourceware\.org.* Could not resolve host: sourceware\.org$/,
  ],
  [
    `public/${WORK}/bison-native/3.8.2/temp/log.do_unpack.205`,
    52,
    'python',
    false,
    /^Exception: FileNotFoundError: .*gettext-minimal-native/,
  ],
  [
    `public/${WORK}/popt-native/1.19/temp/log.do_patch.74`,
    30,
    'python',
    false,
    /^Exception: FileNotFoundError: .*quiltrc/,
  ],
  [
    'bitbake-real/05-failed-k/tmp/work/x86-64-v3-oe-linux/sample-broken/1.0/temp/log.do_compile.11722',
    44,
    'compile',
    false,
    /file41\.c:118:23: error: implicit declaration of function 'strlcpy'/,
  ],
  [
    'bitbake-real/05-failed-k/tmp/work/x86-64-v3-oe-linux/sample-brokenpy/2.1/temp/log.do_compile.11982',
    21,
    'python',
    false,
    /^Exception: KeyError: 'no-such-key'$/,
  ],
  [
    'bitbake-real/05-failed-k/tmp/work/x86-64-v3-oe-linux/sample-fetchfail/1.0/temp/log.do_fetch.11637',
    15,
    'fetch',
    true,
    /NetworkAccess\('http:\/\/127\.0\.0\.1:9\/nothing-1\.0/,
  ],
  [
    'bitbake-real/05-failed-k/tmp/work/x86-64-v3-oe-linux/sample-qaerror/1.0/temp/log.do_package.12028',
    23,
    'qa',
    false,
    /were installed but not shipped .*\/opt\/odd\/notshipped \[installed-vs-shipped\]$/,
  ],
];

function check(path: string, [, line, causeClass, infrastructure, says]: Row, task: string | null): void {
  const text = readFileSync(path, 'utf8');
  const cause = findCause(text);
  const fingerprint = fingerprintOf({ pn: 'fp', version: '1.2.3-r0', task }, cause, digest);
  expect([cause === null ? null : cause.line + 1, fingerprint.causeClass, fingerprint.infrastructure]).toEqual([
    line,
    causeClass,
    infrastructure,
  ]);
  expect(cause?.text ?? '').toMatch(says);
  if (cause !== null) {
    const shown = excerptAround(text, cause.line).split('\n');
    expect(shown.length).toBeLessThanOrEqual(7);
    expect(shown.some((told) => cause.text.includes(told.trim().slice(-60)) && told.trim() !== '')).toBe(true);
  }
}

describe('the line that a person would choose', () => {
  test.each(OURS)('%s', (...row) => {
    check(resolve(FIXTURES, `${row[0]}.log`), row, /do_\w+$/.exec(row[0])![0]);
  });

  test('the table has every log of the folder', () => {
    const logs = readdirSync(FIXTURES).filter((name) => name.endsWith('.log'));
    expect(logs.map((name) => basename(name, '.log')).sort()).toEqual(OURS.map(([name]) => name).sort());
  });

  test.skipIf(!existsSync(SHARED)).each(FRAGMENTS)('public fragment %s', (...row) => {
    const [name, line, causeClass, infrastructure, says, task] = row;
    check(resolve(SHARED, 'public/fragments-logs', name), [name, line, causeClass, infrastructure, says], task);
  });

  test.skipIf(!existsSync(SHARED)).each(TASK_LOGS)('log of a task %s', (...row) => {
    check(resolve(SHARED, row[0]), row, /do_[a-z_]+/.exec(row[0])![0]);
  });

  // One line each as the tools write it; kinds of which there is no log above.
  test.each<readonly [string, CauseClass]>([
    [
      "ERROR: linux-yocto-5.15.1+gitAUTOINC+0b628306d1_abc-r0 do_compile: Execution of '/a/run.do_compile.1' failed with exit code -9:",
      'killed',
    ],
    ['/home/b/run.do_compile.12: line 140: 23456 Killed                  make -j 8', 'killed'],
    [
      "error: could not compile `x` (lib)\n  process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)",
      'out-of-memory',
    ],
    ['x86_64-poky-linux-g++: fatal error: Killed signal terminated program cc1plus', 'out-of-memory'],
    ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', 'out-of-memory'],
    [
      'ERROR: Immediately halt since the disk space monitor action is "HALT"!\nERROR: No new tasks can be executed since the disk space monitor action is "STOPTASKS"!',
      'no-space',
    ],
    ["subprocess.TimeoutExpired: Command '['qemu']' timed out after 600 seconds", 'timeout'],
    ["OSError: [Errno 5] x\ncp: error reading 'a': Input/output error", 'disk-error'],
    [
      'ERROR: Error contacting Hash Equivalence Server hashserv.example.org:8686: [Errno 111] Connection refused',
      'hashserv',
    ],
    ["ERROR: Unable to acquire lock '/build/tmp/x.lock'", 'lock'],
    ['pseudo: path mismatch [1 link]: ino 1 db /a req /b.', 'pseudo'],
    ["ERROR: ParseError at /layers/meta-x/recipes/x_1.bb:3: unparsed line: 'inherti x'", 'parse'],
    [
      'ERROR: ExpansionError during parsing /layers/x_1.bb\nbb.data_smart.ExpansionError: Failure expanding variable PV',
      'parse',
    ],
    ["ERROR: Nothing PROVIDES 'no-such-image'. Close matches:", 'provider'],
    ["ERROR: Required build target 'x' has no buildable providers.", 'provider'],
    [
      "ERROR:  OE-core's config sanity checker detected a potential misconfiguration.\n    Either fix the cause of this error or at your own risk disable the checker (see sanity.conf).\n    Following is the list of potential problems / advisories:\n\n    Please install xyz",
      'sanity',
    ],
    [
      'ERROR: The recipe a is trying to install files into a shared area when those files already exist. Those files and their manifest location are:',
      'sysroot',
    ],
    [
      'ERROR: a-1.0-r0 do_prepare_recipe_sysroot: The file /usr/include/x.h is installed by both b and c, aborting',
      'sysroot',
    ],
    ['configure.ac:12: error: possibly undefined macro: AC_PROG_X', 'configure'],
    ['../git/meson.build:12:0: ERROR: Dependency "glib-2.0" not found, tried pkgconfig', 'configure'],
    ['configure: error: C compiler cannot create executables', 'configure'],
    ['Error: ../arch/arm/boot/dts/a.dts:12.3-4 syntax error\nFATAL ERROR: Unable to parse input tree', 'compile'],
    ["/tmp/ccAbCdEf.s:12: Error: no such instruction: `foo'", 'compile'],
    ['ERROR: modpost: "foo" [drivers/x.ko] undefined!', 'link'],
    ['main.go:12:3: undefined: foo', 'go'],
    ['npm ERR! code E404', 'node'],
    ["Can't locate XML/Parser.pm in @INC (you may need to install it)", 'perl'],
    ['FAIL: test_ssh (ssh.SSHTest.test_ssh)\nAssertionError: 255 != 0', 'test'],
    ['Error: \n Problem: conflicting requests\n  - nothing provides x needed by y-1.0', 'rootfs'],
    [" * opkg_prepare_url_for_install: Couldn't find anything to satisfy 'x'.", 'rootfs'],
    ['E: Unable to locate package x', 'rootfs'],
    ["ERROR: core-image-x-1.0-r0 do_rootfs: Postinstall scriptlets of ['x'] have failed.", 'rootfs'],
    ["dpkg-deb: error: parsing file '/x/control' near line 3", 'packaging'],
    ['qemu: uncaught target signal 11 (Segmentation fault) - core dumped', 'crash'],
    ['fatal: Remote branch v2 not found in upstream origin', 'fetch'],
    ["ERROR: x-1.0-r0 do_patch: Applying patch 'a.patch' on target directory '/x'", 'patch'],
    ['ERROR: QA Issue: x: /usr/bin/x contains reference to TMPDIR [buildpaths]', 'qa'],
  ])('of one line: %s', (text, causeClass) => {
    expect(findCause(text)).toMatchObject({ causeClass, vague: false });
  });

  test('is not what configure found missing, nor what its config.log repeats', () => {
    const text = [
      'checking for strlcpy... no',
      'conftest.c:3:5: error: not declared',
      'which: no foo in (/usr/bin)',
      'configure: error: libfoo is required',
      'NOTE: The contents of all config.log files follows to aid debugging:',
      'configure:1234: error: another thing',
    ].join('\n');
    expect(findCause(text)).toMatchObject({ line: 3, causeClass: 'configure' });
  });

  test('of a mirror that failed is not the cause when upstream failed after it', () => {
    const text = [
      '2026-01-02 03:04:05 ERROR 404: Not Found.',
      'DEBUG: Trying Upstream',
      "fatal: unable to access 'https://example.org/x.git/': The requested URL returned error: 503",
      'WARNING: Failed to fetch URL git://example.org/x.git;branch=main, attempting MIRRORS if available',
      '2026-01-02 03:04:09 ERROR 404: Not Found.',
      "ERROR: Bitbake Fetcher Error: FetchError('Unable to fetch URL from any source.', 'git://example.org/x.git')",
    ].join('\n');
    expect(findCause(text)).toMatchObject({ line: 2, causeClass: 'fetch' });
  });
});

const FACTS: FailureFacts = { pn: 'busybox', version: '1.36.1-r0', task: 'do_compile' };
const hashOf = (text: string, facts: FailureFacts = FACTS): string =>
  fingerprintOf(facts, findCause(text), digest).hash;

describe('what does not change a fingerprint', () => {
  const pid = fc.integer({ min: 2, max: 4_000_000 });
  const root = fc
    .array(fc.stringMatching(/^[a-z][a-z0-9_-]{1,12}$/), { minLength: 1, maxLength: 5 })
    .map((parts) => `/${parts.join('/')}`)
    .filter(
      (path) => !/^\/(?:usr|etc|lib\w{0,3}|bin|sbin|dev|proc|sys|tmp|var)\b/.test(path) && !path.includes('/work'),
    );
  const version = fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 20 }))
    .map((parts) => parts.join('.'));
  const hash = fc.stringMatching(/^[0-9a-f]{40}$/);
  const time = fc.integer({ min: 0, max: 86_399 }).map((s) => new Date(1_700_000_000_000 + s * 1000).toISOString());

  const SHAPES: readonly ((v: {
    root: string;
    pid: number;
    line: number;
    pv: string;
    hash: string;
    time: string;
  }) => string)[] = [
    ({ root, pv, line }) =>
      `${root}/tmp/work/core2-64-poky-linux/busybox/${pv}-r0/busybox-${pv}/init/init.c:${line}:3: error: 'x' undeclared`,
    ({ root, pv, pid, line }) =>
      `${root}/tmp/work/core2-64-poky-linux/busybox/${pv}/temp/run.do_compile.${pid}: ${line}: foo: not found`,
    ({ root, pid }) =>
      `ERROR: ExecutionError('${root}/tmp/work/a/busybox/9.9-r0/temp/run.do_compile.${pid}', 137, None, None)`,
    ({ pid }) => `cc1plus[${pid}]: internal compiler error: Segmentation fault`,
    ({ pv, hash }) =>
      `ERROR: busybox-${pv}-r0 do_compile: Fetcher failure: Unable to find revision ${hash} in branch main`,
    ({ time }) => `${time} ERROR: the clock of the board is wrong`,
    ({ time }) => `ERROR: signature made ${time} is not valid`,
    ({ root, hash }) => `ERROR: Checksum failure of ${root}/downloads/x-1.tar.gz: got ${hash}`,
    ({ root }) => `ERROR: ${root}/conf/thing.conf is not set up`,
    ({ root }) => `TOPDIR${root}/x.c:1:2: error: nope`,
    ({ line }) => `main.c:${line}: Error: bad instruction`,
    ({ line }) => `ERROR: syntax error in line ${line}`,
    ({ pid }) => `/tmp/cc${String(pid).padStart(6, 'A').slice(-6)}.o: file not recognized: file in wrong format`,
    ({ pv }) => `ERROR: busybox-${pv}.tar.bz2 is no archive`,
  ];

  test('paths, process ids, line numbers, the version, hashes and times', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SHAPES),
        fc.record({ root, pid, line: fc.integer({ min: 1, max: 99_999 }), pv: version, hash, time }),
        fc.record({ root, pid, line: fc.integer({ min: 1, max: 99_999 }), pv: version, hash, time }),
        (shape, a, b) => {
          const one = hashOf(shape(a), { ...FACTS, version: `${a.pv}-r0` });
          expect(hashOf(shape(b), { ...FACTS, version: `${b.pv}-r0` })).toBe(one);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('the folder where the version has an epoch, a hash or a revision', () => {
    const of = (pv: string, told: string) =>
      hashOf(`/b/tmp/work/x/busybox/${pv}/git/a.c:1:2: error: x in busybox-${told}`, { ...FACTS, version: told });
    expect(of('1.0+gitAUTOINC+abcdef1234-r0', '1.0+gitAUTOINC+abcdef1234-r0')).toBe(of('2.0', '2.0'));
    expect(of('1_2.3-r0', '1:2.3-r0')).not.toBe('');
  });

  test('who says it: the log of the task, the console, a paste', () => {
    const bare = hashOf('ERROR: QA Issue: busybox: /usr/bin/x is bad [buildpaths]');
    expect(hashOf('ERROR: busybox-1.36.1-r0 do_compile: QA Issue: busybox: /usr/bin/x is bad [buildpaths]')).toBe(bare);
    expect(
      hashOf(
        '06:46:03 | ERROR: mc:two:busybox-1.36.1-r0 do_compile: QA Issue: busybox: /usr/bin/x is bad [buildpaths]',
      ),
    ).toBe(bare);
  });

  test('the language of the compiler, and setscene', () => {
    expect(hashOf('a.c:1:2: error: ‘x’ undeclared')).toBe(hashOf("a.c:9:2: error: 'x' undeclared"));
    expect(hashOf('ERROR: x y', { ...FACTS, task: 'do_package_setscene' })).toBe(
      hashOf('ERROR: x y', { ...FACTS, task: 'do_package' }),
    );
  });
});

describe('what changes a fingerprint', () => {
  const TEXT = "/b/tmp/work/x/busybox/1.36.1-r0/busybox-1.36.1/a.c:12:3: error: 'foo' undeclared";

  test('symbol, file, class, task, recipe and number', () => {
    const one = hashOf(TEXT);
    expect(hashOf(TEXT.replace('foo', 'bar'))).not.toBe(one);
    expect(hashOf(TEXT.replace('a.c', 'b.c'))).not.toBe(one);
    expect(hashOf(TEXT, { ...FACTS, task: 'do_install' })).not.toBe(one);
    expect(hashOf(TEXT, { ...FACTS, pn: 'toybox' })).not.toBe(one);
    const cause = findCause(TEXT)!;
    expect(fingerprintOf(FACTS, { ...cause, causeClass: 'link' }, digest).hash).not.toBe(one);
    expect(hashOf('OSError: [Errno 2] x')).not.toBe(hashOf('OSError: [Errno 13] x'));
    expect(hashOf('ERROR: needs glib-2.0')).not.toBe(hashOf('ERROR: needs glib-3.0'));
  });

  test('any symbol', () => {
    const name = fc.stringMatching(/^[a-z_]{3,20}$/);
    fc.assert(
      fc.property(name, name, (a, b) => {
        fc.pre(a !== b);
        expect(hashOf(`ld: x.o: undefined reference to '${a}'`)).not.toBe(
          hashOf(`ld: x.o: undefined reference to '${b}'`),
        );
      }),
    );
  });
});

describe('across recipes', () => {
  const cross = (text: string, facts: FailureFacts = FACTS) => fingerprintOf(facts, findCause(text), digest).crossHash;
  const toybox: FailureFacts = { pn: 'toybox', version: '0.8', task: 'do_install' };

  test('the same cause is one, whatever recipe, task, file and address of a source', () => {
    expect(cross('/a/work/x/busybox/1/a.c:1:2: fatal error: openssl/ssl.h: No such file or directory')).toBe(
      cross('src/b.c:7:1: fatal error: openssl/ssl.h: No such file or directory', toybox),
    );
    const failed = (url: string) =>
      `wget: unable to resolve host address 'example.org'\nWARNING: Failed to fetch URL ${url}, attempting MIRRORS if available`;
    expect(cross(failed('https://example.org/a/busybox-1.tar.gz'))).toBe(
      cross(failed('https://example.org/t-2.tgz'), toybox),
    );
    expect(cross('ERROR: QA Issue: busybox: /usr/bin/a /usr/bin/b is bad [x-y]')).toBe(
      cross('ERROR: QA Issue: toybox: /opt/c is bad [x-y]', toybox),
    );
  });

  test('another header, and what nobody said why, is another', () => {
    expect(cross('a.c:1:2: fatal error: a.h: No such file or directory')).not.toBe(
      cross('a.c:1:2: fatal error: b.h: No such file or directory'),
    );
    expect(cross('ERROR: oe_runmake failed')).not.toBe(cross('ERROR: oe_runmake failed', toybox));
    expect(cross('')).not.toBe(cross('', toybox));
  });
});

describe('the formula', () => {
  test('is told step by step, and the steps lead from the line to the words', () => {
    const text = 'ERROR: busybox-1.36.1-r0 do_compile: /b/tmp/work/x/busybox/1.36.1-r0/a.c:12: bad 0xdeadbeef';
    const cause = { line: 0, text, causeClass: 'compile' as const, vague: false };
    const told = explainFingerprint(FACTS, cause, digest);
    expect(told.fingerprint.text).toBe('ERROR: <W>/a.c:<L>: bad <HEX>');
    expect(told.steps[0]!.before).toBe(text);
    for (const [i, step] of told.steps.entries()) {
      expect(step.after).not.toBe(step.before);
      expect(step.after).toBe(told.steps[i + 1]?.before ?? told.fingerprint.text);
      expect(step.why.length).toBeGreaterThan(10);
    }
    expect(told.exactOf).toEqual(['busybox', 'do_compile', 'compile', told.fingerprint.text]);
    expect(told.fingerprint.hash).toMatch(/^[0-9a-f]{16}$/);
  });

  test('is told again of what is kept of each failure, and not of what other rules made', () => {
    for (const [name] of OURS) {
      const facts = { pn: `fp-${name.split('-')[0]}`, version: '1.2.3-r0', task: /do_\w+$/.exec(name)![0] };
      const cause = findCause(readFileSync(resolve(FIXTURES, `${name}.log`), 'utf8'));
      const told = explainFingerprint(facts, cause, digest);
      const { hash, crossHash, causeClass } = told.fingerprint;
      const kept = { ...facts, cause: cause?.text ?? null, fingerprint: { hash, crossHash, class: causeClass } };
      expect([name, explainKept(kept, digest)]).toEqual([name, told]);
      expect(explainKept({ ...kept, fingerprint: { ...kept.fingerprint, hash: 'f'.repeat(16) } }, digest)).toBeNull();
    }
  });

  test('of rules 1 stays what it is: a change of it must raise RULES_VERSION', () => {
    const made = OURS.map(([name]) => {
      const cause = findCause(readFileSync(resolve(FIXTURES, `${name}.log`), 'utf8'));
      const { hash, crossHash } = fingerprintOf(
        { pn: `fp-${name.split('-')[0]}`, version: '1.2.3-r0', task: /do_\w+$/.exec(name)![0] },
        cause,
        digest,
      );
      return `${hash} ${crossHash}`;
    });
    expect([RULES_VERSION, digest(made.join('\n')).slice(0, 16)]).toEqual([1, 'a7f39c487ba8f3b5']);
  });

  test('of whatever text is bounded and the same again', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 60, unit: 'binary-ascii' }).map((text) => text.repeat(30)),
        fc.constantFrom(...CAUSE_CLASSES),
        (text, causeClass) => {
          const of = () => fingerprintOf(FACTS, { line: 0, text, causeClass, vague: false }, digest);
          expect(of()).toEqual(of());
          expect(of().text.length).toBeLessThanOrEqual(500);
        },
      ),
    );
  });

  test('hostile lines cost no more than their length', () => {
    const start = process.cpuUsage().user;
    for (const bad of [
      'a/',
      ': ',
      '0x',
      'f1',
      'run.do_x.',
      'tmp',
      '../',
      '/work/a/b/c ',
      'a:1:',
      '<W',
      'http://a/',
      'x[1]',
      ' line 1',
    ])
      for (const causeClass of ['compile', 'qa'] as const)
        fingerprintOf(FACTS, { line: 0, text: bad.repeat(500_000), causeClass, vague: false }, digest);
    // Half a millisecond each; the name of a file looked for from every place of a line took 150 ms.
    expect((process.cpuUsage().user - start) / 1000).toBeLessThan(1000);
  });
});
