/** What follows the list of options. */
export const EVALUATE_HELP = `
Examples:
  # scores of every image below a folder (DICOM, PNG, JPEG), no truth needed
  radtriage evaluate --model cxr-opacity --images scans --scores-only --out scores

  # the whole report; truth.csv: file,patient,lung-opacity,view,sex,age
  radtriage evaluate --model cxr-opacity --images scans --truth truth.csv --out report

  # a model's folder, images of the site's own archive, truth by StudyInstanceUID
  radtriage evaluate --model ./my-model --worklist "modality=DX from=2026-01-01" \\
    --truth truth.csv --out report --no-images

  # how well heatmaps tell what scores come from, on 30 flagged images; women over 40 alone
  radtriage evaluate --model cxr-opacity --images scans --truth truth.csv --out report \\
    --faithfulness 30 --only sex=F --only "age>=40"

  # do two models differ? Reports made on the same images, or two files of scores
  radtriage evaluate --compare report-a report-b --out comparison
  radtriage evaluate --compare a/scores.csv b/scores.csv --truth truth.csv --out comparison

The truth file has one of the columns file, SOPInstanceUID, SeriesInstanceUID and StudyInstanceUID (of a model
over series, file and SOPInstanceUID name any image of it), a column of 0 and 1 named as each label of the
model (or "label" when there is one), and optionally patient and boxes ("[[x, y, width, height]]" in pixels).
All other columns are subgroup variables. docs/evaluation.md tells more.

A second run with the same --out goes on where the first one stopped, also after a crash. Ctrl-C stops after
the images under way. Exit codes: 0 done, 1 something failed (images on which the model failed are tried again
by the next run), 2 wrong call, 130 stopped.`;
