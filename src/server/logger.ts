import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';
import type { LogLevel } from './settings-table.ts';

/** JSON lines on stdout. No transports: their worker files would break the one-file bundle. Nothing of a request but its line is logged. */
export function createLogger(level: LogLevel): FastifyBaseLogger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}
