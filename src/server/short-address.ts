/**
 * `/b/<short>`: the address that a client prints before anything was sent. It leads to the build's page; until something has arrived it says
 * so, in words, without a script, and asks again by itself.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problemOf } from '../api/errors.ts';
import type { OperationRunner } from '../operations/run.ts';
import { PAGES_PREFIX } from './pages-prefix.ts';

export const SHORT_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'";
/** The page looks again after so many seconds: a push takes some. */
const AGAIN_S = 15;

function words(title: string, text: string, again: boolean): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">${again ? `<meta http-equiv="refresh" content="${AGAIN_S}">` : ''}<title>${title}</title>
<style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1rem}code{font-size:.95em}</style></head>
<body><h1>${title}</h1>${text}<p><a href="${PAGES_PREFIX}">All builds</a></p></body></html>
`;
}

/** Of a build, or of a failure in it. */
export const ANNOUNCED = words(
  'Announced, not yet received',
  `<p>Whoever gave you this address has a build to show, but nothing of it has arrived on this server yet. A client prints the address when a build
ends, also where it was offline; it is pushed then, or later with <code>push-build-results</code>.</p><p>This page looks again every ${AGAIN_S} seconds.</p>`,
  true,
);

function unreadable(problem: string): string {
  const text = problem.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return words(
    'Received, and not readable',
    `<p>Something of this build has arrived, but it cannot be shown: ${text}</p><p>The record is still where it was written. Once it can be read, here or by a
newer server, it may be pushed again.</p>`,
    false,
  );
}

const NO_ADDRESS = words(
  'This is no address of a build',
  '<p>A character may be missing: it has 16 after the last slash.</p>',
  false,
);

/** What has come of the build that a short address stands for; `not-found`: it is no such address. */
export async function findAnnounced(
  runner: OperationRunner,
  request: FastifyRequest,
  short: string,
): Promise<{ readonly id: string | null; readonly problem: string | null }> {
  const answer = await runner.run('find-announced', { short }, request.viewer);
  if (answer.kind !== 'json') throw new Error('find-announced gives JSON');
  return JSON.parse(new TextDecoder().decode(answer.bytes)) as { id: string | null; problem: string | null };
}

export function registerShortAddresses(app: FastifyInstance, runner: OperationRunner): void {
  app.get<{ Params: { short: string } }>('/b/:short', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('content-security-policy', SHORT_PAGE_POLICY);
    try {
      const { id, problem } = await findAnnounced(runner, request, request.params.short);
      if (id !== null) return reply.redirect(`${PAGES_PREFIX}/b/${id}`, 302);
      return reply
        .code(404)
        .type('text/html; charset=utf-8')
        .send(problem === null ? ANNOUNCED : unreadable(problem));
    } catch (error) {
      const { problem } = problemOf(error);
      if (problem.code !== 'not-found') throw error;
      return reply.code(404).type('text/html; charset=utf-8').send(NO_ADDRESS);
    }
  });
}
