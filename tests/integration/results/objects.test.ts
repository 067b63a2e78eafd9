import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ResultKind } from '#core/result-objects.ts';
import { buildReport } from '#dicom/objects/report/build-report.ts';
import type { AiResult, Finding, SourceImage } from '#dicom/objects/types.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import { createPixelDecoder, type PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { generateStudy } from '#test-data/study.ts';
import { buildAll, type SourceStudy, writeSources } from '#tests/support/built-results.ts';
import { ARTIFACTS, keepScreenshot, launchChromium, openPage } from '#tests/support/chromium.ts';
import { splitPart10 } from '#tests/support/data-set-bytes.ts';
import { faultsOf, verifyAttributes, verifyDocument } from '#tests/support/dicom-validators.ts';
import { missingPeer, peerPath } from '#tests/support/peers.ts';
import { missingPython, PYTHON } from '#tests/support/python.ts';
import { identityFaults, reportFaults } from '#tests/support/report-rules.ts';
import { readReport } from '#tests/support/report-tree.ts';
import {
  ALGORITHM,
  sampleFinding,
  sampleIdentity,
  sampleResult,
} from '#tests/support/sample-result.ts';
import { sharedData } from '#tests/support/shared-data.ts';

const IODS: Readonly<Record<ResultKind, string>> = {
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
  extent: z.array(z.number()),
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

const REAL = sharedData('dicom');

const isMissing =
  missingPeer('dciodvfy', 'dcentvfy', 'dsrdump', 'dcmpschk', 'dcmp2pgm') ||
  missingPython('pydicom', 'numpy');

describe.skipIf(isMissing)('the objects of a result', () => {
  for (const modality of ['CR', 'DX', 'MG', 'CT', 'MR']) {
    it(`of ${modality} pass every validator and are read by pydicom`, async () => {
      const study = sourcesOf(modality);
      const built = await buildAll(study, decoder);
      expect([...built.keys()].toSorted()).toEqual(Object.keys(IODS).toSorted());
      const paths = new Map<ResultKind, string>();
      for (const [kind, { bytes }] of built) {
        const path = join(folder, `${modality}-${kind}.dcm`);
        writeFileSync(path, bytes);
        paths.set(kind, path);
        expect(verifyAttributes(path).iod, kind).toBe(IODS[kind]);
        expect(faultsOf(path, study.paths, kind), kind).toEqual([]);
      }
      for (const [kind, { bytes }] of built) {
        const [source] = study.images;
        if (source === undefined) throw new Error('no image');
        expect(identityFaults(source.header, readReport(bytes).dataSet), kind).toEqual([]);
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
      const of = (kind: ResultKind) => results[kinds.indexOf(kind)];
      const { rows = 0, columns = 0 } = study.images[0] ?? {};
      const count = study.images.length;
      expect(of('seg')?.shape).toEqual(count === 1 ? [rows, columns] : [count, rows, columns]);
      // 16 of the sample's 256 cells reach half of its peak: exp(-r2 / 9) >= 0.5 for r2 <= 6.24.
      expect(of('seg')?.ones).toEqual(Array(count).fill((16 * rows * columns) / 256));
      // Columns 4 to 7 and rows 7 to 11 of its 16 by 16 cells.
      const extent = [4, 7, 8, 12].map((cell, i) => (cell * (i % 2 === 0 ? columns : rows)) / 16);
      expect(of('seg')?.extent).toEqual(extent);
      expect(of('gsps')?.points).toHaveLength(count);
      const [x, y] = of('gsps')?.points[0] ?? [];
      expect(x).toBeCloseTo(columns / 4, 3);
      expect(y).toBeCloseTo(rows / 2, 3);
      await keepPicture(`result-${modality}`, built.get('sc')?.bytes ?? Buffer.alloc(0));
    });
  }

  it('pass them with every verdict of a reader, verified, after a predecessor, in several frames', async () => {
    const study = writeSources(folder, 'XA', [multiFrame()]);
    const [image] = study.images;
    if (image === undefined) throw new Error('no image');
    const built = await buildAll(study, decoder, reviewed(image));
    for (const [kind, { bytes }] of built) {
      const path = join(folder, `XA-${kind}.dcm`);
      writeFileSync(path, bytes);
      expect(faultsOf(path, study.paths, kind), kind).toEqual([]);
    }
    const identity = sampleIdentity('XA verified', {
      predecessors: [{ ...image, ...(built.get('sr') ?? {}), seriesInstanceUid: '2.25.81' }],
    });
    const report = buildReport({
      result: sampleResult(study.images, reviewed(image)),
      images: study.images,
      identity,
    });
    const path = join(folder, 'XA-verified.dcm');
    writeFileSync(path, report.bytes);
    expect(faultsOf(path, study.paths, 'sr')).toEqual([]);
    const { text } = verifyDocument(path);
    for (const word of ['VERIFIED', 'Amended', 'Rejected', 'skin fold', 'Added by the reader']) {
      expect(text).toContain(word);
    }
    await keepPage('result-report', path);
  });

  it('leave an image as it looks, when its presentation state is applied', async () => {
    for (const photometric of ['MONOCHROME1', 'MONOCHROME2'] as const) {
      const study = generateStudy({ kind: 'DX', seed: 'look', lesion: null, photometric });
      expect(
        lookAlike(
          await stateOf(
            'look',
            study.files.map(({ bytes }) => bytes),
          ),
        ),
      ).toBe(true);
    }
    const ct = { kind: 'CT', seed: 'look', lesion: null, slices: 1, matrix: 64 } as const;
    const slices = generateStudy(ct).files.map(({ bytes }) => bytes);
    expect(lookAlike(await stateOf('look-ct', slices))).toBe(true);
  });

  /** Paths of the first image and of the state that goes with it. */
  async function stateOf(name: string, files: readonly Buffer[]) {
    const study = writeSources(folder, name, files);
    const built = await buildAll(study, decoder);
    const path = join(folder, `${name}-gsps.dcm`);
    writeFileSync(path, built.get('gsps')?.bytes ?? Buffer.alloc(0));
    return { image: study.paths[0] ?? '', state: path };
  }

  /** As DCMTK renders the image, alone and by its presentation state. */
  function lookAlike({ image, state }: { image: string; state: string }): boolean {
    const [alone, byState] = [join(folder, 'alone.pgm'), join(folder, 'state.pgm')];
    execFileSync(peerPath('dcmp2pgm'), ['-q', image, alone]);
    execFileSync(peerPath('dcmp2pgm'), ['-q', '-p', state, image, byState]);
    const pixels = readFileSync(byState);
    // Neither is one flat grey.
    expect(new Set(pixels.subarray(-4096)).size).toBeGreaterThan(8);
    return readFileSync(alone).equals(pixels);
  }

  it('pass them when nothing was found, when models failed or none was applied, and in triage-only mode', async () => {
    const study = sourcesOf('DX');
    const failed = {
      ...ALGORITHM,
      id: 'failed-model',
      outcome: 'failed',
      reason: 'no memory',
      labels: [],
    } as const;
    const review = { readerName: 'Reader^Rita', signedAt: new Date(0), isVerified: true };
    const variants: Partial<AiResult>[] = [
      { findings: [], heatmaps: [] },
      { findings: [], heatmaps: [], algorithms: [failed] },
      { findings: [], heatmaps: [], algorithms: [ALGORITHM, failed] },
      { findings: [], heatmaps: [], algorithms: [], review },
      { findings: [], heatmaps: [], algorithms: [{ ...failed, outcome: 'not-analysed' }] },
      { readingMode: 'triage-only' },
    ];
    for (const [index, changes] of variants.entries()) {
      const result = sampleResult(study.images, changes);
      const identity = sampleIdentity(`variant ${index}`);
      const { bytes } = buildReport({ result, images: study.images, identity });
      const path = join(folder, `variant-${index}.dcm`);
      writeFileSync(path, bytes);
      expect(faultsOf(path, study.paths, 'sr')).toEqual([]);
      expect(reportFaults(readReport(bytes), changes.readingMode ?? 'assist')).toEqual([]);
    }
  });

  it.skipIf(REAL === undefined)('pass them for real images', async () => {
    for (const name of REAL_FILES) {
      const file = readFileSync(join(REAL ?? '', name));
      const study = writeSources(folder, name.replaceAll('/', '-'), [file]);
      for (const [kind, { bytes }] of await buildAll(study, decoder)) {
        const path = join(folder, `real-${kind}.dcm`);
        writeFileSync(path, bytes);
        expect(faultsOf(path, study.paths, kind), `${name} ${kind}`).toEqual([]);
      }
    }
  });
});

/** Radiographs, CT, MR, ultrasound and enhanced MR, in big and little endian, implicit, JPEG, JPEG 2000 and RLE. */
const REAL_FILES = [
  'pydicom-data/RG1_J2KI.dcm',
  'pydicom-data/RG3_J2KR.dcm',
  'pydicom-data/693_UNCR.dcm',
  'pydicom-data/MR2_UNCI.dcm',
  'pydicom-data/US1_J2KR.dcm',
  'pydicom-data/OBXXXX1A_rle.dcm',
  'pydicom-data/emri_small_big_endian.dcm',
  'pydicom-data/eCT_Supplemental.dcm',
  'pydicom-data/mlut_18.dcm',
  'pydicom-data/vlut_04.dcm',
  'pydicom-data/explicit_VR-UN.dcm',
  'dicom-parser/CT1_UNC.implicit_little_endian.dcm',
  'dicom-parser/CT1_UNC.explicit_big_endian.dcm',
];

/** A cine run of three frames, with an order. */
function multiFrame(): Buffer {
  const [rows, columns] = [64, 64];
  return minimalImage({
    modality: 'XA',
    seed: 'frames',
    rows,
    columns,
    attributes: {
      StudyDate: '20260110',
      StudyTime: '090000',
      AccessionNumber: 'ACC-XA',
      NumberOfFrames: 3,
      PixelData: Buffer.alloc(rows * columns * 3, 90),
    },
  }).bytes;
}

/** One finding for each verdict, on the third frame. */
function reviewed(image: SourceImage): Partial<AiResult> {
  const on = (name: string): Finding => {
    const finding = sampleFinding([image], name);
    return { ...finding, regions: finding.regions.map((region) => ({ ...region, frame: 3 })) };
  };
  const { label, code, regions } = on('amended');
  return {
    findings: [
      { ...on('accepted'), verdict: 'confirm' },
      { ...on('amended'), verdict: 'amend', label: 'Stenosis', original: { label, code, regions } },
      { ...on('rejected'), verdict: 'reject', rejectReason: 'skin fold' },
      { ...on('added'), verdict: 'add', algorithm: null, score: null },
    ],
    review: {
      readerName: 'Reader^Rita',
      signedAt: new Date('2026-01-12T11:00:00Z'),
      comment: 'Compared with the prior.',
      isVerified: true,
    },
  };
}

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

/** The report as DCMTK renders it, in Chromium. */
async function keepPage(name: string, path: string): Promise<void> {
  if (missingPeer('dsr2html', 'chromium')) return;
  const html = execFileSync(peerPath('dsr2html'), [path], { encoding: 'utf8' });
  expect(html).toContain('Imaging Measurement Report');
  const browser = await launchChromium('none');
  const { page } = await openPage(browser, { width: 1000, height: 1400 });
  await page.setContent(html);
  await keepScreenshot(page, name);
  await browser.close();
}
