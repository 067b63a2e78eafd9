import { z } from 'zod';
import type { Route } from './route.ts';

type JsonSchema = Record<string, unknown>;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What OpenAPI calls the parameter that takes the rest of the path, `*` in fastify's notation. */
const REST = 'path';

function toTemplate(path: string): string {
  return path.replaceAll(/:([A-Za-z]+)/g, '{$1}').replace(/\*$/, `{${REST}}`);
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function partOf(input: JsonSchema, name: string): JsonSchema | undefined {
  const properties = input['properties'];
  const part = isRecord(properties) ? properties[name] : undefined;
  return isRecord(part) ? part : undefined;
}

function parametersOf(part: JsonSchema | undefined, where: 'path' | 'query'): JsonSchema[] {
  const properties = part?.['properties'];
  const required = part?.['required'];
  return Object.entries(isRecord(properties) ? properties : {}).map(([name, schema]) => ({
    name: name === '*' ? REST : name,
    in: where,
    required: where === 'path' || (Array.isArray(required) && required.includes(name)),
    schema,
  }));
}

function describeOperation(route: Route, errorReference: JsonSchema): JsonSchema {
  const input = toSchema(route.input, 'input');
  const body = partOf(input, 'body');
  const content = Object.fromEntries(
    route.produces.map((type) => [
      type,
      route.response === undefined ? {} : { schema: toSchema(route.response, 'output') },
    ]),
  );
  const isPublic = route.access === 'public';
  return {
    summary: route.summary,
    parameters: [
      ...parametersOf(partOf(input, 'params'), 'path'),
      ...parametersOf(partOf(input, 'query'), 'query'),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      [String(route.status)]: { description: 'Success', content },
      default: {
        description: 'A coded error',
        content: { 'application/json': { schema: errorReference } },
      },
    },
    security: isPublic ? [] : [{ bearer: [] }, { session: [] }],
    ...(isPublic ? {} : { 'x-roles': route.access }),
  };
}

/** The OpenAPI 3.1 description of the routes that are not hidden. */
export function describeApi(
  routes: readonly Route[],
  site: { version: string; sessionCookie: string; errorSchema: z.ZodType },
): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  const errorReference = { $ref: '#/components/schemas/Error' };
  for (const route of routes.filter((candidate) => !candidate.hidden)) {
    const path = toTemplate(route.path);
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: describeOperation(route, errorReference),
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'RadTriage', version: site.version },
    paths,
    components: {
      schemas: { Error: toSchema(site.errorSchema, 'output') },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: site.sessionCookie },
      },
    },
  };
}
