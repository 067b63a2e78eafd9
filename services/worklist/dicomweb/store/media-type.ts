export interface MediaType {
  /** Lower case: `application/dicom`. */
  readonly type: string;
  /** Names in lower case, values without quotes. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const TYPE = new RegExp(`^[ \\t]*(${TOKEN}/${TOKEN})`);
/** `; name=token` or `; name="quoted"` (RFC 9110 section 5.6.6); a token with `:` or `/` in it is read as it is meant. */
const PARAMETER = new RegExp(
  `[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:([^\\s";,]+)|"((?:[^"\\\\]|\\\\.)*)"))?`,
  'y',
);
const MAX_LENGTH = 1024;

/** Reads the value of a Content-Type header; undefined for what is none, or names a parameter twice. */
export function parseMediaType(text: string): MediaType | undefined {
  const type = TYPE.exec(text);
  if (text.length > MAX_LENGTH || type?.[1] === undefined) return undefined;
  const parameters = new Map<string, string>();
  let at = type[0].length;
  while (text.slice(at).trim() !== '') {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(text);
    if (match === null) return undefined;
    at += match[0].length;
    const [, name, token, quoted] = match;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (parameters.has(key)) return undefined;
    parameters.set(key, token ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '');
  }
  return { type: type[1].toLowerCase(), parameters };
}
