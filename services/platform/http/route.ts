import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { UserRole } from '#core/finding.ts';
import type { Principal } from './principal.ts';

/** Who may call a route. There is no default: every route says it. */
export type Access = 'public' | readonly [UserRole, ...UserRole[]];

interface RouteBase<Input extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Fastify's notation: `/api/studies/:uid`. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  /** One object schema with any of `params`, `query` and `body`; what it does not name is dropped. */
  readonly input: Input;
  /** Status of a successful answer; 200 without it. */
  readonly status?: number;
  readonly rateLimit?: { readonly max: number; readonly timeWindow: number };
  /** Not described in /api/openapi.json. */
  readonly hidden?: boolean;
}

export interface JsonRoute<Input extends z.ZodType, Output extends z.ZodType>
  extends RouteBase<Input> {
  readonly response: Output;
}

export interface RawRoute<Input extends z.ZodType> extends RouteBase<Input> {
  /** Media types of the answer. */
  readonly produces: readonly string[];
}

/** What a handler is given besides its parsed input. */
export interface RouteContext {
  readonly principal: Principal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A route whose schemas are closed over: `run` parses the input, calls the handler and parses its answer. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly status: number;
  readonly input: z.ZodType;
  readonly response: z.ZodType | undefined;
  readonly produces: readonly string[];
  readonly config: FastifyContextConfig;
  readonly hidden: boolean;
  readonly run: (context: RouteContext) => Promise<unknown>;
}

/** For routes without parameters, query or body. */
export const noInput = z.object({});

function describeRoute(spec: RouteBase<z.ZodType>) {
  return {
    method: spec.method,
    path: spec.path,
    access: spec.access,
    summary: spec.summary,
    status: spec.status ?? 200,
    input: spec.input,
    config:
      spec.rateLimit === undefined ? {} : { rateLimit: { groupId: spec.path, ...spec.rateLimit } },
    hidden: spec.hidden ?? false,
  };
}

function readInput<Input extends z.ZodType>(schema: Input, request: FastifyRequest) {
  return schema.parse({ params: request.params, query: request.query, body: request.body });
}

/** A route that answers JSON. What the response schema does not name never leaves the server. */
export function jsonRoute<Input extends z.ZodType, Output extends z.ZodType>(
  spec: JsonRoute<Input, Output>,
  handle: (input: z.output<Input>, context: RouteContext) => Promise<z.input<Output>>,
): Route {
  return {
    ...describeRoute(spec),
    response: spec.response,
    produces: ['application/json'],
    run: async (context) => {
      const answer = await handle(readInput(spec.input, context.request), context);
      const parsed = spec.response.safeParse(answer);
      if (!parsed.success) {
        throw new TypeError(`the answer of ${spec.method} ${spec.path} breaks its contract`, {
          cause: parsed.error,
        });
      }
      return parsed.data;
    },
  };
}

/** A route that answers bytes, or takes the reply over. */
export function rawRoute<Input extends z.ZodType>(
  spec: RawRoute<Input>,
  handle: (input: z.output<Input>, context: RouteContext) => Promise<unknown>,
): Route {
  return {
    ...describeRoute(spec),
    response: undefined,
    produces: spec.produces,
    run: async (context) => handle(readInput(spec.input, context.request), context),
  };
}
