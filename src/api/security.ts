/**
 * Who may reach in (docs/decisions/0012): a request must name this machine in its Host header, so that a page elsewhere cannot reach in
 * by pointing its own name here (DNS rebinding); what a browser writes must come from our own page. Who asks is authentication.ts.
 */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { BakehouseError } from '../model/errors.ts';

/** `example.org:8080`, `[::1]:8080`, `LOCALHOST` -> the name, lower case, without port and brackets. Null: not a host at all. */
export function hostName(header: string): string | null {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::\d{1,5})?$/.exec(header);
  const name = match?.[1] ?? match?.[2];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}

export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

export interface HostRule {
  /** What the server listens on. */
  readonly host: string;
  /** Further names it is known by. */
  readonly allowedHosts: readonly string[];
}

/** Addresses are taken when we listen beyond loopback: no attacker's name is in them, so rebinding needs a name. */
export function isAllowedHost(header: string | undefined, rule: HostRule): boolean {
  const name = header === undefined ? null : hostName(header);
  if (name === null) return false;
  if (isLoopbackName(name)) return true;
  if (name === rule.host.toLowerCase()) return true;
  if (rule.allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return true;
  return isIP(name) !== 0 && !isLoopbackName(rule.host);
}

export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain);
}

/** On this machine and not passed on by a proxy that stands on it. */
export function isLocalPeer(request: FastifyRequest): boolean {
  const { headers } = request;
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined || headers.via !== undefined)
    return false;
  return isLoopbackAddress(request.socket.remoteAddress);
}

/** `publicUrl`: a proxy that names this machine in Host by another name than browsers know it. */
export function isSameOrigin(request: FastifyRequest, publicUrl: string | null = null): boolean {
  const site = request.headers['sec-fetch-site'];
  const { origin, host } = request.headers;
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return site === 'same-origin';
  if (origin === `http://${host}` || origin === `https://${host}`) return true;
  return publicUrl !== null && origin === new URL(publicUrl).origin;
}

export function assertOwnPage(request: FastifyRequest, publicUrl: string | null): void {
  if (!isSameOrigin(request, publicUrl))
    throw new BakehouseError(
      'forbidden',
      'Only our own page may write: the Origin or Sec-Fetch-Site header must say that the request comes from it.',
    );
}

/** What belongs to the server and not to an account, such as the sample: by an admin who is signed in, or on the server's own machine. */
export function mayWrite(request: FastifyRequest): boolean {
  if (request.signedIn?.by === 'session' && request.viewer.admin) return true;
  return isLocalPeer(request) && isSameOrigin(request);
}

export function assertMayWrite(request: FastifyRequest): void {
  if (mayWrite(request)) return;
  if (!isLocalPeer(request))
    throw new BakehouseError('forbidden', 'Only a browser or program on the machine of the server may write.');
  assertOwnPage(request, null);
}

/**
 * For what programs send without any header of their own: a page of another site could make its reader's browser send the same, in the name of
 * the machine that it runs on. Browsers say where such a request comes from; curl and the clients of old do not.
 */
export function assertNoForeignPage(request: FastifyRequest): void {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin === undefined && (site === undefined || site === 'none')) return;
  if (!isSameOrigin(request))
    throw new BakehouseError('forbidden', 'A page of another site may not send builds to this server.');
}

/** Of every answer. Pages add their own script and style rule (server/assets.ts). */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** Answers that are no pages load nothing. */
export const DATA_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'";

/**
 * Pages load from their own origin alone. The component library writes its variables into style elements and charts set widths on
 * elements, so styles go by nonce and style attributes are let through; scripts go by `'self'` and nonce only.
 */
export function pageContentPolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
