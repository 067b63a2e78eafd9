import type { FastifyReply, FastifyRequest } from 'fastify';

/** The address of our DICOMweb service as the asker has it, without a slash at the end. */
export function serviceRoot(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}/dicomweb`;
}

/** Says what was done otherwise than asked (PS3.18 8.4.2: code 299, miscellaneous persistent warning). */
export function warn(reply: FastifyReply, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  const root = serviceRoot(reply.request);
  void reply.header(
    'warning',
    [...new Set(warnings)].map((text) => `299 ${root}: ${text}`).join(', '),
  );
}
