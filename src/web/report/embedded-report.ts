/**
 * A build or a comparison as one file: the same pages, with the answers they would ask a server for written into the file. Where this page is
 * such a file, `report` holds them, addresses live behind the `#`, and nothing is asked of anyone.
 */

import { compareHeld } from './compare-held.ts';
import { bytesOf } from './held-bytes.ts';
import { parseReport, type Report } from './report-file.ts';

const source = document.getElementById('bakehouse-report');
export const report: Report | null = source?.textContent ? parseReport(source.textContent) : null;

function problem(status: number, code: string, detail: string): Response {
  const body = { type: 'about:blank', title: 'Not in this file', status, detail, code };
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } });
}

const json = (value: unknown): Response =>
  new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } });

/** Answers the client from the file. */
export function reportFetch(held: Report): typeof fetch {
  return async (input) => {
    const url = new URL(
      typeof input === 'string' ? input : input instanceof URL ? input.href : input.url,
      'http://report/',
    );
    const path = url.pathname.replace(/^\/api\/v1/, '');
    if (path === '/compare') {
      const result = compareHeld(held, url.searchParams);
      return result === null ? problem(404, 'not-found', 'One of these builds is not in this file.') : json(result);
    }
    const answer = held.answers[path];
    if (answer === undefined) {
      return problem(404, 'not-found', 'This file holds only what it was made of; a server has the rest.');
    }
    return 'json' in answer ? json(answer.json) : new Response(bytesOf(answer.base64));
  };
}
