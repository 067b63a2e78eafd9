import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const SOURCE = resolve(import.meta.dirname, '../../../viewer/src');

/** Attributes that people read or hear. */
const SPOKEN = new Set([
  'alt',
  'aria-label',
  'description',
  'detail',
  'label',
  'placeholder',
  'title',
]);
/** What stands on a key is no word: the texts of the key help name keys by language. */
const KEY_CAP = 'Key';
const WORD = /\p{L}{2,}/u;
/** Units of the SI, and of bytes, are the same in every language. */
const UNIT = /^\s*(ms|min|mm|cm|HU|KB|MB|GB)\s*$/;

function isWord(text: string): boolean {
  return WORD.test(text) && !UNIT.test(text);
}

/** The literal parts of a string, a template or of what a condition chooses from. */
function literalsOf(node: ts.Node): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
  }
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(literalsOf);
  if (ts.isParenthesizedExpression(node)) return literalsOf(node.expression);
  if (ts.isBinaryExpression(node)) return [node.left, node.right].flatMap(literalsOf);
  return [];
}

/** Words that people see and no text file holds, with where they stand. */
function findWords(file: string, source: string): string[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const tell = (node: ts.Node, texts: readonly string[]) => {
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    found.push(...texts.filter(isWord).map((text) => `${file}:${line + 1}: ${text.trim()}`));
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxElement(node) && node.openingElement.tagName.getText(tree) === KEY_CAP) return;
    if (ts.isJsxText(node)) tell(node, [node.text]);
    if (
      ts.isJsxExpression(node) &&
      node.expression !== undefined &&
      !ts.isJsxAttribute(node.parent)
    ) {
      tell(node, literalsOf(node.expression));
    }
    if (
      ts.isJsxAttribute(node) &&
      SPOKEN.has(node.name.getText(tree)) &&
      node.initializer !== undefined
    ) {
      const { initializer } = node;
      if (ts.isStringLiteral(initializer)) tell(node, [initializer.text]);
      else if (ts.isJsxExpression(initializer) && initializer.expression !== undefined) {
        tell(node, literalsOf(initializer.expression));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

describe('words that people see', () => {
  it('are found where they are literal', () => {
    const planted = `
      const A = () => <p title="Hello there" className="not a word">Some words {count} more</p>;
      const B = () => <b aria-label={x ? \`\${n} things\` : 'none at all'}>{n === 1 ? 'image' : T.images}</b>;
      const C = () => <Key>Enter</Key>;
      const D = () => <i data-testid="no-word">{n} · {m} / 2</i>;`;
    expect(findWords('planted.tsx', planted)).toEqual([
      'planted.tsx:2: Hello there',
      'planted.tsx:2: Some words',
      'planted.tsx:2: more',
      'planted.tsx:3: things',
      'planted.tsx:3: none at all',
      'planted.tsx:3: image',
    ]);
  });

  it('stand in text files, where a translation finds them', () => {
    const files = globSync('**/*.tsx', { cwd: SOURCE });
    expect(files.length).toBeGreaterThan(60);
    const words = files.flatMap((file) =>
      findWords(file, readFileSync(join(SOURCE, file), 'utf8')),
    );
    expect(words).toEqual([]);
  });

  it('hold no number and no date that another file than format.ts writes', () => {
    const files = globSync('**/*.{ts,tsx}', { cwd: SOURCE });
    const writing =
      /\.(toFixed|toLocale\w*|toDateString|getHours|getFullYear)\(|\bIntl\.(Number|Date)/;
    const writers = files.filter((file) => writing.test(readFileSync(join(SOURCE, file), 'utf8')));
    expect(writers).toEqual(['design/format.ts']);
  });
});
