import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { throttle } from '../../../viewer/src/api/throttle.ts';
import {
  formatAge,
  formatAgo,
  formatBytes,
  formatDicomDate,
  formatPersonName,
  formatProportion,
  formatWait,
} from '../../../viewer/src/design/format.ts';
import { parseInline, parseMarkdown } from '../../../viewer/src/design/markdown.ts';

describe('names, ages, dates and waits', () => {
  it.each([
    ['DOE^JANE', 'DOE, JANE'],
    ['DOE^JANE^M^DR^MD', 'DOE, JANE M (DR, MD)'],
    ['DOE', 'DOE'],
    ['山田^太郎', '山田 太郎'],
    ['Yamada^Tarou=山田^太郎=やまだ^たろう', 'Yamada, Tarou · 山田 太郎'],
    ['=山田^太郎', '山田 太郎'],
    ['^^^^', 'Name not given'],
    [null, 'Name not given'],
  ])('%s', (name, shown) => {
    expect(formatPersonName(name)).toBe(shown);
  });

  const today = new Date(2026, 10, 23);
  it.each([
    ['045Y', null, '45 y'],
    ['006M', '20260501', '6 months'],
    [null, '19801124', '45 y'],
    [null, '19801123', '46 y'],
    ['junk', null, null],
    [null, '18000101', null],
  ])('age %s born %s', (age, birth, shown) => {
    expect(formatAge(age, birth, today)).toBe(shown);
  });

  it('keeps a date that is none as it is', () => {
    expect(formatDicomDate('20261123')).toBe('23 Nov 2026');
    expect(formatDicomDate('1999')).toBe('1999');
    expect(formatDicomDate('')).toBeNull();
  });

  it.each([
    [-5, '0:00'],
    [42_000, '0:42'],
    [17 * 60_000 + 5000, '17:05'],
    [134 * 60_000, '2 h 14'],
    [76 * 3_600_000, '3 d 4 h'],
  ])('wait of %i ms', (wait, shown) => {
    expect(formatWait(wait)).toBe(shown);
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KB'],
    [1_500_000, '1.4 MB'],
    [527 * 1024, '527 KB'],
    [99.96 * 1024 ** 3, '100 GB'],
    [2.5 * 1024 ** 4, '2.5 TB'],
  ])('%d bytes', (bytes, shown) => {
    expect(formatBytes(bytes)).toBe(shown);
  });

  it.each([
    [-60, 'now'],
    [2, 'now'],
    [59, '59 s ago'],
    [3599, '59 min ago'],
    [7200, '2 h ago'],
    [3 * 86_400, '3 d ago'],
  ])('%d seconds ago', (seconds, shown) => {
    const now = Date.UTC(2026, 10, 23, 12);
    expect(formatAgo(new Date(now - seconds * 1000).toISOString(), now)).toBe(shown);
  });

  it('gives a proportion with its interval', () => {
    expect(formatProportion(0.844, [0.71, 0.923])).toBe('84% (71 to 92)');
    expect(formatProportion(null, null)).toBe('no data yet');
  });
});

describe('model cards', () => {
  it('become data, with markup as text', () => {
    expect(parseMarkdown('# A <b>card</b>\nText\n\n- one\n- two\n')).toEqual([
      { kind: 'heading', level: 1, inlines: [{ kind: 'text', text: 'A <b>card</b>' }] },
      { kind: 'paragraph', inlines: [{ kind: 'text', text: 'Text' }] },
      {
        kind: 'list',
        items: [[{ kind: 'text', text: 'one' }], [{ kind: 'text', text: 'two' }]],
      },
    ]);
  });

  it('link to web addresses only', () => {
    expect(parseInline('[x](javascript:alert(1))')[0]).toEqual({ kind: 'text', text: 'x' });
    expect(parseInline('[x](https://example.org)')[0]).toMatchObject({ kind: 'link' });
  });

  it('hold tables, code and emphasis', () => {
    expect(parseMarkdown('<!-- figures -->\n467 pairs\n<!-- end\nof them -->')).toEqual([
      { kind: 'paragraph', inlines: [{ kind: 'text', text: '467 pairs' }] },
    ]);
    const [table, code] = parseMarkdown('| A | **B** |\n|---|---|\n| 1 | 2 |\n\n```\n# code\n```');
    expect(table).toMatchObject({ kind: 'table' });
    expect(table?.kind === 'table' ? table.rows : []).toHaveLength(2);
    expect(code).toEqual({ kind: 'code', text: '# code' });
    expect(parseInline('a *b* 2 * 3')).toEqual([
      { kind: 'text', text: 'a ' },
      { kind: 'emphasis', text: 'b' },
      { kind: 'text', text: ' 2 * 3' },
    ]);
  });
});

describe('throttling', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('acts at once, then once a pause, and never loses the last call', () => {
    const action = vi.fn();
    const run = throttle(action, 1000);
    run();
    expect(action).toHaveBeenCalledTimes(1);
    run();
    run();
    vi.advanceTimersByTime(999);
    expect(action).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(action).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(5000);
    expect(action).toHaveBeenCalledTimes(2);
    run();
    expect(action).toHaveBeenCalledTimes(3);
  });

  it('stops when cancelled', () => {
    const action = vi.fn();
    const run = throttle(action, 1000);
    run();
    run();
    run.cancel();
    vi.advanceTimersByTime(5000);
    expect(action).toHaveBeenCalledTimes(1);
  });
});
