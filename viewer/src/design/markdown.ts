/** The little of Markdown that model cards use, as data: it is rendered as React text, never as HTML. */
export type Inline =
  | { readonly kind: 'text' | 'strong' | 'emphasis' | 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly inlines: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly inlines: readonly Inline[] }
  | { readonly kind: 'list'; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'table'; readonly rows: readonly (readonly (readonly Inline[])[])[] };

const INLINE =
  /\*\*(?<strong>[^*]+)\*\*|\*(?<emphasis>[^*\s][^*]*)\*|`(?<code>[^`]+)`|\[(?<text>[^\]]+)\]\((?<href>[^)\s]+)\)/g;

export function parseInline(source: string): Inline[] {
  const inlines: Inline[] = [];
  let end = 0;
  for (const match of source.matchAll(INLINE)) {
    if (match.index > end) inlines.push({ kind: 'text', text: source.slice(end, match.index) });
    end = match.index + match[0].length;
    const { strong, emphasis, code, text, href } = match.groups ?? {};
    if (strong !== undefined) inlines.push({ kind: 'strong', text: strong });
    else if (emphasis !== undefined) inlines.push({ kind: 'emphasis', text: emphasis });
    else if (code !== undefined) inlines.push({ kind: 'code', text: code });
    else if (text !== undefined && href !== undefined) {
      // A card is data of a model's maker: only plain web addresses become links.
      const safe = /^https?:\/\//.test(href);
      inlines.push(safe ? { kind: 'link', text, href } : { kind: 'text', text });
    }
  }
  if (end < source.length) inlines.push({ kind: 'text', text: source.slice(end) });
  return inlines;
}

const isTableRow = (line: string) => line.trimStart().startsWith('|');
const isListItem = (line: string) => /^\s*(?:[-*]|\d+\.)\s+/.test(line);

function parseTable(lines: readonly string[]): Block {
  const rows = lines
    .filter((line) => !/^[\s|:-]+$/.test(line))
    .map((line) =>
      line
        .trim()
        .replace(/^\||\|$/g, '')
        .split('|')
        .map((cell) => parseInline(cell.trim())),
    );
  return { kind: 'table', rows };
}

function parseList(lines: readonly string[]): Block {
  const items: string[] = [];
  for (const line of lines) {
    if (isListItem(line)) items.push(line.replace(/^\s*(?:[-*]|\d+\.)\s+/, ''));
    else items.push(`${items.pop() ?? ''} ${line.trim()}`);
  }
  return { kind: 'list', items: items.map(parseInline) };
}

function parseGroup(lines: readonly string[]): Block[] {
  const [first = ''] = lines;
  const heading = /^(#{1,6})\s+(.*)$/.exec(first);
  if (heading !== null) {
    const block: Block = {
      kind: 'heading',
      level: heading[1]?.length ?? 1,
      inlines: parseInline(heading[2] ?? ''),
    };
    return [block, ...(lines.length > 1 ? parseGroup(lines.slice(1)) : [])];
  }
  if (isTableRow(first)) return [parseTable(lines.filter(isTableRow))];
  const list = lines.findIndex(isListItem);
  if (list === 0) return [parseList(lines)];
  if (list > 0) return [...parseGroup(lines.slice(0, list)), parseList(lines.slice(list))];
  return [{ kind: 'paragraph', inlines: parseInline(lines.map((line) => line.trim()).join(' ')) }];
}

export function parseMarkdown(source: string): Block[] {
  const blocks: Block[] = [];
  let group: string[] = [];
  let code: string[] | null = null;
  const flush = () => {
    if (group.length > 0) blocks.push(...parseGroup(group));
    group = [];
  };
  const withoutComments = source.replace(/<!--.*?-->/gs, '');
  for (const line of withoutComments.split(/\r?\n/)) {
    if (line.startsWith('```')) {
      if (code === null) {
        flush();
        code = [];
      } else {
        blocks.push({ kind: 'code', text: code.join('\n') });
        code = null;
      }
    } else if (code !== null) code.push(line);
    else if (line.trim() === '') flush();
    else group.push(line);
  }
  if (code !== null) blocks.push({ kind: 'code', text: code.join('\n') });
  flush();
  return blocks;
}
