import type { NewElement } from '../../attributes/encode-data-set.ts';
import { toElements } from '../../attributes/keywords.ts';
import { codeItem, dcm, sct } from '../codes.ts';
import type { AiResult, Code, Heatmap } from '../types.ts';

/** What one model shows of one label. */
export interface Segment {
  readonly number: number;
  readonly algorithm: number;
  readonly label: string;
  readonly code: Code;
  readonly threshold: number;
  readonly unit: string;
}

const ABNORMAL = sct('49755003', 'Morphologically Abnormal Structure');
const ARTIFICIAL_INTELLIGENCE = dcm('123110', 'Artificial Intelligence');
/** Orange, as the overlays of the viewer: L 65, a 40, b 70 of CIELab as 16-bit numbers (PS3.3 C.10.7.1.1). */
const DISPLAY_COLOR = [42597, 43177, 50886];

function keyOf({ algorithm, label, threshold }: Heatmap): string {
  return `${algorithm} ${threshold} ${label}`;
}

/** Segments by model, label and threshold, numbered from 1 in the order of the heatmaps. */
export function collectSegments(heatmaps: readonly Heatmap[]): {
  readonly segments: readonly Segment[];
  readonly numberOf: (heatmap: Heatmap) => number;
} {
  const keys = [...new Set(heatmaps.map(keyOf))];
  const segments = keys.flatMap((key, index): Segment[] => {
    const heatmap = heatmaps.find((each) => keyOf(each) === key);
    return heatmap === undefined ? [] : [{ ...heatmap, number: index + 1 }];
  });
  return { segments, numberOf: (heatmap) => keys.indexOf(keyOf(heatmap)) + 1 };
}

/** An item of SegmentSequence (PS3.3 table C.8.20-4). */
export function segmentItem(segment: Segment, result: AiResult): NewElement[] {
  const algorithm = result.algorithms[segment.algorithm];
  const name = algorithm === undefined ? 'Unknown' : `${algorithm.id} ${algorithm.version}`;
  return toElements({
    SegmentNumber: segment.number,
    SegmentLabel: segment.label.slice(0, 64),
    SegmentDescription: `${segment.unit} at or above ${segment.threshold}`,
    SegmentAlgorithmType: 'AUTOMATIC',
    SegmentAlgorithmName: name.slice(0, 64),
    SegmentationAlgorithmIdentificationSequence: [
      toElements({
        AlgorithmFamilyCodeSequence: [codeItem(ARTIFICIAL_INTELLIGENCE)],
        AlgorithmName: (algorithm?.id ?? 'Unknown').slice(0, 64),
        AlgorithmVersion: (algorithm?.version ?? 'Unknown').slice(0, 64),
        AlgorithmParameters: `weights SHA-256 = ${algorithm?.sha256 ?? 'unknown'}`,
      }),
    ],
    SegmentedPropertyCategoryCodeSequence: [codeItem(ABNORMAL)],
    SegmentedPropertyTypeCodeSequence: [codeItem(segment.code)],
    RecommendedDisplayCIELabValue: DISPLAY_COLOR,
  });
}
