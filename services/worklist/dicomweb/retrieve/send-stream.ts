import { Readable } from 'node:stream';
import { toRadTriageError } from '#core/errors.ts';
import type { WebContext } from '../../context.ts';
import { type Piece, PieceStream } from './piece-stream.ts';

type Logger = WebContext['logger'];

/**
 * Text that a generator gives, sent as fast as the asker takes it. When the asker goes away the generator is ended, and
 * with it whatever it holds. When the generator fails half way the connection is broken off: the asker must not take a
 * part for the whole.
 */
export function textStream(
  { logger }: Pick<WebContext, 'logger'>,
  chunks: AsyncGenerator<string>,
): Readable {
  return Readable.from(logged(logger, chunks), { objectMode: true, highWaterMark: 2 });
}

/** The same for bytes and ranges of files. */
export function pieceStream(
  { logger }: Pick<WebContext, 'logger'>,
  pieces: AsyncGenerator<Piece>,
): Readable {
  return new PieceStream(pieces).once('error', (error) => tell(logger, error));
}

function tell(logger: Logger, thrown: unknown): void {
  const { code, message } = toRadTriageError(thrown);
  // Who goes away has its reasons.
  if (code === 'ASSOCIATION_FAILED') return;
  logger.error({ code, why: message }, 'an answer of DICOMweb broke off');
}

async function* logged(logger: Logger, chunks: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    yield* chunks;
  } catch (thrown) {
    tell(logger, thrown);
    throw thrown;
  }
}
