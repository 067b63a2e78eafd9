/** The package has no types of its own; only what is used is declared. */
declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  interface JpegLSDecoder {
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getDecodedBuffer(): Uint8Array;
    /** 0 by plane, 1 by line, 2 by sample. */
    getInterleaveMode(): number;
    delete(): void;
  }
  interface CharlsModule {
    JpegLSDecoder: new () => JpegLSDecoder;
  }

  export type { CharlsModule };
  export default function load(): Promise<CharlsModule>;
}
