import { describe, expect, it } from 'vitest';
import { parseQuery } from '#worklist/dicomweb/search/parse-query.ts';

const matchesOf = (query: Record<string, string | string[]>) =>
  parseQuery('instance', query).matches.map(({ key, values }) => [key.keyword, ...values]);

describe('a QIDO-RS query', () => {
  it('knows keywords and tags in either case, and lists of UIDs', () => {
    expect(
      matchesOf({
        '00100020': 'P1',
        '0020000d': ['1.2', '1.3,1.4'],
        AccessionNumber: ' A ',
        SOPInstanceUID: '1.5\\1.6',
        'RequestAttributesSequence.RequestedProcedureID': 'R',
        '00400275.00400009': 'S',
      }),
    ).toEqual([
      ['PatientID', 'P1'],
      ['StudyInstanceUID', '1.2', '1.3', '1.4'],
      ['AccessionNumber', 'A'],
      ['SOPInstanceUID', '1.5', '1.6'],
      ['RequestAttributesSequence.RequestedProcedureID', 'R'],
      ['RequestAttributesSequence.ScheduledProcedureStepID', 'S'],
    ]);
  });

  it('lets an empty value and a lone star match everything', () => {
    expect(matchesOf({ PatientName: '', PatientID: '*', StudyDate: ' ' })).toEqual([]);
  });

  it('reads the paging, caps it, and has defaults', () => {
    expect(parseQuery('study', {})).toMatchObject({ limit: 100, offset: 0, fuzzy: false });
    expect(
      parseQuery('study', { limit: '5000', offset: '7', fuzzymatching: 'true' }),
    ).toMatchObject({ limit: 1000, offset: 7, fuzzy: true });
  });

  it('reads what else is wanted, by tag, keyword, path or all', () => {
    const of = (includefield: string | string[]) => parseQuery('study', { includefield });
    expect(of(['00081030,StudyTime', '00400275.00400009']).include).toEqual(
      new Set(['00081030', '00080030', '00400275']),
    );
    expect(of('all').include).toBe('all');
    expect(of('Nonsense').warnings).toEqual(['includefield Nonsense is not known']);
  });

  it('says which keys of DICOM it leaves out, for their level or because they are not in the index', () => {
    const { matches, warnings } = parseQuery('study', {
      Modality: 'CT',
      InstitutionName: 'X',
      '00201208': '3',
    });
    expect(matches).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/^Modality cannot be searched by here/),
      expect.stringMatching(/^InstitutionName cannot/),
      expect.stringMatching(/^00201208 cannot/),
    ]);
  });

  it.each([
    [{ StudyInstanceUID: "1' OR 1=1" }, 'StudyInstanceUID'],
    [{ StudyDate: '2026' }, 'StudyDate'],
    [{ StudyDate: '-' }, 'StudyDate'],
    [{ StudyDate: '20260101-20260102-' }, 'StudyDate'],
    [{ StudyTime: '1' }, 'StudyTime'],
    [{ SeriesNumber: 'one' }, 'SeriesNumber'],
    [{ PatientID: ['a', 'b'] }, 'PatientID'],
    [{ PatientID: 'a', '00100020': 'b' }, 'PatientID'],
    [{ PatientName: 'x'.repeat(1025) }, 'PatientName'],
    [{ limit: '-1' }, 'limit'],
    [{ offset: 'x' }, 'offset'],
    [{ fuzzymatching: 'perhaps' }, 'fuzzymatching'],
    [{ PatientNam: 'Secret' }, 'PatientNam'],
    [{ '<script>': 'Secret' }, '?script?'],
  ])('refuses %j by the name of the parameter, without its value', (query, parameter) => {
    try {
      parseQuery('series', query);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'REQUEST_INVALID', details: { parameter } });
      expect(String(error)).not.toContain('Secret');
    }
  });
});
