import { describe, expect, it } from 'vitest';
import { ageBand, parseAgeBands, readAge } from '#quality/evaluation/groups.ts';
import { parseTruth } from '#quality/evaluation/truth.ts';

const ONE = { labels: ['spot'] };

describe('truth file', () => {
  it('takes files or UIDs, a column for each label, boxes, and the rest as variables', () => {
    const text =
      'SOPInstanceUID,patient,spot,boxes,view\n1.2.3,P1,1,"[[1, 2, 3, 4]]",PA\n1.2.4,,no,,AP\n';
    const truth = parseTruth(text, ONE);
    expect(truth).toMatchObject({ by: 'SOPInstanceUID', variables: ['view'], hasPatients: true });
    const [first, second] = truth.rows;
    expect(first).toMatchObject({ subject: '1.2.3', patient: 'P1', groups: { view: 'PA' } });
    expect(first?.labels).toEqual(new Map([['spot', true]]));
    expect(first?.boxes).toEqual(new Map([['spot', [[1, 2, 3, 4]]]]));
    expect(second?.labels).toEqual(new Map([['spot', false]]));
    expect(second?.boxes.size).toBe(0);
    expect(second?.patient).toBeUndefined();
  });

  it('leaves out labels without a word on them, and reads several', () => {
    const options = { labels: ['spot', 'line'] };
    const truth = parseTruth('file,line,boxes:line\na,1,"[[0,0,1,1]]"\nb,,\n', options);
    expect(truth.rows.map((row) => [...row.labels])).toEqual([[['line', true]], []]);
    expect(truth.rows[0]?.boxes.get('line')).toEqual([[0, 0, 1, 1]]);
  });

  it('reads a file as it is: columns under other names, words that mean 1', () => {
    const options = {
      ...ONE,
      columns: new Map([
        ['spot', 'class'],
        ['boxes', 'places'],
      ]),
      positiveValues: ['Opacity'],
    };
    const text = 'file,class,places\na,Opacity,"[[1,1,2,2]]"\nb,Normal,\nc,,\n';
    const truth = parseTruth(text, options);
    expect(truth.rows.map((row) => row.labels.get('spot'))).toEqual([true, false, undefined]);
    expect(truth.variables).toEqual([]);
  });

  it.each([
    ['name,spot\na,1\n', /file, SOPInstanceUID, SeriesInstanceUID, StudyInstanceUID/],
    ['file,other\na,1\n', /no column of truth/],
    ['file,spot\n,1\n', /line 2: no file/],
    ['file,spot\na,1\na,0\n', /line 3: its file came before/],
    ['file,spot\na,perhaps\n', /line 2: a label is 0 or 1/],
    ['file,spot,boxes\na,1,"[1,2,3,4]"\n', /line 2: boxes are a JSON list/],
    ['file,spot,boxes\na,1,"[[1,2,0,4]]"\n', /line 2: boxes/],
    ['file,spot,boxes\na,1,nonsense\n', /line 2: boxes/],
  ])('refuses %j', (text, message) => {
    expect(() => parseTruth(text, ONE)).toThrowError(message);
    expect(() => parseTruth(text, ONE)).not.toThrowError(/perhaps|nonsense/);
  });

  it('refuses a column that was named and is not there', () => {
    const columns = new Map([['spot', 'klass']]);
    expect(() => parseTruth('file,class\na,1\n', { ...ONE, columns })).toThrowError(/klass/);
  });
});

describe('ages', () => {
  it('fall into bands', () => {
    const bands = parseAgeBands('18,40,60');
    expect([0, 17.9, 18, 39, 40, 59.5, 60, 99].map((age) => ageBand(age, bands))).toEqual([
      'under 18',
      'under 18',
      '18 to 39',
      '18 to 39',
      '40 to 59',
      '40 to 59',
      '60 and over',
      '60 and over',
    ]);
    expect(() => parseAgeBands('40,18')).toThrowError(/rising/);
    expect(() => parseAgeBands('abc')).toThrowError(/rising/);
  });

  it('are read from years or from DICOM', () => {
    expect(['58', '058Y', '018M', '026W', 'old', ''].map(readAge)).toEqual([
      58,
      58,
      1.5,
      0.5,
      undefined,
      undefined,
    ]);
  });
});
