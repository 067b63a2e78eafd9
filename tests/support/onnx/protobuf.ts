/** The little of the protobuf wire format that writing an ONNX file takes. */
type Field = Buffer;

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}

function tag(field: number, wireType: number): Buffer {
  return varint(BigInt((field << 3) | wireType));
}

export function integer(field: number, value: number): Field {
  return Buffer.concat([tag(field, 0), varint(BigInt(value))]);
}

export function bytes(field: number, value: Buffer): Field {
  return Buffer.concat([tag(field, 2), varint(BigInt(value.length)), value]);
}

export function text(field: number, value: string): Field {
  return bytes(field, Buffer.from(value, 'utf8'));
}

export function message(field: number, parts: readonly Field[]): Field {
  return bytes(field, Buffer.concat(parts));
}
