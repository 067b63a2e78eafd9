import { describe, expect, it } from 'vitest';
import { judgeVersion, type Likeness } from '#intake/corrections/judge-version.ts';

const likeness = (over: Partial<Likeness> = {}): Likeness => ({
  pixels: 'same',
  differences: [],
  sameMeaning: true,
  sameKind: true,
  ...over,
});

const ATTACHED = { verdict: 'version', sameAnalysis: true };
const ANEW = { verdict: 'version', sameAnalysis: false };
const held = (reason: string) => ({ verdict: 'quarantine', reason });

describe('another content under a known UID', () => {
  it.each<[what: string, given: Partial<Likeness>, verdict: object]>([
    ['identity alone', { differences: ['PatientName', 'PatientID', 'AccessionNumber'] }, ATTACHED],
    ['private attributes', { differences: ['private (0009,1001)'] }, ATTACHED],
    ['a character set that spells the same', { differences: ['SpecificCharacterSet'] }, ATTACHED],
    [
      'a character set that spells something else',
      { differences: ['SpecificCharacterSet'], sameMeaning: false },
      ANEW,
    ],
    ['laterality', { differences: ['ImageLaterality'] }, ANEW],
    ['geometry', { differences: ['ImageOrientationPatient', 'PatientName'] }, ANEW],
    ['what nobody here knows', { differences: ['(0018,9999)'] }, ANEW],
    ['sex, by which models may select', { differences: ['PatientSex'] }, ANEW],
    ['how the bytes are read', { differences: ['Columns'] }, held('pixels-changed')],
    ['another polarity', { differences: ['PhotometricInterpretation'] }, held('pixels-changed')],
    ['a palette', { differences: ['RedPaletteColorLookupTableData'] }, held('pixels-changed')],
    [
      'another coding of the same picture',
      { pixels: 'same-decoded', differences: ['PhotometricInterpretation'] },
      ATTACHED,
    ],
    [
      'another coding that states other bits',
      { pixels: 'same-decoded', differences: ['BitsStored'] },
      held('pixels-changed'),
    ],
    ['other pixels', { pixels: 'changed' }, held('pixels-changed')],
    ['pixels that cannot be compared', { pixels: 'not-compared' }, held('pixels-not-compared')],
    ['another class', { differences: ['SOPClassUID'] }, held('content-changed')],
    ['an image that is no image any more', { sameKind: false }, held('content-changed')],
    ['a renamed report', { pixels: 'none', differences: ['PatientName'] }, ATTACHED],
    [
      'a rewritten report',
      { pixels: 'none', differences: ['ContentSequence'] },
      held('content-changed'),
    ],
  ])('that differs in %s', (_what, given, verdict) => {
    expect(judgeVersion(likeness(given))).toEqual(verdict);
  });
});
