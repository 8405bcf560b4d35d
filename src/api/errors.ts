/**
 * The one mapping from errors to HTTP: BakehouseError codes become RFC 9457 problem documents; anything else is a bug,
 * logged by the caller with its stack and shown as "internal error" with nothing of its text.
 */
import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { BakehouseError, type ErrorCode } from '../model/errors.ts';
import type { ProblemDocument } from './contract.ts';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

const STATUS: Readonly<Record<ErrorCode, { status: number; title: string }>> = {
  invalid: { status: 400, title: 'The request is not valid' },
  'not-found': { status: 404, title: 'Not found' },
  unreadable: { status: 422, title: 'The data cannot be read' },
  'too-large': { status: 413, title: 'Too large' },
  unauthorized: { status: 401, title: 'Who asks must be known' },
  'too-many': { status: 429, title: 'Too much in too short a time' },
  forbidden: { status: 403, title: 'Not allowed' },
  conflict: { status: 409, title: 'Conflict' },
  unavailable: { status: 503, title: 'Not available now' },
};

function document(code: ErrorCode | 'internal', detail: string): ProblemDocument {
  const { status, title } = code === 'internal' ? { status: 500, title: 'Internal error' } : STATUS[code];
  return { type: `urn:bakehouse:problem:${code}`, title, status, detail, code };
}

/** Fastify's own refusals (a body too large, a bad media type, a parameter too long) by their status. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  408: 'unavailable',
  409: 'conflict',
  413: 'too-large',
  414: 'too-large',
  429: 'too-many',
  431: 'too-large',
  503: 'unavailable',
};

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}

/** `bug`: not one of ours; the caller logs it. */
export function problemOf(error: unknown): { readonly problem: ProblemDocument; readonly bug: boolean } {
  if (error instanceof BakehouseError)
    return { problem: { ...error.details, ...document(error.code, error.message) }, bug: false };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const detail = error.validation
      .map(
        (issue) => `${issue.instancePath.replaceAll('/', ' ').trim() || 'the request'}: ${issue.message ?? 'invalid'}`,
      )
      .join('; ')
      .slice(0, 1000);
    return { problem: document('invalid', detail), bug: false };
  }
  if (isFastifyError(error) && error.statusCode !== undefined && error.statusCode < 500)
    return { problem: document(CODE_OF_STATUS[error.statusCode] ?? 'invalid', error.message), bug: false };
  return { problem: document('internal', 'internal error'), bug: true };
}

export function notFound(what: string): ProblemDocument {
  return document('not-found', what);
}

/** The document for a request that was refused before it reached a route. */
export function refusal(status: number, detail: string): ProblemDocument {
  return { ...document(CODE_OF_STATUS[status] ?? 'invalid', detail), status };
}
