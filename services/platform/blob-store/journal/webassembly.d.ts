/** What is used of WebAssembly's interface (W3C WebAssembly JavaScript Interface, 5.3); Node's types leave it out. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum: number });
    readonly buffer: ArrayBuffer;
  }
}
