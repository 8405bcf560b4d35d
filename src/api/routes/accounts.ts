/** Signing in and out, one's own account, and, for admins, everybody's. */
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { SignedIn as Opened } from '../../operations/sign-in.ts';
import {
  AccountDetail,
  AccountList,
  AccountParams,
  AccountState,
  AccountTokenParams,
  AddAccount,
  ChangeAccount,
  ChangePassword,
  Done,
  MadeToken,
  MakeToken,
  ServerState,
  SignedIn,
  SignIn,
  SignOut,
  TokenParams,
} from '../contract.ts';
import { assertOwnPage } from '../security.ts';
import { Nothing, type RegisterRoute, type RouteContext, routeSchema, sendOnce, writeRoute } from './route.ts';

function json(schema: z.ZodType): { description: string; content: Record<string, { schema: z.ZodType }> } {
  return { description: 'Done', content: { 'application/json': { schema } } };
}

function signIn(app: FastifyInstance, context: RouteContext): void {
  const about = {
    operation: 'sign-in',
    summary: 'Opens a session; its secret is a cookie that no script reads',
    params: Nothing,
    query: Nothing,
    body: SignIn,
  };
  app.post('/sign-in', { schema: routeSchema(context.documented, about, json(SignedIn)) }, async (request, reply) => {
    // Else another site could sign its visitor in as somebody else, and get his builds.
    assertOwnPage(request, context.publicUrl);
    const { name, password } = request.body as z.output<typeof SignIn>;
    const answer = await context.runner.run('sign-in', { name, password, address: request.ip }, request.viewer);
    if (answer.kind !== 'json') throw new Error('sign-in gives JSON');
    const { secret, ...account } = JSON.parse(new TextDecoder().decode(answer.bytes)) as Opened;
    context.authentication.forget();
    context.authentication.setCookie(request, reply, secret);
    return reply.header('cache-control', 'no-store').send(account);
  });
}

function signOut(app: FastifyInstance, context: RouteContext): void {
  const about = {
    operation: 'sign-out',
    summary: 'Ends the session, or every one of the account',
    params: Nothing,
    query: Nothing,
    body: SignOut,
  };
  app.post('/sign-out', { schema: routeSchema(context.documented, about, json(Done)) }, async (request, reply) => {
    assertOwnPage(request, context.publicUrl);
    const { everywhere } = request.body as z.output<typeof SignOut>;
    const session = request.signedIn?.session ?? null;
    const answer = await context.runner.run('sign-out', { session, everywhere }, request.viewer);
    context.authentication.forget();
    context.authentication.setCookie(request, reply, null);
    return sendOnce(reply, answer);
  });
}

function account(path: string, params: typeof Nothing | typeof AccountParams, summary: string): RegisterRoute {
  return (app, context) => {
    const about = { operation: 'show-account', summary, params, query: Nothing };
    app.get(
      path.replace('{name}', ':name'),
      { schema: routeSchema(context.documented, about, json(AccountDetail)) },
      async (request, reply) => {
        const { name = null } = request.params as { name?: string };
        const session = request.signedIn?.session ?? null;
        return sendOnce(reply, await context.runner.run('show-account', { name, session }, request.viewer));
      },
    );
  };
}

function serverState(app: FastifyInstance, context: RouteContext): void {
  const about = { operation: 'show-server', summary: 'Rules and state of the server', params: Nothing, query: Nothing };
  app.get(
    '/server/state',
    { schema: routeSchema(context.documented, about, json(ServerState)) },
    async (request, reply) => sendOnce(reply, await context.runner.run('show-server', {}, request.viewer)),
  );
}

function listAccounts(app: FastifyInstance, context: RouteContext): void {
  const about = { operation: 'list-accounts', summary: 'All accounts', params: Nothing, query: Nothing };
  app.get('/accounts', { schema: routeSchema(context.documented, about, json(AccountList)) }, async (request, reply) =>
    sendOnce(reply, await context.runner.run('list-accounts', {}, request.viewer)),
  );
}

export const accounts: readonly RegisterRoute[] = [
  signIn,
  signOut,
  account('/account', Nothing, 'The account that asks, with its tokens and sessions'),
  writeRoute({
    bySessionOnly: true,
    method: 'POST',
    operation: 'change-password',
    path: '/account/password',
    summary: 'Another password; every other session of the account ends',
    params: Nothing,
    body: ChangePassword,
    answer: Done,
    input: (_, { current, password }, { signedIn, ip }) => ({
      current,
      password,
      session: signedIn?.session ?? null,
      address: ip,
    }),
  }),
  writeRoute({
    bySessionOnly: true,
    method: 'POST',
    operation: 'make-token',
    path: '/account/tokens',
    summary: 'A token for programs that push',
    params: Nothing,
    body: MakeToken,
    answer: MadeToken,
    input: (_, body) => ({ account: null, ...body }),
  }),
  writeRoute({
    bySessionOnly: true,
    method: 'DELETE',
    operation: 'revoke-token',
    path: '/account/tokens/{token}',
    summary: 'From now on the token opens nothing',
    params: TokenParams,
    body: null,
    answer: Done,
    input: ({ token }) => ({ account: null, token }),
  }),
  listAccounts,
  serverState,
  writeRoute({
    bySessionOnly: true,
    method: 'POST',
    operation: 'add-account',
    path: '/accounts',
    summary: 'A new account',
    params: Nothing,
    body: AddAccount,
    answer: AccountState,
    input: (_, body) => body,
  }),
  account('/accounts/{name}', AccountParams, 'An account with its tokens and sessions'),
  writeRoute({
    bySessionOnly: true,
    method: 'PATCH',
    operation: 'change-account',
    path: '/accounts/{name}',
    summary: 'Role, password, whether it may be used; its sessions end',
    params: AccountParams,
    body: ChangeAccount,
    answer: AccountState,
    input: ({ name }, body) => ({ name, ...body }),
  }),
  writeRoute({
    bySessionOnly: true,
    method: 'POST',
    operation: 'make-token',
    path: '/accounts/{name}/tokens',
    summary: 'A token for a robot',
    params: AccountParams,
    body: MakeToken,
    answer: MadeToken,
    input: ({ name }, body) => ({ account: name, ...body }),
  }),
  writeRoute({
    bySessionOnly: true,
    method: 'DELETE',
    operation: 'revoke-token',
    path: '/accounts/{name}/tokens/{token}',
    summary: 'From now on the token opens nothing',
    params: AccountTokenParams,
    body: null,
    answer: Done,
    input: ({ name, token }) => ({ account: name, token }),
  }),
];
