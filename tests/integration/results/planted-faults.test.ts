import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeDataSet, type NewElement } from '#dicom/attributes/encode-data-set.ts';
import { parseHeader } from '#dicom/attributes/parse-elements.ts';
import { ElementCopier } from '#dicom/objects/copy-elements.ts';
import { buildReport } from '#dicom/objects/report/build-report.ts';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import { generateStudy } from '#test-data/study.ts';
import { writeSources } from '#tests/support/built-results.ts';
import { splitPart10 } from '#tests/support/data-set-bytes.ts';
import {
  verifyAttributes,
  verifyDocument,
  verifyEntities,
} from '#tests/support/dicom-validators.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { identityFaults, reportFaults } from '#tests/support/report-rules.ts';
import { readReport } from '#tests/support/report-tree.ts';
import { sampleIdentity, sampleResult } from '#tests/support/sample-result.ts';

type Change = (element: NewElement) => NewElement | undefined;

/** Every element at every depth, changed or taken away. */
function alter(elements: readonly NewElement[], change: Change): NewElement[] {
  return elements.flatMap((element): NewElement[] => {
    const changed = change(element);
    if (changed === undefined) return [];
    if (!('items' in changed)) return [changed];
    return [{ ...changed, items: changed.items.map((item) => alter(item, change)) }];
  });
}

const isTag = (element: NewElement, tag: number) => element.tag === tag;

function textOf(element: NewElement | undefined): string {
  return element !== undefined && 'bytes' in element
    ? Buffer.from(element.bytes).toString('latin1').trim()
    : '';
}

/** Whether an item of a content sequence has this concept name. */
function isNamed(item: readonly NewElement[], code: string): boolean {
  const name = item.find((element) => isTag(element, 0x0040a043));
  const first = name !== undefined && 'items' in name ? name.items[0] : undefined;
  return textOf(first?.find((element) => isTag(element, 0x00080100))) === code;
}

function changeItems(
  change: (item: readonly NewElement[]) => readonly NewElement[] | undefined,
): Change {
  return (element) =>
    'items' in element && isTag(element, 0x0040a730)
      ? { ...element, items: element.items.map(change).filter((item) => item !== undefined) }
      : element;
}

const without =
  (tag: number): Change =>
  (element) =>
    isTag(element, tag) ? undefined : element;

const valued =
  (tag: number, text: string): Change =>
  (element) =>
    isTag(element, tag) && 'bytes' in element ? { ...element, bytes: Buffer.from(text) } : element;

/** What each validator says of a fault that was put into a sound report: nobody sees them all. */
const FAULTS: readonly {
  readonly fault: string;
  readonly change: Change;
  readonly seenBy: readonly ('dciodvfy' | 'dsrdump' | 'dcentvfy' | 'own rules')[];
}[] = [
  {
    fault: 'a missing completion flag',
    change: without(0x0040a491),
    seenBy: ['dciodvfy', 'own rules'],
  },
  {
    fault: 'an image missing from the evidence',
    change: (element) => (isTag(element, 0x0040a375) ? undefined : element),
    seenBy: ['dciodvfy', 'own rules'],
  },
  {
    fault: 'an illegal relationship',
    change: changeItems((item) =>
      isNamed(item, '111030')
        ? item.map((element) =>
            isTag(element, 0x0040a010) && 'bytes' in element
              ? { ...element, bytes: Buffer.from('SELECTED FROM ') }
              : element,
          )
        : item,
    ),
    seenBy: ['dsrdump', 'own rules'],
  },
  {
    fault: 'a missing tracking UID',
    change: changeItems((item) => (isNamed(item, '112040') ? undefined : item)),
    seenBy: ['own rules'],
  },
  {
    fault: 'another patient name',
    change: valued(0x00100010, 'Somebody^Else '),
    seenBy: ['dcentvfy', 'own rules'],
  },
  { fault: 'another study', change: valued(0x0020000d, '2.25.1234'), seenBy: ['own rules'] },
];

const folder = mkdtempSync(join(tmpdir(), 'results-faults-'));
afterAll(() => rmSync(folder, { recursive: true }));

function soundReport() {
  const study = generateStudy({ kind: 'DX', seed: 'faults', lesion: null });
  const files = study.files.map(({ bytes }) => bytes);
  const sources = writeSources(folder, 'faults', files);
  const { images } = sources;
  const result = sampleResult(images);
  return { sources, report: buildReport({ result, images, identity: sampleIdentity('faults') }) };
}

describe.skipIf(missingPeer('dciodvfy', 'dcentvfy', 'dsrdump'))('a fault put into a report', () => {
  const { sources, report } = soundReport();
  const [source] = sources.images;
  if (source === undefined) throw new Error('no image');

  function seen(change: Change): string[] {
    const { dataSet, transferSyntaxUid } = splitPart10(report.bytes);
    const parsed = parseHeader(dataSet, transferSyntaxUid);
    const copier = new ElementCopier(parsed, 'keep');
    const altered = encodeDataSet(alter(copier.copyItem(parsed), change), transferSyntaxUid);
    const file = Buffer.concat([encodePart10Header({ ...report, transferSyntaxUid }), altered]);
    const path = join(folder, 'altered.dcm');
    writeFileSync(path, file);
    const document = readReport(file);
    const own = [
      ...reportFaults(document, 'assist'),
      ...identityFaults(source?.header ?? parsed, document.dataSet),
    ];
    return [
      ...(verifyAttributes(path).errors.length > 0 ? ['dciodvfy'] : []),
      ...(verifyDocument(path).errors.length > 0 ? ['dsrdump'] : []),
      ...(verifyEntities([...sources.paths, path]).errors.length > 0 ? ['dcentvfy'] : []),
      ...(own.length > 0 ? ['own rules'] : []),
    ];
  }

  it('is none in the report as it was built', () => {
    expect(seen((element) => element)).toEqual([]);
  });

  it.each(FAULTS)('$fault is seen', ({ change, seenBy }) => {
    expect(seen(change)).toEqual(seenBy);
  });
});
