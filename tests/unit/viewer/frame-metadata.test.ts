import { describe, expect, it } from 'vitest';
import { toDicomJson } from '#dicom/attributes/dicom-json.ts';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import { type GeneratedStudy, generateStudy } from '#test-data/study.ts';
import { frameMetadata } from '../../../viewer/src/reading/frame-metadata.ts';
import {
  type DicomJson,
  factsOf,
  type ImageFacts,
  indexMetadata,
} from '../../../viewer/src/reading/image-facts.ts';
import { buildStacks } from '../../../viewer/src/reading/image-stacks.ts';
import { judgeSlices } from '../../../viewer/src/reading/volume-geometry.ts';

const CT = { kind: 'CT', seed: 'frames', lesion: null, slices: 12, matrix: 16 } as const;

function metadataOf({ files }: GeneratedStudy): ReadonlyMap<string, DicomJson> {
  const answer = files.map(({ bytes }) => {
    const found = parseFileMeta(bytes, true);
    if (found === undefined) throw new Error('no file meta');
    const { dataSetOffset, meta } = found;
    return toDicomJson(bytes.subarray(dataSetOffset), meta.transferSyntaxUid);
  });
  return indexMetadata(JSON.parse(JSON.stringify(answer)));
}

function stackOf(study: GeneratedStudy, numberOfFrames: number) {
  const instances = study.files.map(({ sopInstanceUid, sopClassUid }, place) => ({
    ...{ sopInstanceUid, sopClassUid, transferSyntaxUid: '1.2', kind: 'image' as const },
    ...{ instanceNumber: place + 1, rows: 16, columns: 16, numberOfFrames, sha256: '' },
  }));
  const { studyInstanceUid } = study;
  const series = [
    {
      seriesInstanceUid: '9.1',
      modality: 'CT',
      seriesNumber: 1,
      seriesDescription: null,
      instances,
    },
  ];
  const [stack] = buildStacks({ studyInstanceUid, series }, metadataOf(study), '');
  if (stack === undefined) throw new Error('no stack');
  return stack;
}

describe('frames of an enhanced image', () => {
  const enhanced = generateStudy({ ...CT, enhanced: true });

  it('say of themselves what slices of one frame each would say, and lie in the same order', () => {
    const slices = stackOf(generateStudy(CT), 1);
    const frames = stackOf(enhanced, 12);
    // Stored from the feet up.
    expect(frames.images.map(({ frame }) => frame)).toEqual([
      12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
    ]);
    const facts = (stack: typeof slices) =>
      stack.images.map(({ plane, directions, pixelSize, unit }) => {
        const place = plane && {
          ...plane,
          frameOfReferenceUid: plane.frameOfReferenceUid !== null,
        };
        return { place, directions, pixelSize, unit };
      });
    expect(facts(frames)).toEqual(facts(slices));
    expect(facts(frames)[0]).toMatchObject({
      unit: 'HU',
      place: { position: [-168.75, -168.75, 0] },
    });
    const planes = frames.images.map(({ plane, columns, rows }) =>
      plane === null ? null : { ...plane, columns, rows, bytesAPixel: 2 as const },
    );
    expect(judgeSlices(planes)).toBe('fits');
  });

  it('are told to the image loader as images of one frame', () => {
    const [instance] = metadataOf(enhanced).values();
    if (instance === undefined) throw new Error('no metadata');
    const before = JSON.stringify(instance);
    const third = frameMetadata(instance, 3);
    expect(third['00200032']?.Value).toEqual([-168.75, -168.75, -90]);
    expect(third['00281052']?.Value).toEqual([-1024]);
    expect(third['00281050']?.Value).toEqual([-500, 40]);
    expect(['00280008', '52009229', '52009230'].filter((tag) => tag in third)).toEqual([]);
    expect(JSON.stringify(instance)).toBe(before);
  });

  it('of a breast hang by the side and the way that their groups tell', () => {
    const groups = (tags: object) => ({ Value: [tags] });
    const anatomy = { '00209071': groups({ '00209072': { Value: ['L'] } }) };
    const cosines = { '00209116': groups({ '00200037': { Value: [0, -1, 0, 0, 0, -1] } }) };
    const words = { '00209450': groups({ '00200020': { Value: ['A', 'F'] } }) };
    const told = (shared: object, own: object): ImageFacts => {
      const instance = { '52009229': groups(shared), '52009230': groups(own) };
      const parsed: DicomJson = JSON.parse(JSON.stringify(instance));
      return factsOf(frameMetadata(parsed, 1), 'MG');
    };
    expect(told({ ...anatomy, ...cosines }, {})).toMatchObject({
      laterality: 'L',
      chestWall: 'left',
      flips: { horizontal: false, vertical: false },
    });
    expect(told(words, anatomy)).toMatchObject({ laterality: 'L', chestWall: 'left' });
    const both = { '00209071': groups({ '00209072': { Value: ['B'] } }) };
    expect(told({ ...both, ...words }, {})).toMatchObject({ laterality: null, chestWall: null });
  });

  it('keep what stands in the image when a group is missing, and the image when there is none', () => {
    const plain: DicomJson = { '00200032': { Value: [1, 2, 3] }, '00280008': { Value: [2] } };
    expect(frameMetadata(plain, 2)).toBe(plain);
    const groups = JSON.parse(
      '{"52009229":{"Value":[{"00289110":{"Value":[{"00280030":{"Value":[1,1]}}]}}]}}',
    );
    expect(frameMetadata({ ...plain, ...groups }, 2)).toEqual({
      '00200032': { Value: [1, 2, 3] },
      '00280030': { Value: [1, 1] },
    });
  });
});
