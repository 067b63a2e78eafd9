import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createPixelDecoder, type PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { generateStudy } from '#test-data/study.ts';
import { deriveUid } from '#test-data/uid.ts';
import { unexpected } from '#tests/support/allowed-warnings.ts';
import {
  type BuiltKind,
  buildAll,
  type SourceStudy,
  writeSources,
} from '#tests/support/built-results.ts';
import { ARTIFACTS } from '#tests/support/chromium.ts';
import { splitPart10 } from '#tests/support/data-set-bytes.ts';
import {
  verifyAttributes,
  verifyDocument,
  verifyEntities,
} from '#tests/support/dicom-validators.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { missingPython, PYTHON } from '#tests/support/python.ts';
import { reportFaults } from '#tests/support/report-rules.ts';
import { readReport } from '#tests/support/report-tree.ts';

const IODS: Readonly<Record<BuiltKind, string>> = {
  sr: 'Comprehensive3DSR',
  seg: 'Segmentation',
  sc: 'SCImage',
  ko: 'KeyObjectSelectionDocument',
  gsps: 'GrayscaleSoftcopyPresentationState',
  rejection: 'KeyObjectSelectionDocument',
};

const saidSchema = z.object({
  study: z.string(),
  name: z.string(),
  accession: z.string(),
  shape: z.array(z.number()),
  ones: z.array(z.number()),
  points: z.array(z.array(z.number())),
});

const folder = mkdtempSync(join(tmpdir(), 'results-'));
let decoder: PixelDecoder;

beforeAll(() => {
  decoder = createPixelDecoder();
});

afterAll(async () => {
  await decoder.close();
  rmSync(folder, { recursive: true });
});

/** A stack of two slices with a place in the patient, or a mammogram with its side. */
function minimalFiles(modality: 'MR' | 'MG'): Buffer[] {
  const numbers = modality === 'MR' ? [1, 2] : [1];
  return numbers.map((number) => {
    const placed = {
      FrameOfReferenceUID: deriveUid(['results', modality, 'frame of reference']),
      ImagePositionPatient: [0, 0, number * 5],
      ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
      PixelSpacing: [0.8, 0.8],
      SliceThickness: 5,
      BodyPartExamined: 'HEAD',
    };
    const breast = {
      BodyPartExamined: 'BREAST',
      ImageLaterality: 'L',
      PatientOrientation: ['A', 'R'],
      ImagerPixelSpacing: [0.1, 0.1],
    };
    const attributes = {
      StudyDate: '20260110',
      StudyTime: '090000',
      AccessionNumber: `ACC-${modality}`,
      ...(modality === 'MR' ? placed : breast),
    };
    const image = { modality, seed: 'results', instanceNumber: number, attributes };
    return minimalImage({ ...image, rows: 96, columns: 80 }).bytes;
  });
}

function sourcesOf(modality: string): SourceStudy {
  const files =
    modality === 'MR' || modality === 'MG'
      ? minimalFiles(modality)
      : generateStudy({
          kind: modality === 'CR' ? 'CR' : modality === 'DX' ? 'DX' : 'CT',
          seed: 'results',
          lesion: { subtlety: 'obvious' },
          slices: 3,
          matrix: 128,
        }).files.map(({ bytes }) => bytes);
  return writeSources(folder, modality, files);
}

function readWithPydicom(paths: readonly string[]) {
  const script = join(import.meta.dirname, 'read_object.py');
  const output = execFileSync(PYTHON, [script, ...paths], { encoding: 'utf8' });
  return output
    .trim()
    .split('\n')
    .map((line) => saidSchema.parse(JSON.parse(line)));
}

const isMissing =
  missingPeer('dciodvfy', 'dcentvfy', 'dsrdump') || missingPython('pydicom', 'numpy');

describe.skipIf(isMissing)('the objects of a result', () => {
  for (const modality of ['CR', 'DX', 'MG', 'CT', 'MR']) {
    it(`of ${modality} pass every validator and are read by pydicom`, async () => {
      const study = sourcesOf(modality);
      const built = await buildAll(study, decoder);
      expect([...built.keys()].toSorted()).toEqual(Object.keys(IODS).toSorted());
      const paths = new Map<BuiltKind, string>();
      for (const [kind, { bytes }] of built) {
        const path = join(folder, `${modality}-${kind}.dcm`);
        writeFileSync(path, bytes);
        paths.set(kind, path);
        const attributes = verifyAttributes(path);
        expect(attributes.iod, kind).toBe(IODS[kind]);
        expect(attributes.errors, kind).toEqual([]);
        expect(unexpected(attributes.warnings), kind).toEqual([]);
        const entities = verifyEntities([...study.paths, path]);
        expect(entities.errors, kind).toEqual([]);
        expect(unexpected(entities.warnings), kind).toEqual([]);
        if (kind === 'sr' || kind === 'ko' || kind === 'rejection') {
          const document = verifyDocument(path);
          expect(document.errors, kind).toEqual([]);
          expect(unexpected(document.warnings), kind).toEqual([]);
          expect(document.text).toContain('<');
        }
      }
      const report = built.get('sr')?.bytes ?? Buffer.alloc(0);
      expect(reportFaults(readReport(report), 'assist')).toEqual([]);
      const said = readWithPydicom([...study.paths.slice(0, 1), ...paths.values()]);
      const [source, ...results] = said;
      for (const each of results) {
        // dcentvfy is silent on another study (it only compares what has the same one).
        const { study: studyUid, name, accession } = each;
        const wanted = {
          studyUid: source?.study,
          name: source?.name,
          accession: source?.accession,
        };
        expect({ studyUid, name, accession }).toEqual(wanted);
      }
      const kinds = [...paths.keys()];
      const of = (kind: BuiltKind) => results[kinds.indexOf(kind)];
      const { rows = 0, columns = 0 } = study.images[0] ?? {};
      const count = study.images.length;
      expect(of('seg')?.shape).toEqual(count === 1 ? [rows, columns] : [count, rows, columns]);
      // 16 of the sample's 256 cells reach half of its peak: exp(-r2 / 9) >= 0.5 for r2 <= 6.24.
      expect(of('seg')?.ones).toEqual(Array(count).fill((16 * rows * columns) / 256));
      expect(of('gsps')?.points).toHaveLength(count);
      const [x, y] = of('gsps')?.points[0] ?? [];
      expect(x).toBeCloseTo(columns / 4, 3);
      expect(y).toBeCloseTo(rows / 2, 3);
      await keepPicture(`result-${modality}`, built.get('sc')?.bytes ?? Buffer.alloc(0));
    });
  }
});

/** For people to look at. */
async function keepPicture(name: string, file: Buffer): Promise<void> {
  const { dataSet, transferSyntaxUid } = splitPart10(file);
  const { values, rows, columns } = await decoder.decode({ bytes: dataSet, transferSyntaxUid });
  expect(Math.max(rows, columns)).toBeGreaterThanOrEqual(1024);
  mkdirSync(ARTIFACTS, { recursive: true });
  const raw = { width: columns, height: rows, channels: 3 as const };
  await sharp(Uint8Array.from(values), { raw })
    .png()
    .toFile(join(ARTIFACTS, `${name}.png`));
}
