import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createPixelDecoder, type PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { generateStudy } from '#test-data/study.ts';
import { buildAll, writeSources } from '#tests/support/built-results.ts';
import { type Orthanc, startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer } from '#tests/support/peers.ts';

const folder = mkdtempSync(join(tmpdir(), 'results-orthanc-'));
const stored = z.object({ ID: z.string(), ParentStudy: z.string(), Status: z.string() });

/** Orthanc takes anything in: it is a peer, no validator. What counts is what it makes of it, and what it gives back. */
describe.skipIf(missingPeer('Orthanc'))('a result in an archive', () => {
  let orthanc: Orthanc;
  let decoder: PixelDecoder;

  beforeAll(async () => {
    orthanc = await startOrthanc();
    decoder = createPixelDecoder();
  });

  afterAll(async () => {
    await orthanc?.stop();
    await decoder?.close();
    rmSync(folder, { recursive: true });
  });

  async function store(bytes: Uint8Array) {
    return stored.parse(JSON.parse(await orthanc.request('POST', '/instances', bytes)));
  }

  it('lies in the study of its images, each kind in a series, and comes back as it was sent', async () => {
    const ct = { kind: 'CT', seed: 'orthanc', lesion: null, slices: 2, matrix: 64 } as const;
    const files = generateStudy(ct).files.map(({ bytes }) => bytes);
    const study = writeSources(folder, 'orthanc', files);
    const studies = new Set<string>();
    for (const file of files) studies.add((await store(file)).ParentStudy);
    const built = await buildAll(study, decoder);
    for (const [kind, { bytes }] of built) {
      const { ID, ParentStudy, Status } = await store(bytes);
      expect(Status, kind).toBe('Success');
      studies.add(ParentStudy);
      const back = await fetch(`${orthanc.httpUrl}/instances/${ID}/file`);
      expect(Buffer.from(await back.arrayBuffer()).equals(bytes), kind).toBe(true);
      if (kind === 'sc' || kind === 'seg') {
        const picture = await fetch(`${orthanc.httpUrl}/instances/${ID}/preview`);
        expect(picture.status, kind).toBe(200);
      }
    }
    expect(studies.size).toBe(1);
    const series = z.array(z.unknown()).parse(JSON.parse(await orthanc.request('GET', '/series')));
    // That of the images, and one for each object.
    expect(series).toHaveLength(1 + built.size);
  });
});
