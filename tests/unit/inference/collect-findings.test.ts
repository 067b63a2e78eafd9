import { describe, expect, it } from 'vitest';
import type { Box } from '#core/finding.ts';
import {
  collectFindings,
  type LabelFrame,
  MAX_FINDINGS,
  MAX_TOP_HEATMAPS,
} from '#inference/collect-findings.ts';
import { imageOf } from './results.ts';

function slice(
  instanceNumber: number,
  boxes: readonly (readonly [Box, number])[],
  modality = 'CT',
): LabelFrame {
  return {
    image: imageOf(instanceNumber, { Modality: [modality] }),
    frame: 1,
    score: Math.max(0.1, ...boxes.map(([, score]) => score)),
    heatmap: undefined,
    boxes: boxes.map(([box, score]) => ({ box, score })),
  };
}

const LEFT: Box = [0, 0, 10, 10];
const LEFT_TOO: Box = [8, 8, 10, 10];
const RIGHT: Box = [40, 0, 10, 10];

function found(results: readonly LabelFrame[]) {
  return collectFindings(results, 0.5).findings.map(({ result, box, score }) => [
    result.image.row.instanceNumber,
    box[0],
    score,
  ]);
}

describe('the findings of a flagged study', () => {
  it('are one where boxes overlap on neighbouring slices, on the slice of the highest score', () => {
    const results = [
      slice(3, [[LEFT, 0.7]]),
      slice(1, [[LEFT, 0.6]]),
      slice(2, [
        [LEFT_TOO, 0.9],
        [RIGHT, 0.8],
      ]),
    ];
    expect(found(results)).toEqual([
      [2, 8, 0.9],
      [2, 40, 0.8],
    ]);
  });

  it('are two when a slice lies between, or when boxes only touch', () => {
    expect(found([slice(1, [[LEFT, 0.6]]), slice(2, []), slice(3, [[LEFT, 0.7]])])).toHaveLength(2);
    const touching: Box = [10, 0, 10, 10];
    expect(found([slice(1, [[LEFT, 0.6]]), slice(2, [[touching, 0.7]])])).toHaveLength(2);
  });

  it('are kept apart on radiographs, which do not lie side by side', () => {
    const results = [slice(1, [[LEFT, 0.6]], 'DX'), slice(2, [[LEFT, 0.7]], 'DX')];
    expect(found(results)).toHaveLength(2);
  });

  it('come from frames whose own score reaches the threshold', () => {
    const below = { ...slice(1, [[LEFT, 0.9]]), score: 0.4 };
    expect(found([below, slice(3, [[RIGHT, 0.6]])])).toEqual([[3, 40, 0.6]]);
  });

  it('come from the highest frames when only all of them together reach it', () => {
    expect(found([slice(1, [[LEFT, 0.4]]), slice(3, [[RIGHT, 0.3]])])).toEqual([
      [1, 0, 0.4],
      [3, 40, 0.3],
    ]);
  });

  it('take slices as neighbours by their position, not by their number', () => {
    const at = (instanceNumber: number, height: number, score: number): LabelFrame => {
      const one = slice(instanceNumber, [[LEFT, score]]);
      const facts = {
        values: { Modality: ['CT'] },
        ageYears: undefined,
        imageOrientation: [1, 0, 0, 0, 1, 0],
        imagePosition: [0, 0, height],
      };
      return { ...one, image: { ...one.image, facts } };
    };
    // 1 and 2 follow each other by number, but lie at the ends of the stack.
    const results = [at(1, 10, 0.6), at(3, 20, 0.3), at(2, 30, 0.7)];
    expect(found(results)).toHaveLength(2);
    expect(found([at(1, 10, 0.6), at(3, 30, 0.3), at(2, 20, 0.7)])).toHaveLength(1);
  });

  it('are limited, the highest scores first, and each has its heatmap', () => {
    const many = Array.from({ length: 30 }, (_, i) => slice(i + 1, [[LEFT, 0.5 + i / 100]], 'DX'));
    const { findings, heatmaps } = collectFindings(many, 0.5);
    expect(findings).toHaveLength(MAX_FINDINGS);
    expect(findings[0]?.score).toBeCloseTo(0.79);
    for (const finding of findings) expect(heatmaps).toContain(finding.result);
  });

  it('may be none: the heatmaps of the highest frames are kept all the same', () => {
    const plain = Array.from({ length: 8 }, (_, i) => ({
      ...slice(i + 1, []),
      score: 0.6 + i / 100,
    }));
    const { findings, heatmaps } = collectFindings(plain, 0.5);
    expect(findings).toEqual([]);
    expect(heatmaps.map((r) => r.image.row.instanceNumber)).toEqual([8, 7, 6, 5, 4]);
    expect(heatmaps).toHaveLength(MAX_TOP_HEATMAPS);
  });
});
