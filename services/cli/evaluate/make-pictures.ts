import { renderHeatmapCells, renderThumbnail } from '#dicom/images/render.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { FrameResult } from '#inference/triage-types.ts';
import type { CasePicture, FindPicture } from '#quality/evaluation/html/case-gallery.ts';
import type { EvaluationReport } from '#quality/evaluation/report-schema.ts';
import type { ScoreRecord } from '#quality/evaluation/score-record.ts';
import type { TruthRow } from '#quality/evaluation/truth.ts';
import type { EvaluationUnit } from '#quality/evaluation/units.ts';
import type { Candidate } from './candidates.ts';
import { openImage, plainContext } from './open-image.ts';
import { analyseOpened, decodeOpened, type Scorer } from './score-image.ts';

const LONGEST_EDGE = 512;

export interface PictureOptions {
  readonly scorer: Scorer;
  readonly candidates: ReadonlyMap<string, Candidate>;
  readonly units: readonly EvaluationUnit[];
  readonly truthOf: (file: string) => TruthRow | undefined;
  readonly scratch: string;
  readonly onProgress: (done: number, total: number) => void;
}

/** The image that a unit's score comes from. */
function leadingRecord(unit: EvaluationUnit, labelId: string): ScoreRecord | undefined {
  const highest = (record: ScoreRecord) =>
    record.frames.reduce((most, frame) => Math.max(most, frame.scores[labelId] ?? 0), 0);
  return unit.records
    .filter((record) => record.outcome === 'analysed')
    .toSorted((a, b) => highest(b) - highest(a))[0];
}

function dataUrl(bytes: Buffer, type: string): string {
  return `data:image/${type};base64,${bytes.toString('base64')}`;
}

interface Shown {
  readonly result: FrameResult;
  readonly frame: DecodedFrame;
}

class PictureMaker {
  readonly #options: PictureOptions;

  constructor(options: PictureOptions) {
    this.#options = options;
  }

  async make(unit: EvaluationUnit, labelId: string): Promise<CasePicture | undefined> {
    const record = leadingRecord(unit, labelId);
    // Text burned into pixels may be a name.
    if (record === undefined || record.burnedIn) return undefined;
    const shown = await this.#analyse(record, labelId);
    return shown && (await this.#draw(unit, labelId, shown));
  }

  #labelIndex(labelId: string): number {
    return this.#options.scorer.model.manifest.labels.findIndex((label) => label.id === labelId);
  }

  /** Once more, since a journal of heatmaps would be many times as large: a handful of images takes seconds. */
  async #analyse(record: ScoreRecord, labelId: string): Promise<Shown | undefined> {
    const { scorer, candidates, truthOf, scratch } = this.#options;
    const candidate = candidates.get(record.file);
    if (candidate === undefined) return undefined;
    await using opened = await openImage(candidate, plainContext(truthOf(record.file)), scratch);
    const { results } = await analyseOpened(opened, scorer);
    const index = this.#labelIndex(labelId);
    const scoreOf = (result: FrameResult) => result.labels[index]?.score ?? 0;
    const [result] = results.toSorted((a, b) => scoreOf(b) - scoreOf(a));
    if (result === undefined) return undefined;
    return { result, frame: await decodeOpened(opened, result.frame, scorer) };
  }

  async #draw(unit: EvaluationUnit, labelId: string, shown: Shown): Promise<CasePicture> {
    const { result, frame } = shown;
    const of = result.labels[this.#labelIndex(labelId)];
    const options = { maxSize: LONGEST_EDGE, format: 'jpeg' } as const;
    const image = dataUrl(await renderThumbnail(frame, options), 'jpeg');
    const heatmap = of?.heatmap && {
      image: dataUrl(await renderHeatmapCells(of.heatmap), 'png'),
      rows: of.heatmap.rows,
      columns: of.heatmap.columns,
      transform: of.heatmap.transform,
    };
    return {
      rows: frame.rows,
      columns: frame.columns,
      image,
      heatmap,
      drawn: of?.boxes.map(({ box }) => box) ?? [],
      lesions: unit.truth.get(labelId) === true ? (unit.lesions.get(labelId) ?? []) : [],
      note: unit.records.length > 1 ? 'The image of the study that scored highest.' : undefined,
    };
  }
}

/** Pictures of the worst misses and false alarms. A picture that cannot be made is left out. */
export async function makePictures(
  report: EvaluationReport,
  options: PictureOptions,
): Promise<FindPicture> {
  const maker = new PictureMaker(options);
  const units = new Map(options.units.map((unit) => [unit.caseId, unit]));
  const wanted = report.labels.flatMap((label) =>
    [...label.misses, ...label.falseAlarms].map(({ caseId }) => ({ labelId: label.id, caseId })),
  );
  const pictures = new Map<string, CasePicture>();
  for (const [index, { labelId, caseId }] of wanted.entries()) {
    const unit = units.get(caseId);
    const picture = unit && (await maker.make(unit, labelId).catch(() => undefined));
    if (picture !== undefined) pictures.set(`${labelId} ${caseId}`, picture);
    options.onProgress(index + 1, wanted.length);
  }
  return (labelId, caseId) => pictures.get(`${labelId} ${caseId}`);
}
