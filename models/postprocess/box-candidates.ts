import type { Box } from '#core/finding.ts';
import type { OutputOf } from '../manifest/outputs.ts';
import type { Size } from '../preprocess/letterbox.ts';
import { sigmoid, softmax } from './activation.ts';
import { badOutput, type Outputs, readTensor, shapeText, unitValue } from './tensors.ts';

/** A box in pixels of the input, with how surely it is each class, 0 to 1. */
export interface BoxCandidate {
  readonly box: Box;
  readonly classes: readonly number[];
}

interface Rows {
  readonly name: string;
  readonly count: number;
  readonly width: number;
  readonly at: (row: number, column: number) => number;
}

/**
 * The boxes of every format, one by one.
 * @throws RadTriageError MODEL_FAILED for another shape
 */
export function readCandidates(
  outputs: Outputs,
  output: OutputOf<'boxes'>,
  input: Size,
): BoxCandidate[] {
  switch (output.format) {
    case 'yolo-v5':
      return readYolo(rowsOf(outputs, output.name), { output, hasObjectness: true });
    case 'yolo-v8':
      return readYolo(transposed(rowsOf(outputs, output.name)), { output, hasObjectness: false });
    case 'yolox':
      return readYolox(rowsOf(outputs, output.name), output, input);
    case 'detr':
      return readDetr(outputs, output, input);
  }
}

function rowsOf(outputs: Outputs, name: string): Rows {
  const { data, dims } = readTensor(outputs, name);
  const [batch, count = 0, width = 0] = dims;
  if (dims.length !== 3 || batch !== 1) {
    throw badOutput(name, `is no list of boxes but ${shapeText(dims)}`);
  }
  return { name, count, width, at: (row, column) => data[row * width + column] ?? 0 };
}

function transposed({ name, count, width, at }: Rows): Rows {
  return { name, count: width, width: count, at: (row, column) => at(column, row) };
}

type Activation = OutputOf<'boxes'>['activation'];

function activate(raw: readonly number[], activation: Activation, name: string): number[] {
  if (activation === 'softmax') return softmax(raw);
  return raw.map((value) => (activation === 'sigmoid' ? sigmoid(value) : unitValue(value, name)));
}

const COORDINATES = 4;

function readYolo(
  rows: Rows,
  { output, hasObjectness }: { output: OutputOf<'boxes'>; hasObjectness: boolean },
): BoxCandidate[] {
  return Array.from({ length: rows.count }, (_, row) => ({
    box: aroundCentre([0, 1, 2, 3].map((column) => rows.at(row, column))),
    classes: readClasses(rows, row, { output, hasObjectness }),
  }));
}

/** Class scores, times the objectness where there is one. */
function readClasses(
  rows: Rows,
  row: number,
  { output, hasObjectness }: { output: OutputOf<'boxes'>; hasObjectness: boolean },
): number[] {
  const first = COORDINATES + (hasObjectness ? 1 : 0);
  if (rows.width <= first) throw badOutput(rows.name, `has boxes of ${rows.width} numbers`);
  const raw = Array.from({ length: rows.width - first }, (_, i) => rows.at(row, first + i));
  const classes = activate(raw, output.activation, rows.name);
  if (!hasObjectness) return classes;
  const onlyOne = output.activation === 'none' ? 'none' : 'sigmoid';
  const [objectness = 0] = activate([rows.at(row, COORDINATES)], onlyOne, rows.name);
  return classes.map((score) => score * objectness);
}

/** Offsets in grid cells, one grid a stride, their rows from top to bottom (YOLOX, Megvii, demo_postprocess). */
function readYolox(rows: Rows, output: OutputOf<'boxes'>, input: Size): BoxCandidate[] {
  const found: BoxCandidate[] = [];
  let row = 0;
  for (const stride of output.strides) {
    const [height, width] = [Math.floor(input.rows / stride), Math.floor(input.columns / stride)];
    for (let cell = 0; cell < height * width; cell += 1, row += 1) {
      const box = aroundCentre([
        (rows.at(row, 0) + (cell % width)) * stride,
        (rows.at(row, 1) + Math.floor(cell / width)) * stride,
        Math.exp(rows.at(row, 2)) * stride,
        Math.exp(rows.at(row, 3)) * stride,
      ]);
      if (row < rows.count) {
        found.push({ box, classes: readClasses(rows, row, { output, hasObjectness: true }) });
      }
    }
  }
  if (row !== rows.count) {
    throw badOutput(rows.name, `has ${rows.count} boxes, its strides make ${row}`);
  }
  return found;
}

function readDetr(outputs: Outputs, output: OutputOf<'boxes'>, input: Size): BoxCandidate[] {
  const logits = rowsOf(outputs, output.name);
  const places = rowsOf(outputs, output.boxes ?? '');
  if (places.count !== logits.count || places.width !== COORDINATES) {
    throw badOutput(places.name, `does not hold ${logits.count} boxes of 4 numbers`);
  }
  return Array.from({ length: logits.count }, (_, row) => {
    const raw = Array.from({ length: logits.width }, (__, i) => logits.at(row, i));
    const classes = activate(raw, output.activation, output.name);
    const [x, y, width, height] = [0, 1, 2, 3].map((column) => places.at(row, column));
    return {
      box: aroundCentre([
        (x ?? 0) * input.columns,
        (y ?? 0) * input.rows,
        (width ?? 0) * input.columns,
        (height ?? 0) * input.rows,
      ]),
      // The last class of a softmax is "no object".
      classes: output.activation === 'softmax' ? classes.slice(0, -1) : classes,
    };
  });
}

function aroundCentre([x = 0, y = 0, width = 0, height = 0]: readonly number[]): Box {
  return [x - width / 2, y - height / 2, width, height];
}
