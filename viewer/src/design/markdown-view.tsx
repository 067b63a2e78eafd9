// biome-ignore-all lint/suspicious/noArrayIndexKey: the text does not change while it is shown
import { useMemo } from 'react';
import { type Block, type Inline, parseMarkdown } from './markdown.ts';

function Inlines({ inlines }: { readonly inlines: readonly Inline[] }) {
  return inlines.map((inline, place) => {
    const key = `${place}`;
    if (inline.kind === 'strong') return <strong key={key}>{inline.text}</strong>;
    if (inline.kind === 'emphasis') return <em key={key}>{inline.text}</em>;
    if (inline.kind === 'code') return <code key={key}>{inline.text}</code>;
    if (inline.kind === 'link') {
      return (
        <a key={key} href={inline.href} target="_blank" rel="noreferrer noopener">
          {inline.text}
        </a>
      );
    }
    return <span key={key}>{inline.text}</span>;
  });
}

function Table({ block }: { readonly block: Extract<Block, { kind: 'table' }> }) {
  const [head, ...body] = block.rows;
  return (
    <table className="table">
      <thead>
        <tr>
          {head?.map((cell, column) => (
            <th key={`${column}`} scope="col">
              <Inlines inlines={cell} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {body.map((row, line) => (
          <tr key={`${line}`}>
            {row.map((cell, column) => (
              <td key={`${column}`}>
                <Inlines inlines={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function BlockView({ block }: { readonly block: Block }) {
  switch (block.kind) {
    case 'heading':
      return (
        <h3>
          <Inlines inlines={block.inlines} />
        </h3>
      );
    case 'paragraph':
      return (
        <p>
          <Inlines inlines={block.inlines} />
        </p>
      );
    case 'list':
      return (
        <ul>
          {block.items.map((item, place) => (
            <li key={`${place}`}>
              <Inlines inlines={item} />
            </li>
          ))}
        </ul>
      );
    case 'code':
      return <pre>{block.text}</pre>;
    case 'table':
      return <Table block={block} />;
  }
}

export function MarkdownView({ source }: { readonly source: string }) {
  const blocks = useMemo(() => parseMarkdown(source), [source]);
  return (
    <div className="markdown">
      {blocks.map((block, place) => (
        <BlockView key={`${place}`} block={block} />
      ))}
    </div>
  );
}
