/** A button that opens a study in another system: its PACS, its RIS. */
export interface OutsideLink {
  readonly name: string;
  /** An address with placeholders. */
  readonly url: string;
}

/** What a placeholder stands for. */
export interface LinkedStudy {
  readonly studyInstanceUid: string;
  readonly accessionNumber: string | null;
  readonly patientId: string | null;
}

const PLACEHOLDERS = ['studyInstanceUid', 'accessionNumber', 'patientId'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];
const isPlaceholder = (name: string): name is Placeholder =>
  PLACEHOLDERS.some((known) => known === name);

const PLACEHOLDER = /\{([^{}]*)\}/g;
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
/** Schemes whose addresses run or show what stands in the address itself, or read this computer's files. */
const NEVER = new Set(['javascript', 'data', 'vbscript', 'blob', 'file', 'about', 'filesystem']);

function schemeOf(url: string): string {
  return SCHEME.exec(url)?.[1]?.toLowerCase() ?? '';
}

/** Whether a browser opens it by itself, in a window of its own; others are handed to a program. */
export function isWebLink({ url }: OutsideLink): boolean {
  const scheme = schemeOf(url);
  return scheme === 'https' || scheme === 'http';
}

/** What is wrong with a template, or null. `schemes` are those that the site allows beside https and http. */
export function findLinkFault(link: OutsideLink, schemes: readonly string[]): string | null {
  const { url } = link;
  const scheme = schemeOf(url);
  if (scheme === '') return 'it needs a scheme such as https:';
  if (NEVER.has(scheme)) return `the scheme ${scheme}: is never allowed`;
  if (!isWebLink(link) && !schemes.includes(scheme)) {
    return `the scheme ${scheme}: is not among linkSchemes`;
  }
  for (const [, name = ''] of url.matchAll(PLACEHOLDER)) {
    if (!isPlaceholder(name)) return `there is no {${name}}`;
  }
  if (/[{}]/.test(url.replaceAll(PLACEHOLDER, ''))) return 'a brace is not closed';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop some of these within a scheme
  if (/[\u0000-\u0020\u007f]/.test(url)) return 'it may hold no blank and no control character';
  if (!isWebLink(link)) return null;
  // What an image says of its patient may never choose the server that is asked.
  const server = /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  if (server === '' || /[{}@\\]/.test(server)) return 'it needs a server, without placeholders';
  return URL.canParse(url.replaceAll(PLACEHOLDER, 'x')) ? null : 'it is no address';
}

/** The address for a study, its values percent-encoded; null when the study lacks a value that it needs. */
export function fillLink({ url }: OutsideLink, study: LinkedStudy): string | null {
  let complete = true;
  const address = url.replaceAll(PLACEHOLDER, (_all, name: string) => {
    const value = isPlaceholder(name) ? (study[name] ?? '').trim() : '';
    // Dots alone, encoded or not, climb up a path (RFC 3986 5.2.4).
    if (/^\.*$/.test(value) || !value.isWellFormed()) complete = false;
    else return encodeURIComponent(value).replaceAll(/[!'()*]/g, toHexadecimal);
    return '';
  });
  return complete ? address : null;
}

/** What encodeURIComponent leaves, though it may end a text within another system. */
function toHexadecimal(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}
