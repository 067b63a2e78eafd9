import { describe, expect, it } from 'vitest';
import {
  isInPart,
  parsePatientPart,
  parseRowCondition,
  type RowChoice,
} from '#quality/evaluation/row-choice.ts';
import { parseTruth } from '#quality/evaluation/truth.ts';

const TEXT = `file,patient,spot,class,age
a,00000032,1,Opacity,54
b,00000147,0,Normal,9
c,,0,,70
d,00000193,0,Other,18
`;

function chosen(choice: Partial<RowChoice>) {
  const all = { only: [], patients: undefined, ...choice };
  return parseTruth(TEXT, { labels: ['spot'], choice: all });
}

const files = (...only: string[]) =>
  chosen({ only: only.map(parseRowCondition) }).rows.map((row) => row.subject);

describe('the choice of rows', () => {
  it('takes rows by a column: what it holds, that it holds something, or a number', () => {
    expect(files('class=Normal')).toEqual(['b']);
    expect(files('class!=Normal')).toEqual(['a', 'c', 'd']);
    expect(files('class')).toEqual(['a', 'b', 'd']);
    expect(files('age>=18')).toEqual(['a', 'c', 'd']);
    expect(files('age<18')).toEqual(['b']);
  });

  it('takes several values of a column as alternatives, and everything else together', () => {
    expect(files('class=Normal', 'class=Opacity')).toEqual(['a', 'b']);
    expect(files('class=Normal', 'class=Opacity', 'age>18')).toEqual(['a']);
  });

  it('splits patients as the training of cxr-opacity does, and puts no one into two parts', () => {
    expect(['00000032', '00000147', '00000193'].map(remainderOf)).toEqual(REMAINDERS);
    const part = (text: string) => chosen({ patients: parsePatientPart(text) });
    const everyone = [0, 1, 2, 3, 4].flatMap((one) => {
      const text = `${one}/5`;
      return REMAINDERS.includes(one) ? part(text).rows.map((row) => row.subject) : [];
    });
    // A row without a patient is in no part.
    expect(everyone.sort()).toEqual(['a', 'b', 'd']);
    expect(part('0,1,2,3,4/5')).toMatchObject({ notChosen: 1 });
  });

  it('is told in words, without values that name somebody', () => {
    const only = ['class', 'age>=18', 'patient!=00000147'].map(parseRowCondition);
    const { choice, notChosen } = chosen({ only, patients: parsePatientPart('0,1,2,3,4/5') });
    expect(choice.slice(0, 3)).toEqual([
      'class is not empty',
      'age >= 18',
      'patient != (not told)',
    ]);
    expect(choice[3]).toContain('SHA-256(patient)');
    expect(notChosen).toBe(2);
  });

  it.each([
    ['', /--only wants/],
    ['=a', /--only wants/],
    ['age>=old', /wants a number/],
  ])('refuses the condition "%s"', (text, message) => {
    expect(() => parseRowCondition(text)).toThrowError(message);
  });

  it.each(['5', '5/5', '0/1', 'a/5', '0,/5'])('refuses the part "%s"', (text) => {
    expect(() => parsePatientPart(text)).toThrowError(/--patients wants/);
  });

  it('refuses columns that are not there, and a choice of nothing', () => {
    expect(() => files('size=1')).toThrowError(/no column size/);
    expect(() => files('age>200')).toThrowError(/no row is chosen/);
    const patients = parsePatientPart('0/5');
    const text = 'file,spot\na,1\n';
    expect(() =>
      parseTruth(text, { labels: ['spot'], choice: { only: [], patients } }),
    ).toThrowError(/--patients needs a column patient/);
  });
});

/** By `int(hashlib.sha256(p.encode()).hexdigest()[:8], 16) % 5`. */
const REMAINDERS = [3, 2, 2];

function remainderOf(patient: string): number {
  return [0, 1, 2, 3, 4].findIndex((one) => isInPart(patient, { parts: 5, remainders: [one] }));
}
