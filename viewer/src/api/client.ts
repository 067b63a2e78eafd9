import type { z } from 'zod';
import { type ApiError, errorSchema } from '#contracts/session.ts';
import { failureFromServer } from '../languages/server-words.ts';
import { userIsPresent } from './presence.ts';
import { API_TEXT } from './text.ts';

/**
 * An answer that was not a success, or none at all (`status` 0: the server was not reached). Its message is in the
 * language of the page.
 */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryable: boolean;
  readonly details: NonNullable<ApiError['details']>;

  constructor(status: number, error: ApiError) {
    super(failureFromServer(error.code, error.message));
    this.name = 'ApiFailure';
    this.status = status;
    this.code = error.code;
    this.retryable = error.retryable;
    this.details = error.details ?? {};
  }
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Lets the request outlive the page, for the release of a study on leaving. */
  readonly keepalive?: boolean;
  /** Fetched ahead: nobody has asked to see it yet. It yields to all else, and is logged as what it is. */
  readonly ahead?: boolean;
}

/** Header of what is fetched ahead. */
export const AHEAD_HEADERS = { 'x-radtriage-prefetch': '1' } as const;

async function readFailure(response: Response): Promise<ApiFailure> {
  const body: unknown = await response.json().catch(() => null);
  const parsed = errorSchema.safeParse(body);
  if (parsed.success) return new ApiFailure(response.status, parsed.data);
  return new ApiFailure(response.status, {
    code: response.status === 401 ? 'UNAUTHENTICATED' : 'INTERNAL',
    message: API_TEXT.status(response.status),
    retryable: response.status >= 500,
  });
}

async function call(path: string, options: Call): Promise<Response> {
  const { method = 'GET', body, signal, keepalive = false, ahead = false } = options;
  const init: RequestInit = { method, credentials: 'same-origin', keepalive };
  const headers: Record<string, string> = { accept: 'application/json' };
  if (!userIsPresent()) headers['x-radtriage-background'] = '1';
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  if (signal !== undefined) init.signal = signal;
  if (ahead) {
    Object.assign(headers, AHEAD_HEADERS);
    init.priority = 'low';
  }
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch (thrown) {
    if (signal?.aborted === true) throw thrown;
    throw new ApiFailure(0, {
      code: 'UNREACHABLE',
      message: API_TEXT.unreachable,
      retryable: true,
    });
  }
  if (!response.ok) throw await readFailure(response);
  return response;
}

/**
 * Asks the API and parses the answer.
 * @throws ApiFailure for an error answer, an answer that breaks the contract, or no answer
 */
export async function request<S extends z.ZodType>(
  schema: S,
  path: string,
  options: Call = {},
): Promise<z.output<S>> {
  const response = await call(path, options);
  const parsed = schema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new ApiFailure(response.status, {
    code: 'CONTRACT',
    message: API_TEXT.contract,
    retryable: false,
  });
}

/** Sends a command whose answer is of no interest. */
export async function send(path: string, options: Call): Promise<void> {
  await call(path, options);
}

/** DICOM JSON (PS3.18 annex F) is not ours: it is handed over as parsed. */
export async function requestDicomJson(path: string, options: Call): Promise<unknown> {
  const response = await call(path, options);
  return response.json();
}

/** What to tell the reader of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
