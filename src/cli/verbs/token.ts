/** `bakehouse token …`: what programs push with. */
import { BakehouseError } from '../../model/errors.ts';
import { formatUtc } from '../../model/format.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag, number, text } from '../options.ts';
import type { Options } from '../program.ts';
import { printable, styleFor } from '../style.ts';
import { textTable } from '../text-table.ts';
import { runAtConsole } from './account.ts';

/** The token alone on standard output, so that it can be written into a file. */
export async function addToken(io: CliIo, [account = '']: readonly string[], options: Options): Promise<number> {
  const expiresDays = number(options, 'expiresDays') ?? null;
  if (expiresDays !== null && (expiresDays < 1 || expiresDays > 3660))
    throw new BakehouseError('invalid', '--expires-days: 1 to 3660.');
  const made = await runAtConsole(io, options, 'make-token', {
    account,
    name: text(options, 'name') ?? 'command line',
    expiresDays,
  });
  if (flag(options, 'json')) io.out(`${JSON.stringify(made, null, 2)}\n`);
  else {
    io.err('The token, which is told this once:\n');
    io.out(`${made.token}\n`);
  }
  return EXIT_OK;
}

export async function listTokens(io: CliIo, [account = '']: readonly string[], options: Options): Promise<number> {
  const { tokens } = await runAtConsole(io, options, 'show-account', { name: account, session: null });
  if (flag(options, 'json')) io.out(`${JSON.stringify({ tokens }, null, 2)}\n`);
  else if (tokens.length === 0) io.out('It has no token.\n');
  else {
    const nowMs = io.nowMs();
    const [heading = '', ...lines] = textTable(
      [
        { title: 'number', align: 'right' },
        { title: 'begins' },
        { title: 'made' },
        { title: 'last used' },
        { title: 'state' },
        { title: 'name' },
      ],
      tokens.map((token) => [
        String(token.number),
        token.hint,
        formatUtc(token.createdMs),
        token.usedMs === null ? 'never' : formatUtc(token.usedMs),
        stateOf(token, nowMs),
        printable(token.name),
      ]),
    );
    io.out(`${styleFor(io).dim(heading)}\n${lines.map((line) => `${line}\n`).join('')}`);
  }
  return EXIT_OK;
}

function stateOf(
  token: { readonly revokedMs: number | null; readonly expiresMs: number | null },
  nowMs: number,
): string {
  if (token.revokedMs !== null) return `revoked ${formatUtc(token.revokedMs)}`;
  if (token.expiresMs === null) return 'good';
  return token.expiresMs <= nowMs
    ? `over since ${formatUtc(token.expiresMs)}`
    : `good until ${formatUtc(token.expiresMs)}`;
}

export async function revokeTokens(
  io: CliIo,
  [account = '', which = '']: readonly string[],
  options: Options,
): Promise<number> {
  if (!/^\d{1,9}$/.test(which))
    throw new BakehouseError('invalid', 'Give the number of the token, as `bakehouse token list` tells it.');
  await runAtConsole(io, options, 'revoke-token', { account, token: Number(which) });
  io.out(flag(options, 'json') ? '{}\n' : `Token ${which} opens nothing any more.\n`);
  return EXIT_OK;
}
