import type {
  AiResult,
  Algorithm,
  Code,
  DocumentIdentity,
  Finding,
  Heatmap,
  SourceImage,
} from '#dicom/objects/types.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';

export const OPACITY: Code = {
  value: 'LUNG-OPACITY',
  scheme: '99RADTRIAGE',
  meaning: 'Opacity of lung',
};

export const ALGORITHM: Algorithm = {
  id: 'sample-model',
  title: 'Sample model',
  version: '1.2.0',
  manufacturer: 'RadTriage',
  sha256: 'ab'.repeat(32),
  deviceUid: deriveUid(['sample', 'device', '1.2.0']),
  outcome: 'analysed',
  labels: [
    {
      id: 'opacity',
      label: 'Opacity',
      code: OPACITY,
      score: 0.83,
      threshold: 0.5,
      flagged: true,
      trackingUid: deriveUid(['sample', 'score', 'opacity']),
    },
  ],
};

/** A finding on every image given, in the middle of it. */
export function sampleFinding(images: readonly SourceImage[], name = 'F1'): Finding {
  return {
    trackingId: name,
    trackingUid: deriveUid(['sample', name, images[0]?.sopInstanceUid ?? '']),
    algorithm: 0,
    label: 'Opacity',
    code: OPACITY,
    bodySite: { value: '39607008', scheme: 'SCT', meaning: 'Lung' },
    regions: images.map((image) => ({
      sopInstanceUid: image.sopInstanceUid,
      frame: 1,
      box: {
        x: image.columns / 4,
        y: image.rows / 2,
        width: image.columns / 5,
        height: image.rows / 6,
      },
    })),
    score: 0.83,
  };
}

/** A bump of 16 by 16 cells in the middle of an image. */
export function sampleHeatmap(image: SourceImage): Heatmap {
  const [width, height] = [16, 16];
  const values = Float32Array.from({ length: width * height }, (_, index) => {
    const [x, y] = [(index % width) - 5.5, Math.floor(index / width) - 9];
    return Math.exp(-(x * x + y * y) / 9);
  });
  return {
    sopInstanceUid: image.sopInstanceUid,
    frame: 1,
    width,
    height,
    values,
    transform: {
      scaleX: image.columns / width,
      scaleY: image.rows / height,
      originX: 0,
      originY: 0,
    },
    threshold: 0.5,
    label: 'Opacity',
    code: OPACITY,
    algorithm: 0,
    unit: 'relative attention',
  };
}

/** What one model found on the images of a study. */
export function sampleResult(
  images: readonly SourceImage[],
  changes: Partial<AiResult> = {},
): AiResult {
  return {
    algorithms: [ALGORITHM],
    findings: images.length === 0 ? [] : [sampleFinding(images)],
    heatmaps: images.map(sampleHeatmap),
    priority: {
      level: 'HIGH',
      reason: 'Opacity 0.83 at or above 0.50',
      ruleId: 'site',
      ruleVersion: '3',
    },
    readingMode: 'assist',
    ...changes,
  };
}

export function sampleIdentity(
  kind: string,
  changes: Partial<DocumentIdentity> = {},
): DocumentIdentity {
  return {
    sopInstanceUid: deriveUid(['sample', kind, 'instance']),
    seriesInstanceUid: deriveUid(['sample', kind, 'series']),
    seriesNumber: 9001,
    instanceNumber: 1,
    contentAt: new Date('2026-01-12T10:20:30Z'),
    utcOffsetMinutes: 60,
    device: {
      deviceUid: deriveUid(['sample', 'installation']),
      stationName: 'RADTRIAGE',
      softwareVersion: '0.1.0',
      institutionName: 'Phantom Hospital',
    },
    ...changes,
  };
}
