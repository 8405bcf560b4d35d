/** `bakehouse account …`: accounts in the store, by whoever works at its machine. The first admin is made here. */
import { BakehouseError } from '../../model/errors.ts';
import { formatUtc } from '../../model/format.ts';
import type { OperationInput, OperationName, OperationOutput } from '../../operations/index.ts';
import { loadLibrary } from '../controller.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag } from '../options.ts';
import type { Options } from '../program.ts';
import { consoleContext, withStore } from '../stored.ts';
import { printable, styleFor } from '../style.ts';
import { textTable } from '../text-table.ts';

/** Runs one operation on the store that the options name. */
export async function runAtConsole<N extends OperationName>(
  io: CliIo,
  options: Options,
  name: N,
  input: OperationInput<N>,
): Promise<OperationOutput<N>> {
  const { runOperation } = await loadLibrary();
  const done = await withStore(io, options, async (store) =>
    runOperation(await consoleContext(io, options, store), name, input),
  );
  return done as OperationOutput<N>;
}

async function password(io: CliIo, options: Options): Promise<string> {
  if (flag(options, 'passwordStdin')) return io.readLine();
  const first = await io.askSecret('Password (12 characters or more): ');
  if (first === null)
    throw new BakehouseError('invalid', 'There is no terminal to ask for the password: give it with --password-stdin.');
  if ((await io.askSecret('Again: ')) !== first)
    throw new BakehouseError('invalid', 'The two passwords are not the same.');
  return first;
}

function say(io: CliIo, options: Options, value: object, sentence: string): number {
  io.out(flag(options, 'json') ? `${JSON.stringify(value, null, 2)}\n` : `${printable(sentence)}\n`);
  return EXIT_OK;
}

const IS_A = { admin: 'an admin', member: 'a member', robot: 'a robot' } as const;

export async function addAccount(io: CliIo, [name = '']: readonly string[], options: Options): Promise<number> {
  const admin = flag(options, 'admin');
  const robot = flag(options, 'robot');
  if (admin && robot) throw new BakehouseError('invalid', 'A robot is no admin: give --admin or --robot.');
  const role = admin ? 'admin' : robot ? 'robot' : 'member';
  const made = await runAtConsole(io, options, 'add-account', {
    name,
    role,
    password: robot ? null : await password(io, options),
  });
  const next = robot ? ` \`bakehouse token add ${made.name}\` makes a token for it.` : '';
  return say(io, options, made, `${made.name} is ${IS_A[role]} now.${next}`);
}

export async function listAccounts(io: CliIo, _args: readonly string[], options: Options): Promise<number> {
  const { accounts } = await runAtConsole(io, options, 'list-accounts', {});
  if (flag(options, 'json')) return say(io, options, { accounts }, '');
  if (accounts.length === 0)
    return say(io, options, {}, 'There is no account. `bakehouse account add NAME --admin` makes the first.');
  const [heading = '', ...lines] = textTable(
    [
      { title: 'name' },
      { title: 'role' },
      { title: 'builds', align: 'right' },
      { title: 'tokens', align: 'right' },
      { title: 'last used' },
      { title: '' },
    ],
    accounts.map(({ name, role, builds, tokens, usedMs, disabled }) => [
      printable(name),
      role,
      String(builds),
      String(tokens),
      usedMs === null ? 'never' : formatUtc(usedMs),
      disabled ? 'disabled' : '',
    ]),
  );
  io.out(`${styleFor(io).dim(heading)}\n${lines.map((line) => `${line}\n`).join('')}`);
  return EXIT_OK;
}

export async function disableAccount(io: CliIo, [name = '']: readonly string[], options: Options): Promise<number> {
  const changed = await runAtConsole(io, options, 'change-account', { name, disabled: true });
  return say(io, options, changed, `${changed.name} is disabled: no session and no token of it opens anything.`);
}

export async function enableAccount(io: CliIo, [name = '']: readonly string[], options: Options): Promise<number> {
  const changed = await runAtConsole(io, options, 'change-account', { name, disabled: false });
  return say(io, options, changed, `${changed.name} may be used again.`);
}

export async function setPassword(io: CliIo, [name = '']: readonly string[], options: Options): Promise<number> {
  const changed = await runAtConsole(io, options, 'change-account', { name, password: await password(io, options) });
  return say(io, options, changed, `${changed.name} has another password; its sessions are over.`);
}

export async function setRole(
  io: CliIo,
  [name = '', asked = '']: readonly string[],
  options: Options,
): Promise<number> {
  const role = asked === 'admin' || asked === 'member' || asked === 'robot' ? asked : null;
  if (role === null) throw new BakehouseError('invalid', `"${asked.slice(0, 40)}" is no role: admin, member or robot.`);
  const changed = await runAtConsole(io, options, 'change-account', {
    name,
    role,
    ...(flag(options, 'passwordStdin') ? { password: io.readLine() } : {}),
  });
  return say(io, options, changed, `${changed.name} is ${IS_A[role]} now.`);
}
