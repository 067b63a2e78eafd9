import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCsvRecord, parseCsv, parseCsvTable } from '#core/csv.ts';

describe('comma-separated values', () => {
  it('reads quoted cells, commas and quotes within them, CRLF, and leaves empty lines out', () => {
    expect(parseCsv('a,b\r\n"x,1","say ""no"""\r\n\r\n')).toEqual([
      ['a', 'b'],
      ['x,1', 'say "no"'],
    ]);
  });

  it('reads back what it writes', () => {
    const cell = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
        expect(parseCsv(formatCsvRecord(cells))).toEqual([cells]);
      }),
    );
    expect(formatCsvRecord([null, 1.5, true])).toBe(',1.5,true\n');
  });

  it('names cells by the heading, in any order, missing ones empty', () => {
    expect(parseCsvTable('\uFEFF b ,a\n1, 2 \n3\n')).toEqual({
      columns: ['b', 'a'],
      rows: [
        { b: '1', a: '2' },
        { b: '3', a: '' },
      ],
    });
  });
});
