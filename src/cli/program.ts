/**
 * Verbs and their options. Each verb's code is loaded only when it runs: `summary` must not pay for the server. What is declared here is
 * what docs/command-line.md describes.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { BakehouseError } from '../model/errors.ts';
import { VERSION } from '../server/version.ts';
import { EXIT_OK, EXIT_USAGE, errorSentence, exitCodeOf } from './exit-codes.ts';
import { type CliIo, ReaderGone } from './io.ts';
import { printable } from './style.ts';

/** Arguments and options of one call, as commander gives them. */
export type Options = Readonly<Record<string, unknown>>;
export type Verb = (io: CliIo, args: readonly string[], options: Options) => Promise<number>;

function wholeNumber(text: string): number {
  if (!/^-?\d{1,12}$/.test(text)) throw new InvalidArgumentError('It is no whole number.');
  return Number(text);
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It is no number.');
  return value;
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** Which store `--import`, ids and `@last` mean. */
function withStore(command: Command): Command {
  return command
    .option('--database <url>', 'store: sqlite:/path/file.db or postgres://… (BAKEHOUSE_DATABASE)')
    .option('--blobs <place>', 'where logs and other large things are kept: a folder or s3://bucket (BAKEHOUSE_BLOBS)')
    .option('--blobs-endpoint <url>', 'address of the S3 server of that bucket (BAKEHOUSE_BLOBS_ENDPOINT)')
    .option('--blobs-region <name>', 'its region (BAKEHOUSE_BLOBS_REGION)')
    .option('--data <folder>', 'folder of the embedded store (BAKEHOUSE_DATA)')
    .option('--config <file>', 'settings file (BAKEHOUSE_CONFIG)');
}

/** What of a build goes to a server, and as whose. */
function withPushing(command: Command): Command {
  return command
    .option('--token-file <file>', 'file with a token of the server: the build is then yours (BAKEHOUSE_TOKEN_FILE)')
    .option(
      '--visibility <who>',
      'public, unlisted (who has the address) or private (yours); default: as the server has it',
    )
    .option('--send <kinds>', "kinds to send: 'default,success-logs', 'all', '-samples' for all but (BAKEHOUSE_SEND)");
}

/** What retention goes by. */
function withKeeping(command: Command): Command {
  return command
    .option('--keep-builds-days <n>', 'builds that were reported (pinned ones stay)')
    .option('--keep-failure-logs-days <n>', 'logs of failed tasks')
    .option('--keep-logs-days <n>', 'other logs')
    .option('--keep-reports-days <n>', 'reports as they came')
    .option('--keep-uploads-days <n>', 'reports that were begun and not finished')
    .option('--keep-blobs-gigabytes <n>', 'logs, graphs and reports together');
}

const BUILD =
  'a path, an address, an id or the start of one, @last, @last~1; default: the latest of $BUILDDIR/tmp/buildstats';

export function makeProgram(io: CliIo, ended: (code: number) => void): Command {
  const program = new Command('bakehouse')
    .description('Build statistics for BitBake: see where a build is slow or hungry.')
    .version(VERSION, '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 1 a check failed, 2 wrong usage, 3 something could not be read,\n4 a build was not sent.',
    );

  const run =
    (load: () => Promise<Verb>) =>
    async (...call: unknown[]): Promise<void> => {
      const command = call.at(-1) as Command;
      const verb = await load();
      ended(await verb(io, command.args, command.opts()));
    };
  const verb = (usage: string, description: string): Command => program.command(usage).description(description);

  withStore(verb('summary', 'what a person wants to know first of one build'))
    .usage('[BUILD] [options]')
    .argument('[build]', BUILD)
    .option('--json', 'as JSON')
    .option('--top <n>', 'entries of each list', wholeNumber, 10)
    .option('--no-eventlog', 'read buildstats alone, even where the event log of the build is there')
    .option('--import', 'store the build as well')
    .option('--compat', 'print what buildstats-summary of oe-core prints')
    .addOption(new Option('-s, --sort <by>', 'with --compat: sort by (default: start)').choices(['start', 'duration']))
    .option('-t, --shortest <secs>', 'with --compat: hide tasks shorter than this (default: 1)', wholeNumber)
    .option('-g, --highlight <secs>', 'with --compat: bold from this on, 0 never (default: 60)', wholeNumber)
    .action(run(async () => (await import('./verbs/summary.ts')).summary));

  withStore(verb('compare [builds...]', 'two builds or more side by side; without any: the last two of $BUILDDIR'))
    .usage('[A B [C…]] [options]')
    .option('--json', 'as JSON')
    .option('--markdown', 'as Markdown, for a comment in a review')
    .option('--junit <file>', 'write the checks of --fail-on as JUnit XML too')
    .option('--html <file>', 'write the comparison as one self-contained page too')
    .option(
      '--fail-on <check>',
      "exit 1 when it holds: 'walltime>+20%', 'task:do_compile/cputime>+300s' (repeatable)",
      collect,
    )
    .option('-m, --metric <id>', 'what to compare (default: walltime)')
    .option('--min-val <n>', 'leave out tasks below this in every build', number)
    .option('--all', 'with --min-val: below it in one build is enough to be left out')
    .option('--min-absdiff <n>', 'leave out differences below this', number)
    .option('--only-task <task>', 'only this task (repeatable)', collect)
    .option('--only-recipe <text>', 'only recipes whose name contains this')
    .option('--no-setscene', 'leave setscene tasks out of the rows')
    .option('--top <n>', 'rows of each table', wholeNumber, 20)
    .option('--no-eventlog', 'read buildstats alone, even where event logs of the builds are there')
    .option('--import', 'store the builds as well')
    .option('--compat', 'print what buildstats-diff of oe-core prints')
    .option('--diff-attr <attr>', 'with --compat: what to compare (default: cputime)')
    .option('--sort-by <fields>', 'with --compat: fields, - before one reverses it (default: absdiff)')
    .option('--multi', 'with --compat: average over all builds found below a path')
    .option('--ver-diff', 'with --compat: recipe versions instead of tasks')
    .action(run(async () => (await import('./verbs/compare.ts')).compare));

  withStore(verb('chart', 'the boot chart of a build as SVG or a page of its own'))
    .usage('[BUILD] [-o FILE] [options]')
    .argument('[build]', BUILD)
    .option('-o, --output <file>', 'x.svg or x.html (default: SVG on standard output)')
    .option('-m, --mintime <secs>', 'put tasks shorter than this in the density lane (pybootchartgui: 8)', number, 0)
    .option('--width <px>', 'width', wholeNumber)
    .addOption(new Option('--group-by <what>', 'lanes').choices(['slots', 'recipe', 'task', 'layer', 'outcome']))
    .addOption(
      new Option('--chain <which>', 'dim all but the longest chain of dependencies, or what was waited for').choices([
        'longest',
        'waited',
      ]),
    )
    .addOption(new Option('--scheme <name>', 'colours').choices(['light', 'dark']))
    .option('--json', 'say what was written as JSON')
    .action(run(async () => (await import('./verbs/chart.ts')).chart));

  withStore(verb('export', 'a build for other programs'))
    .usage('[BUILD] -o FILE | --format FORMAT [options]')
    .argument('[build]', BUILD)
    .addOption(
      new Option('-f, --format <format>', 'format; default: what FILE ends in').choices([
        'csv',
        'json',
        'parquet',
        'trace',
        'samples',
        'html',
      ]),
    )
    .option('-o, --output <file>', 'file; default: standard output')
    .option('--json', 'say what was written as JSON')
    .action(run(async () => (await import('./verbs/export.ts')).exportBuild));

  withStore(verb('import <paths...>', 'read builds into the store; a second time changes nothing'))
    .usage(
      'PATH… [options]\n       bakehouse import buildbot|jenkins URL [options]\n       bakehouse import autobuilder FOLDER|URL [options]\n       bakehouse import testresults FOLDER [options]',
    )
    .option('--build <id>', 'of test results: the build that was tested; default: as they say themselves')
    .option('--address <url>', 'of a farm: address by which people open it, where it is read by another')
    .option('--json', 'as JSON')
    .action(run(async () => (await import('./verbs/import.ts')).importPaths));

  withStore(verb('list', 'the builds in the store, newest first'))
    .option('--json', 'as JSON')
    .option('--top <n>', 'most builds', wholeNumber, 20)
    .option('-q, --search <words>', 'words in target, machine, distro, name, builder, host or location')
    .action(run(async () => (await import('./verbs/list.ts')).list));

  withStore(verb('failures', 'what failed, as the few kinds it is; --week: the summary of a week'))
    .option('--week [week]', 'what is new, back, going on and gone in a week (2026-W48); default: this one')
    .option('--url <address>', 'with --week: address of the page, up to and with /buildstats, for links in the text')
    .option('--days <n>', 'of builds of the last so many days', wholeNumber)
    .option('--top <n>', 'most kinds', wholeNumber, 20)
    .option('-q, --search <words>', 'words in target, machine, distro, name, builder, host or location of the builds')
    .option('--json', 'as JSON')
    .action(run(async () => (await import('./verbs/failures.ts')).failures));

  withKeeping(withStore(verb('retention', 'what the rules no longer keep: takes it, or says what it would be')))
    .option('--dry-run', 'only say what would go, with sizes')
    .option('--json', 'as JSON')
    .action(run(async () => (await import('./verbs/retention.ts')).retention));

  withStore(
    verb('backup <folder>', 'the store into a folder, while the server runs; again into the same adds what is new'),
  )
    .option('--json', 'as JSON')
    .action(run(async () => (await import('./verbs/backup.ts')).backup));

  withStore(verb('restore <folder>', 'a backup to where there is no store'))
    .option('--json', 'as JSON')
    .action(run(async () => (await import('./verbs/backup.ts')).restore));

  withStore(verb('pin <builds...>', 'keep builds whatever their age'))
    .option('--json', 'as JSON')
    .action(run(async () => (await import('./verbs/retention.ts')).pin));

  withStore(verb('unpin <builds...>', 'keep builds as the rules say'))
    .option('--json', 'as JSON')
    .action(run(async () => (await import('./verbs/retention.ts')).unpin));

  withPushing(verb('push <paths...>', 'builds to a server; a second time sends what is missing'))
    .usage('PATH… --server URL [options]')
    .option('--server <url>', 'the server (BAKEHOUSE_SERVER)')
    .option('--build <id>', 'of test results: the build that was tested; default: as they say themselves')
    .option('--job <url>', 'page of what ran them in a farm, to which they are linked (BAKEHOUSE_JOB)')
    .option('--show', 'print exactly what would be sent, and send nothing')
    .option('--json', 'as JSON')
    .action(run(async () => (await import('./verbs/push.ts')).push));

  const account = program.command('account').description('who may sign in to a server, and who pushes to it');
  const accountVerb = (usage: string, description: string): Command =>
    withStore(account.command(usage).description(description)).option('--json', 'as JSON');
  const accounts = (
    name: 'addAccount' | 'listAccounts' | 'disableAccount' | 'enableAccount' | 'setPassword' | 'setRole',
  ) => run(async () => (await import('./verbs/account.ts'))[name]);
  accountVerb('add <name>', 'a new one: a person (the password is asked), or with --robot a machine')
    .option('--admin', 'sees and changes everything')
    .option('--robot', 'has tokens and no password')
    .option('--password-stdin', 'read the password from standard input')
    .action(accounts('addAccount'));
  accountVerb('list', 'all of them').action(accounts('listAccounts'));
  accountVerb('disable <name>', 'keeps its builds and opens nothing').action(accounts('disableAccount'));
  accountVerb('enable <name>', 'the reverse').action(accounts('enableAccount'));
  accountVerb('password <name>', 'another password; its sessions end')
    .option('--password-stdin', 'read the password from standard input')
    .action(accounts('setPassword'));
  accountVerb('role <name> <role>', 'admin, member or robot')
    .option('--password-stdin', 'read the password of a robot that becomes a person from standard input')
    .action(accounts('setRole'));

  const token = program.command('token').description('what programs push with');
  const tokenVerb = (usage: string, description: string): Command =>
    withStore(token.command(usage).description(description)).option('--json', 'as JSON');
  tokenVerb('add <account>', 'a new one, told this once')
    .option('--name <text>', 'what uses it, such as a host', 'command line')
    .option('--expires-days <n>', 'over after so many days; default: never', wholeNumber)
    .action(run(async () => (await import('./verbs/token.ts')).addToken));
  tokenVerb('list <account>', 'those of an account').action(
    run(async () => (await import('./verbs/token.ts')).listTokens),
  );
  tokenVerb('revoke <account> <number>', 'from now on it opens nothing').action(
    run(async () => (await import('./verbs/token.ts')).revokeTokens),
  );

  for (const [name, what] of [
    ['serve', 'show builds in a web page; PATHs are read and watched'],
    ['watch', 'like serve with one PATH: a running build grows on the page'],
  ] as const) {
    const command = verb(`${name} ${name === 'serve' ? '[paths...]' : '<paths...>'}`, what)
      .usage(`${name === 'serve' ? '[PATH…]' : 'PATH'} [options]`)
      .option('--host <address>', 'address to listen on')
      .option('--port <number>', 'port to listen on, 0 takes a free one')
      .option('--allowed-hosts <names>', 'further names of this server, separated by commas')
      .option('--temporary', 'a throw-away store, deleted at the end')
      .option('--no-watch', 'read the paths once')
      .option('--log-level <level>', 'silent, error, warn, info or debug')
      .option('--json', 'say the address as JSON');
    if (name === 'serve')
      withKeeping(command)
        .option('--public-url <url>', 'address by which others know the server')
        .option('--trust-proxy <addresses>', 'proxies whose X-Forwarded-For is believed')
        .option('--push <who>', 'who may report builds: anonymous, token or closed')
        .option('--visibility <which>', 'of a pushed build whose client does not choose: public, unlisted or private')
        .option('--visibilities <list>', 'which of them a client may choose')
        .option('--push-age-days <n>', 'builds that began longer ago are not taken')
        .option('--push-stream-megabytes <n>', 'what one build may tell without its logs')
        .option('--push-blob-megabytes <n>', 'one log')
        .option('--push-blobs <n>', 'logs of one build')
        .option('--push-refused-kinds <kinds>', "what clients are told not to send, such as 'samples,graph'")
        .option('--push-builds-per-hour <n>', 'builds of one client in an hour')
        .option('--push-megabytes-per-hour <n>', 'of one client in an hour, as sent')
        .option(
          '--layer-pages <list>',
          'web pages of repositories, such as meta-acme=https://github.com/acme/meta-acme',
        );
    if (name === 'watch') {
      withPushing(command)
        .option('--push <server>', 'tell this server of every build while it runs')
        .option('--every <seconds>', 'with --push: at most so often (default: 30)', number);
      withStore(command).action(run(async () => (await import('./verbs/watch.ts')).watch));
    } else withStore(command).action(run(async () => (await import('./verbs/serve.ts')).serve));
  }
  return program;
}

/** Runs one command line to its end and gives its exit code. Never throws. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let code = EXIT_OK;
  const program = makeProgram(io, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof ReaderGone) return EXIT_OK;
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    if (error instanceof BakehouseError) {
      io.err(`bakehouse: ${printable(errorSentence(error))}\n`);
      return exitCodeOf(error);
    }
    io.err(`bakehouse: this is a defect, please report it.\n${error instanceof Error ? error.stack : String(error)}\n`);
    return exitCodeOf(error);
  }
}
