import { expect, test } from 'vitest';
import { ApiError, createClient, queryString } from './client.ts';

function answering(status: number, body: string, type: string): { fetch: typeof fetch; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    fetch: async (input) => {
      asked.push(String(input));
      return new Response(body, { status, headers: { 'content-type': type } });
    },
  };
}

test('equal questions are equal addresses', () => {
  expect(queryString({ b: ['one', 'two'], metric: 'walltime', task: undefined, recipe: '' })).toBe(
    '?b=one&b=two&metric=walltime',
  );
  expect(queryString({})).toBe('');
});

test('asks the path of the contract', async () => {
  const server = answering(200, '{}', 'application/json');
  await createClient(server.fetch).compare({ b: ['a', 'b'], minValue: 4 });
  await createClient(server.fetch).columns('x y', ['walltime', 'io.read_bytes']);
  expect(server.asked).toEqual([
    '/api/v1/compare?b=a&b=b&minValue=4',
    '/api/v1/builds/x%20y/columns?metrics=walltime%2Cio.read_bytes',
  ]);
});

test('a problem document becomes an error with its code and its cause', async () => {
  const problem = { type: 'about:blank', title: 'Not found', status: 404, detail: 'No build abc.', code: 'not-found' };
  const server = answering(404, JSON.stringify(problem), 'application/problem+json');
  const error = await createClient(server.fetch)
    .build('abc')
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 404, code: 'not-found', message: 'No build abc.' });
});

test('a server that is gone, and an answer that is no JSON, each say so', async () => {
  const gone = createClient(() => Promise.reject(new TypeError('fetch failed')));
  await expect(gone.server()).rejects.toMatchObject({ code: 'unreachable' });
  const proxy = createClient(answering(200, '<html>login</html>', 'text/html').fetch);
  await expect(proxy.server()).rejects.toMatchObject({ code: 'not-json' });
  const bad = createClient(answering(502, '<html>bad gateway</html>', 'text/html').fetch);
  await expect(bad.server()).rejects.toMatchObject({ status: 502, code: 'internal' });
});
