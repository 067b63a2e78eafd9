import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { type ErrorCode, RadTriageError } from '#core/errors.ts';
import { asDatabaseError } from '../database/connect.ts';
import type { Logger } from '../logger/logger.ts';

/** Codes for the refusals that fastify itself makes, by their HTTP status. */
const CODE_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'NOT_FOUND',
  406: 'NOT_ACCEPTABLE',
  429: 'TOO_MANY_REQUESTS',
};

function isFastifyRefusal(error: unknown): error is FastifyError {
  if (!(error instanceof Error) || !('statusCode' in error)) return false;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
}

/** Names every fault of a request, never the values that it held. */
function describeFaults(error: ZodError): string {
  return error.issues
    .map((issue) => `${issue.path.join('.') || 'request'}: ${issue.message}`)
    .join('; ');
}

/** What the client is told. An error that we did not foresee says nothing of its cause. */
function toHttpError(thrown: unknown): RadTriageError {
  const error = asDatabaseError(thrown);
  if (error instanceof RadTriageError) return error;
  if (error instanceof ZodError) {
    return new RadTriageError('REQUEST_INVALID', describeFaults(error), { cause: error });
  }
  if (isFastifyRefusal(error)) {
    const code = CODE_BY_STATUS[error.statusCode ?? 400] ?? 'REQUEST_INVALID';
    return new RadTriageError(code, error.message, { cause: error });
  }
  return new RadTriageError('INTERNAL', 'the server failed; its log says more', { cause: error });
}

/** The body of contracts/session.ts errorSchema. */
function errorBody(error: RadTriageError) {
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
  };
}

/** Where an error was thrown, without its message: a database's messages may quote values. */
function traceOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.map((line) => line.trim())];
}

export function createErrorHandler(logger: Logger) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const error = toHttpError(thrown);
    if (error.httpStatus >= 500) {
      logger.error(
        { code: error.code, route: request.routeOptions.url, trace: traceOf(error.cause) },
        'request failed',
      );
    }
    if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer');
    if (error.retryable && error.httpStatus === 503) reply.header('retry-after', '2');
    void reply
      .code(error.httpStatus)
      .header('cache-control', 'no-store')
      .type('application/json')
      .send(errorBody(error));
  };
}
