/** The pages: files of the web below /buildstats, index.html for every address that the page's own router knows. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isLocalPeer, pageContentPolicy } from '../api/security.ts';
import { acceptedEncoding, matchesEtag } from '../api/send.ts';
import type { OperationRunner } from '../operations/run.ts';
import type { Asset, AssetSource } from './assets.ts';
import { failureFor, type ShownFailure, sendFailureText, wantsText } from './failure-pages.ts';
import { pageFeed } from './page-feeds.ts';
import { PAGES_PREFIX } from './pages-prefix.ts';

function sendFile(request: FastifyRequest, reply: FastifyReply, asset: Asset): FastifyReply {
  const etag = `W/"${asset.bytes.length.toString(36)}-${hashOf(asset)}"`;
  reply
    .type(asset.type)
    .header('etag', etag)
    .header('vary', 'Accept-Encoding')
    .header('cache-control', asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
  if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  if (asset.gzip !== null && !isLocalPeer(request) && acceptedEncoding(request.headers['accept-encoding']) !== null) {
    // zstd is preferred for what is packed on the way; files are kept packed with gzip, which everyone who takes zstd takes too.
    if (/\bgzip\b/.test(request.headers['accept-encoding'] ?? ''))
      return reply.header('content-encoding', 'gzip').send(asset.gzip);
  }
  return reply.send(asset.bytes);
}

const hashes = new WeakMap<Asset, string>();

/** FNV-1a over the bytes: an ETag must tell two versions of one file apart, not withstand anybody. */
function hashOf(asset: Asset): string {
  let text = hashes.get(asset);
  if (text === undefined) {
    let hash = 0x811c9dc5;
    for (const byte of asset.bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    text = (hash >>> 0).toString(36);
    hashes.set(asset, text);
  }
  return text;
}

/**
 * index.html with the nonce of this answer: in a meta element, where the page's style library reads it, and on every inline script
 * and style the build of the pages may have put there.
 */
export function withNonce(html: string, nonce: string): string {
  return html
    .replaceAll(/<(script|style)(?![^>]*\bsrc=)/g, `<$1 nonce="${nonce}"`)
    .replace(/<head>/i, `<head><meta name="csp-nonce" content="${nonce}">`);
}

const NO_PAGES = `<!doctype html><meta charset="utf-8"><title>Bakehouse</title>
<p>The server runs, but its pages are not built: run <code>npm run build</code>, or ask <a href="/api/v1/openapi.json">the API</a>.</p>
`;

/** The same with what it is of, for chat bots and for who runs no scripts. Functions, since `$&` in a log must stay what it is. */
export function withFailure(html: string, { head, body }: ShownFailure): string {
  return html
    .replace(/<title>[^<]*<\/title>/, () => head)
    .replace(/<noscript>[\s\S]*?<\/noscript>/, () => `<noscript>${body}</noscript>`);
}

export interface PagesOptions {
  readonly runner: OperationRunner;
  readonly publicUrl: string | null;
  readonly onPage: () => void;
}

export function registerPages(app: FastifyInstance, assets: AssetSource, options: PagesOptions): void {
  const { runner, publicUrl, onPage } = options;
  let html: string | null = null;
  const page = (reply: FastifyReply, failure: ShownFailure | null = null, feed: string | null = null): FastifyReply => {
    onPage();
    const index = assets.get('index.html');
    html ??= index === null ? NO_PAGES : new TextDecoder().decode(index.bytes);
    const nonce = randomBytes(16).toString('base64url');
    const shown = failure !== null ? withFailure(html, failure) : html;
    return reply
      .code(index === null ? 503 : 200)
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-security-policy', pageContentPolicy(nonce))
      .send(withNonce(feed === null ? shown : shown.replace('</head>', () => `${feed}</head>`), nonce));
  };
  app.get('/', async (_, reply) => reply.redirect(PAGES_PREFIX, 302));
  app.get('/favicon.ico', async (_, reply) => reply.redirect(`${PAGES_PREFIX}/icon.svg`, 302));
  app.get(PAGES_PREFIX, async (_, reply) => page(reply));
  app.get<{ Params: { failure: string } }>(`${PAGES_PREFIX}/f/:failure`, async (request, reply) => {
    const { failure } = request.params;
    if (wantsText(request)) return sendFailureText(runner, request, reply, failure, publicUrl);
    return page(reply, await failureFor(runner, request, failure, publicUrl));
  });
  app.get<{ Params: { '*': string } }>(`${PAGES_PREFIX}/*`, async (request, reply) => {
    const path = request.params['*'];
    const asset = path === 'index.html' ? null : assets.get(path);
    if (asset !== null) return sendFile(request, reply, asset);
    // A missing script must be an error, not a page that is then run as one.
    if (path.startsWith('assets/')) return reply.code(404).type('text/plain; charset=utf-8').send('no such file\n');
    return page(reply, null, pageFeed(path, new URL(request.url, 'http://x').searchParams));
  });
}
