import { Readable } from 'node:stream';
import { toRadTriageError } from '#core/errors.ts';
import type { WebContext } from '../../context.ts';

/**
 * What a generator gives, sent as fast as the asker takes it. When the asker goes away the generator is ended, and with
 * it whatever it holds. When the generator fails half way the connection is broken off: the asker must not take a part
 * for the whole.
 */
export function streamOf(
  { logger }: Pick<WebContext, 'logger'>,
  chunks: AsyncGenerator<Uint8Array | string>,
): Readable {
  return Readable.from(logged(logger, chunks), { objectMode: true, highWaterMark: 2 });
}

async function* logged(
  logger: WebContext['logger'],
  chunks: AsyncGenerator<Uint8Array | string>,
): AsyncGenerator<Uint8Array | string> {
  try {
    yield* chunks;
  } catch (thrown) {
    const { code, message } = toRadTriageError(thrown);
    logger.error({ code, why: message }, 'an answer of DICOMweb broke off');
    throw thrown;
  }
}
