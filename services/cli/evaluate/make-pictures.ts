import { renderHeatmapCells, renderThumbnail } from '#dicom/images/render.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { FrameResult } from '#inference/triage-types.ts';
import type { CasePicture, FindPicture } from '#quality/evaluation/html/case-gallery.ts';
import type { EvaluationReport } from '#quality/evaluation/report-schema.ts';
import type { ScoreRecord } from '#quality/evaluation/score-record.ts';
import type { EvaluationUnit } from '#quality/evaluation/units.ts';
import { type CaseFiles, leadingRecord, neighboursOf, openLeadingFrame } from './leading-frame.ts';
import { analyse, decodeFrame, type Scorer } from './score-image.ts';

const LONGEST_EDGE = 512;
const NO_NEIGHBOURS = { before: 0, after: 0 };

export interface PictureOptions {
  readonly scorer: Scorer;
  readonly files: CaseFiles;
  readonly units: readonly EvaluationUnit[];
  readonly onProgress: (done: number, total: number) => void;
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
    const { scorer, files } = this.#options;
    const leading = await openLeadingFrame(record, labelId, files);
    if (leading === undefined) return undefined;
    await using opened = leading;
    const near = neighboursOf(opened, scorer.model.manifest.input.slices ?? NO_NEIGHBOURS);
    const { results } = await analyse(near, scorer);
    const result = results.find(
      ({ image, frame }) => image === opened.image && frame === opened.frame,
    );
    return result && { result, frame: await decodeFrame(opened, scorer) };
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
      note: noteOf(unit),
    };
  }
}

function noteOf({ records }: EvaluationUnit): string | undefined {
  if (records.some(({ slices }) => slices !== undefined)) return 'The slice that scored highest.';
  return records.length > 1 ? 'The image that scored highest.' : undefined;
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
