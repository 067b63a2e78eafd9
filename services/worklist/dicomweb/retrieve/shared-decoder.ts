import {
  createPixelDecoder,
  type FrameRequest,
  type PixelDecoder,
} from '#dicom/pixels/pixel-decoder.ts';

/** Decodes for whoever asks; its processes are there only while somebody does. */
export interface SharedDecoder extends Pick<PixelDecoder, 'decode' | 'processIds' | 'close'> {}

const PROCESSES = 2;
const IDLE_MS = 60_000;

/**
 * The decoding processes of the web process: started by the first frame, ended when none has been asked for in a
 * while.
 * @param idleMs milliseconds
 */
export function createSharedDecoder(idleMs = IDLE_MS): SharedDecoder {
  let decoder: PixelDecoder | undefined;
  let working = 0;
  let timer: NodeJS.Timeout | undefined;
  const close = async (): Promise<void> => {
    clearTimeout(timer);
    const idle = decoder;
    decoder = undefined;
    await idle?.close();
  };
  return {
    close,
    processIds: () => decoder?.processIds() ?? [],
    decode: async (request: FrameRequest) => {
      clearTimeout(timer);
      working += 1;
      decoder ??= createPixelDecoder({ processes: PROCESSES });
      try {
        return await decoder.decode(request);
      } finally {
        working -= 1;
        if (working === 0) timer = setTimeout(() => void close(), idleMs).unref();
      }
    },
  };
}
