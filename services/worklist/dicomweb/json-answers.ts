import type { DicomJson, JsonValue } from '#dicom/attributes/dicom-json.ts';
import type { WebContext } from '../context.ts';
import type { StudyRow } from '../list/study-item.ts';
import type { InstanceRow } from '../study/images.ts';

type Attribute = readonly [tag: string, vr: string, value: JsonValue | readonly JsonValue[]];

/** An attribute without a value stays, empty: the asker sees that it is not known (PS3.18 F.2.5). */
function toJson(attributes: readonly Attribute[]): DicomJson {
  const sorted = [...attributes].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    sorted.map(([tag, vr, value]) => {
      const values = (Array.isArray(value) ? value : [value]).filter((each) => each !== null);
      return [tag, values.length === 0 ? { vr } : { vr, Value: values }];
    }),
  );
}

interface Counts {
  readonly series: number;
  readonly instances: number;
  readonly modalities: readonly string[];
}

async function countByStudy(
  context: WebContext,
  studyKeys: readonly string[],
): Promise<ReadonlyMap<string, Counts>> {
  if (studyKeys.length === 0) return new Map();
  let select = context.database
    .selectFrom('instance')
    .select(['studyKey', 'seriesInstanceUid', 'modality'])
    .select(({ fn }) => fn.countAll<string>().as('instances'))
    .where('studyKey', 'in', studyKeys)
    .where('standing', '=', 'current')
    .groupBy(['studyKey', 'seriesInstanceUid', 'modality']);
  if (context.config.readingMode !== 'assist') select = select.where('kind', '=', 'image');
  const counts = new Map<string, Counts>();
  for (const row of await select.execute()) {
    const known = counts.get(row.studyKey) ?? { series: 0, instances: 0, modalities: [] };
    const modalities = row.modality === null ? [] : [row.modality];
    counts.set(row.studyKey, {
      series: known.series + 1,
      instances: known.instances + Number(row.instances),
      modalities: [...new Set([...known.modalities, ...modalities])],
    });
  }
  return counts;
}

/** Rows of studies as QIDO-RS answers them (PS3.18 table 10.6.3-3). */
export async function studiesToJson(
  context: WebContext,
  rows: readonly StudyRow[],
): Promise<DicomJson[]> {
  const counts = await countByStudy(
    context,
    rows.map((row) => row.studyKey),
  );
  return rows.map((row) => {
    const counted = counts.get(row.studyKey);
    return toJson([
      ['00080005', 'CS', 'ISO_IR 192'],
      ['00080020', 'DA', row.studyDate],
      ['00080030', 'TM', row.studyTime],
      ['00080050', 'SH', row.accessionNumber],
      ['00080061', 'CS', counted?.modalities ?? row.modality],
      ['00080201', 'SH', row.timezoneOffsetFromUtc],
      ['00081030', 'LO', row.studyDescription],
      ['00081190', 'UR', `/dicomweb/studies/${row.studyInstanceUid}`],
      ['00100010', 'PN', row.patientName === null ? null : { Alphabetic: row.patientName }],
      ['00100020', 'LO', row.patientId],
      ['00100021', 'LO', row.issuerOfPatientId],
      ['00100030', 'DA', row.patientBirthDate],
      ['00100040', 'CS', row.patientSex],
      ['0020000D', 'UI', row.studyInstanceUid],
      ['00201206', 'IS', counted?.series ?? 0],
      ['00201208', 'IS', counted?.instances ?? 0],
    ]);
  });
}

export function seriesToJson(study: string, rows: readonly InstanceRow[]): DicomJson[] {
  const series = new Map<string, InstanceRow[]>();
  for (const row of rows) {
    series.set(row.seriesInstanceUid, [...(series.get(row.seriesInstanceUid) ?? []), row]);
  }
  return [...series.values()].flatMap((instances) => {
    const [first] = instances;
    if (first === undefined) return [];
    const root = `/dicomweb/studies/${study}/series/${first.seriesInstanceUid}`;
    const json = toJson([
      ['00080005', 'CS', 'ISO_IR 192'],
      ['00080060', 'CS', first.modality],
      ['0008103E', 'LO', first.seriesDescription],
      ['00081190', 'UR', root],
      ['0020000D', 'UI', study],
      ['0020000E', 'UI', first.seriesInstanceUid],
      ['00200011', 'IS', first.seriesNumber],
      ['00201209', 'IS', instances.length],
    ]);
    return [json];
  });
}

export function instancesToJson(study: string, rows: readonly InstanceRow[]): DicomJson[] {
  return rows.map((row) => {
    const root = `/dicomweb/studies/${study}/series/${row.seriesInstanceUid}/instances`;
    return toJson([
      ['00080005', 'CS', 'ISO_IR 192'],
      ['00080016', 'UI', row.sopClassUid],
      ['00080018', 'UI', row.sopInstanceUid],
      ['00081190', 'UR', `${root}/${row.sopInstanceUid}`],
      ['00083002', 'UI', row.transferSyntaxUid],
      ['0020000D', 'UI', study],
      ['0020000E', 'UI', row.seriesInstanceUid],
      ['00200013', 'IS', row.instanceNumber],
      ['00280008', 'IS', row.numberOfFrames],
      ['00280010', 'US', row.rows],
      ['00280011', 'US', row.columns],
    ]);
  });
}
