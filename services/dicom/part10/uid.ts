/** Up to 64 characters, numeric components joined by dots (PS3.5 section 9). Leading zeros are tolerated. */
const UID_PATTERN = /^[0-9]+(?:\.[0-9]+)*$/;

/** True for a UID that may be used as a key. Anything else (path separators, letters, control characters) is false. */
export function isUid(text: string): boolean {
  return text.length <= 64 && UID_PATTERN.test(text);
}

/** Reads a UI value: ASCII, padded with one NUL by the standard, with NULs or spaces by some senders. */
export function readUid(value: Buffer): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === 0x00 || value[end - 1] === 0x20)) end -= 1;
  return value.toString('latin1', 0, end);
}

/** A UI value of even length: padded with one NUL where needed (PS3.5 6.2). */
export function encodeUid(uid: string): Buffer {
  return Buffer.from(uid.length % 2 === 0 ? uid : `${uid}\0`, 'latin1');
}
