/** The HTTP side of the process: security of every request, the API, the pages. */
import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type ConnectionError, type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { type Authentication, createAuthentication, withoutPathToken } from '../api/authentication.ts';
import { PROBLEM_MEDIA_TYPE, refusal } from '../api/errors.ts';
import { answerPastBody } from '../api/incoming.ts';
import { loggedUrl } from '../api/logged-url.ts';
import { API_PREFIX, answerProblems, registerApi } from '../api/plugin.ts';
import type { EventSource } from '../api/routes/route.ts';
import { DATA_CONTENT_POLICY, type HostRule, isAllowedHost, SECURITY_HEADERS } from '../api/security.ts';
import { BakehouseError } from '../model/errors.ts';
import { type OperationRunner, STRANGER } from '../operations/run.ts';
import type { Activity } from '../operations/server-info.ts';
import type { AssetSource } from './assets.ts';
import { registerErrorReports } from './error-reports.ts';
import { registerFailures } from './failure-pages.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { registerOestats } from './oestats.ts';
import { registerPages } from './pages.ts';
import { PAGES_PREFIX } from './pages-prefix.ts';
import { registerShortAddresses } from './short-address.ts';
import { registerWatching } from './watching.ts';

/** No request of today carries a body. */
const BODY_BYTES_MAX = 64 << 10;
/** Longer than any recipe name, shorter than what a pattern could choke on. */
const PARAMETER_CHARS_MAX = 300;
/** A client that takes longer to send the head of its request is not one. Answers may take as long as they need. */
const HEADERS_TIMEOUT_MS = 30_000;
/** A log of 64 MB through a line of 1 Mbit/s takes nine minutes. */
const REQUEST_TIMEOUT_MS = 600_000;

const OTHER_MACHINE =
  'The Host header names another machine. If this server is known by that name, say so with --allowed-hosts.';

export interface HttpOptions {
  readonly runner: OperationRunner;
  readonly events: EventSource;
  readonly activity: () => Activity;
  readonly assets: AssetSource;
  readonly version: string;
  readonly hosts: HostRule;
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly trustProxy?: readonly string[];
  /** Folders whose disks must not fill up. */
  readonly folders?: readonly string[];
  readonly metrics?: Metrics;
  /** Address by which others know the server. */
  readonly publicUrl?: string | null;
  /** Nobody but this machine reaches it: see authentication.ts. */
  readonly standalone?: boolean;
  readonly logger?: FastifyBaseLogger | undefined;
  /** Called when a page is asked for: its questions to the API follow at once. */
  readonly onPage?: () => void;
  /** The clock by which what is known of a credential grows old. */
  readonly now?: () => number;
}

/** What Node's parser refuses never becomes a request: answered on the bare connection, as every other refusal is. */
function refuseConnection(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const detail =
    status === 408
      ? 'The request did not arrive in time.'
      : status === 431
        ? 'The headers, or the address, are longer than is read.'
        : 'This is no HTTP request.';
  const problem = refusal(status, detail);
  const body = JSON.stringify(problem);
  const head = Object.entries({
    ...SECURITY_HEADERS,
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable)
    socket.write(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head.join('')}\r\n${body}`);
  socket.destroy(error);
}

function isForEverybody(url: string): boolean {
  const path = url.split('?', 1)[0]!;
  if (path.startsWith(`${PAGES_PREFIX}/f/`)) return false;
  return path === '/health' || path === PAGES_PREFIX || path.startsWith(`${PAGES_PREFIX}/`);
}

export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    ...(options.logger === undefined ? { logger: false } : { loggerInstance: options.logger }),
    // Not a number: after a restart it would begin anew, and a user's quote find two requests.
    genReqId: () => randomBytes(6).toString('base64url'),
    bodyLimit: BODY_BYTES_MAX,
    ...(options.trustProxy === undefined || options.trustProxy.length === 0
      ? {}
      : { trustProxy: [...options.trustProxy] }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    // One line an answer, below, and not two; files of the pages only for who asks for everything.
    logController: new LogController({ disableRequestLogging: true }),
    // Idle pages must not hold up the end of the process.
    forceCloseConnections: 'idle',
    // Before any route, hence without the hooks below: an address that cannot be decoded, a parameter that is too long.
    frameworkErrors: (error, request, reply) => {
      const { status, code } = refusal(error.statusCode ?? 400, '');
      const allowed = isAllowedHost(request.headers.host, options.hosts);
      const problem = allowed
        ? refusal(
            status,
            code === 'too-large' ? 'A part of the address is too long.' : 'The address cannot be decoded.',
          )
        : refusal(403, OTHER_MACHINE);
      const body = JSON.stringify(problem);
      reply.hijack();
      reply.raw
        .writeHead(problem.status, {
          ...SECURITY_HEADERS,
          'content-security-policy': DATA_CONTENT_POLICY,
          'content-type': PROBLEM_MEDIA_TYPE,
          'content-length': Buffer.byteLength(body),
          'cache-control': 'no-store',
        })
        .end(body);
    },
    clientErrorHandler: refuseConnection,
    rewriteUrl: withoutPathToken,
    routerOptions: { maxParamLength: PARAMETER_CHARS_MAX, ignoreTrailingSlash: true },
  });

  const metrics = options.metrics ?? createMetrics();
  const authentication: Authentication = createAuthentication({
    runner: options.runner,
    publicUrl: options.publicUrl ?? null,
    standalone: options.standalone ?? false,
    now: options.now ?? Date.now,
  });
  app.decorateRequest('viewer');
  app.decorateRequest('signedIn');
  app.addHook('onRequest', async (request, reply) => {
    request.viewer = STRANGER;
    // What a user quotes is found in the log.
    reply.header('x-request-id', request.id);
    request.signedIn = null;
    reply.headers(SECURITY_HEADERS);
    if (!isAllowedHost(request.headers.host, options.hosts)) throw new BakehouseError('forbidden', OTHER_MACHINE);
    // Files of the pages are the same for everybody, and must not wait for the database.
    if (!isForEverybody(request.url)) await authentication.identify(request);
  });
  app.addHook('onSend', async (request, reply, payload) => answerPastBody(request, reply, payload));
  app.addHook('onResponse', async (request, reply) => {
    const line = { status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10 };
    request.log[request.url.startsWith(API_PREFIX) ? 'info' : 'debug'](
      line,
      `${request.method} ${loggedUrl(request.url)}`,
    );
    const route = request.routeOptions.url ?? 'none';
    metrics.http.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    metrics.receivedBytes += Number(request.headers['content-length'] ?? 0) || 0;
  });
  answerProblems(app);

  registerWatching(app, { runner: options.runner, version: options.version, metrics, folders: options.folders ?? [] });
  app.register(
    async (api) => {
      registerApi(api, {
        runner: options.runner,
        version: options.version,
        events: options.events,
        authentication,
        publicUrl: options.publicUrl ?? null,
        activity: options.activity,
        documented: false,
      });
    },
    { prefix: API_PREFIX },
  );
  registerShortAddresses(app, options.runner);
  registerErrorReports(app, options.runner);
  registerOestats(app, options.runner);
  registerFailures(app, options.runner, options.publicUrl ?? null, PAGES_PREFIX);
  registerPages(app, options.assets, {
    runner: options.runner,
    publicUrl: options.publicUrl ?? null,
    onPage: options.onPage ?? (() => {}),
  });
  await app.ready();
  return app;
}
