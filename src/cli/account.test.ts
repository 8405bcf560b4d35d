import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runForTest } from './run-for-test.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-cli-account-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (argv: readonly string[], given: Parameters<typeof runForTest>[1] = {}) =>
  runForTest([...argv, '--data', folder], given);

test('the first admin is made at the console; the password is asked twice', async () => {
  const asked: string[] = [];
  const made = await run(['account', 'add', 'Ada', '--admin'], {
    askSecret: async (question) => {
      asked.push(question);
      return 'correct horse battery';
    },
  });
  expect(made).toMatchObject({ code: 0, out: 'ada is an admin now.\n' });
  expect(asked).toHaveLength(2);
  expect(made.out + made.err).not.toContain('horse');
  expect(
    (await run(['account', 'add', 'ada', '--password-stdin'], { readLine: () => 'correct horse battery' })).err,
  ).toContain('There is an account ada already');
  expect((await run(['account', 'list'])).out).toMatch(/^name .*\nada +admin +0 +0 +never/);
  const lines = ['one thing and', 'quite another'];
  const unequal = await run(['account', 'password', 'ada'], { askSecret: async () => lines.shift() ?? null });
  expect(unequal).toMatchObject({ code: 2 });
  expect(unequal.err).toContain('not the same');
  expect((await run(['account', 'add', 'mike'])).err).toContain('no terminal');
  expect((await run(['account', 'disable', 'ada'])).err).toContain('last admin');
  expect((await run(['account', 'disable', 'nobody'])).err).toContain('There is no account nobody');
});

test('a robot gets a token, alone on standard output, which is revoked by its number', async () => {
  expect((await run(['account', 'add', 'ci', '--robot'])).code).toBe(0);
  const made = await run(['token', 'add', 'ci', '--name', 'runner 1', '--expires-days', '30']);
  expect(made.out).toMatch(/^bkh_[\w-]{43}\n$/);
  const list = await run(['token', 'list', 'ci']);
  expect(list.out).toMatch(/1 +bkh_[\w-]{6} .*good until .*runner 1/);
  expect(list.out).not.toContain(made.out.trim());
  expect((await run(['token', 'revoke', 'ci', '1'])).code).toBe(0);
  expect((await run(['token', 'list', 'ci'])).out).toContain('revoked');
  expect((await run(['token', 'revoke', 'ci', '7'])).err).toContain('There is no token 7');
  expect(JSON.parse((await run(['token', 'list', 'ci', '--json'])).out)).toMatchObject({ tokens: [{ number: 1 }] });
});
