import { describe, expect, it } from 'vitest';
import { type DicomJson, indexMetadata } from '../../../viewer/src/reading/image-facts.ts';
import { buildStacks, findImage } from '../../../viewer/src/reading/image-stacks.ts';
import { marksOf, neighbour, nextOpen } from '../../../viewer/src/reading/marks.ts';
import { withPaletteNumbers } from '../../../viewer/src/reading/palette.ts';
import { describeChange, findChange } from '../../../viewer/src/reading/study-change.ts';
import { presetsFor } from '../../../viewer/src/reading/window-presets.ts';

function instance(sopInstanceUid: string, instanceNumber: number, rest = {}) {
  return {
    sopInstanceUid,
    sopClassUid: '1.2',
    transferSyntaxUid: '1.2',
    kind: 'image' as const,
    instanceNumber,
    rows: 10,
    columns: 20,
    numberOfFrames: 1,
    sha256: '',
    ...rest,
  };
}

function json(uid: string, z?: number): DicomJson {
  return {
    '00080018': { Value: [uid] },
    ...(z === undefined
      ? {}
      : { '00200032': { Value: [0, 0, z] }, '00200037': { Value: [1, 0, 0, 0, 1, 0] } }),
  };
}

function series(seriesNumber: number, instances: ReturnType<typeof instance>[]) {
  return {
    seriesInstanceUid: `9.${seriesNumber}`,
    modality: 'CT',
    seriesNumber,
    seriesDescription: null,
    instances,
  };
}

const uids = (stack: { images: readonly { sopInstanceUid: string }[] } | undefined) =>
  stack?.images.map((image) => image.sopInstanceUid);

describe('the stacks of a study', () => {
  it('order slices by their place, head first, not by instance number', () => {
    const study = {
      studyInstanceUid: '9',
      series: [series(1, [instance('a', 1), instance('b', 2), instance('c', 3)])],
    };
    const index = indexMetadata([json('a', 5), json('b', 15), json('c', 10)]);
    expect(uids(buildStacks(study, index, 'http://x')[0])).toEqual(['b', 'c', 'a']);
  });

  it('order by instance number when one image has no place', () => {
    const study = {
      studyInstanceUid: '9',
      series: [series(1, [instance('b', 2), instance('a', 1)])],
    };
    const index = indexMetadata([json('a', 5), json('b')]);
    expect(uids(buildStacks(study, index, 'http://x')[0])).toEqual(['a', 'b']);
  });

  it('unfold frames, and leave out objects and what has no metadata', () => {
    const study = {
      studyInstanceUid: '9',
      series: [
        series(2, [instance('o', 1, { kind: 'object' }), instance('lost', 2)]),
        series(1, [instance('m', 1, { numberOfFrames: 2 })]),
      ],
    };
    const stacks = buildStacks(study, indexMetadata([json('o'), json('m')]), 'http://x');
    expect(stacks).toHaveLength(1);
    expect(stacks[0]?.images.map((image) => image.imageId)).toEqual([
      'wadors:http://x/dicomweb/studies/9/series/9.1/instances/m/frames/1',
      'wadors:http://x/dicomweb/studies/9/series/9.1/instances/m/frames/2',
    ]);
    expect(findImage(stacks, 'm', 2)).toEqual({ stack: 0, image: 1 });
    expect(findImage(stacks, 'other', 1)).toBeNull();
  });

  it('survive a metadata answer that is no list of instances', () => {
    expect(indexMetadata({ error: true }).size).toBe(0);
    expect(indexMetadata([null, 3, {}, { '00080018': {} }]).size).toBe(0);
  });
});

describe('marks', () => {
  const finding = (id: string, score: number) => ({
    id,
    label: 'Opacity',
    code: { scheme: 'S', value: 'v', meaning: 'm' },
    sopInstanceUid: '1',
    frame: 1,
    box: [1, 2, 3, 4] as [number, number, number, number],
    score,
    modelId: 'm',
    modelVersion: '1',
    seenBy: [],
  });
  const nothing = { byFinding: new Map(), added: [] };

  it('stand by score, the reader’s own last', () => {
    const added = [
      {
        addedId: 'own',
        label: 'Mass',
        sopInstanceUid: '1',
        frame: 1,
        box: [0, 0, 5, 5] as const,
      },
    ];
    const marks = marksOf([finding('low', 0.2), finding('high', 0.9)], { ...nothing, added });
    expect(marks.map((mark) => mark.id)).toEqual(['high', 'low', 'own']);
    expect(marks[2]).toMatchObject({ state: 'add', score: null, added: true });
  });

  it('show an amended box in the place of the model’s, which is kept beside', () => {
    const byFinding = new Map([
      ['a', { verdict: 'amend' as const, box: [9, 9, 9, 9] as const, label: null }],
    ]);
    expect(marksOf([finding('a', 0.5)], { byFinding, added: [] })[0]).toMatchObject({
      box: [9, 9, 9, 9],
      originalBox: [1, 2, 3, 4],
      label: 'Opacity',
      state: 'amend',
    });
  });

  it('are gone through round the end, and by what is still open', () => {
    const byFinding = new Map([['b', { verdict: 'confirm' as const }]]);
    const marks = marksOf([finding('a', 0.9), finding('b', 0.8), finding('c', 0.7)], {
      byFinding,
      added: [],
    });
    expect(neighbour(marks, 'c', 1)?.id).toBe('a');
    expect(neighbour(marks, 'a', -1)?.id).toBe('c');
    expect(neighbour(marks, null, 1)?.id).toBe('a');
    expect(nextOpen(marks, 'a')?.id).toBe('c');
    expect(nextOpen(marks, 'c')?.id).toBe('a');
    expect(neighbour([], null, 1)).toBeNull();
  });
});

describe('a study that changes while it is open', () => {
  const shown = {
    imageRevision: 'r1',
    imageCount: 2,
    analysisRuns: [],
    findings: [],
    reviews: [],
    readingStatus: 'open' as const,
    reportedElsewhere: null,
    aiWithheld: false,
  };

  it('keeps quiet about what does not concern the reader', () => {
    expect(findChange(shown, { ...shown, readingStatus: 'unread' }, 'me')).toBeNull();
  });

  it('takes over at once what an impression uncovers', () => {
    const at = '2026-11-23T08:00:00.000Z';
    const run = {
      ...{ id: 'r', number: 1, imageRevision: 'r1', trigger: 'complete', state: 'analysed' },
      ...{ reason: null, traceId: 't', createdAt: at, startedAt: at, finishedAt: at, models: [] },
    };
    const uncovered = { ...shown, analysisRuns: [run] };
    expect(findChange({ ...shown, aiWithheld: true }, uncovered, 'me')).toBeNull();
    expect(findChange(shown, uncovered, 'me')).toMatchObject({ newAnalysis: true });
  });

  it('warns of late images', () => {
    const change = findChange(shown, { ...shown, imageCount: 4, imageRevision: 'r2' }, 'me');
    expect(change).toMatchObject({ newImages: 2 });
    expect(change === null ? '' : describeChange(change)).toContain('2 more images');
  });

  it('tells that another system reported it, once, and again when it has left the list', () => {
    const said = { by: 'RIS', at: '2026-11-23T08:00:00.000Z', pending: true };
    const pending = { ...shown, reportedElsewhere: said };
    const change = findChange(shown, pending, 'me');
    expect(change?.reportedElsewhere).toEqual(said);
    expect(change === null ? '' : describeChange(change)).toMatch(/reported elsewhere \(RIS, /);
    expect(findChange(pending, { ...pending, readingStatus: 'unread' }, 'me')).toBeNull();
    const gone = { ...pending, reportedElsewhere: { ...said, pending: false } };
    expect(findChange(pending, gone, 'me')).not.toBeNull();
  });

  it('tells of another reader’s sign-off, not of my own', () => {
    const review = {
      id: 'v1',
      kind: 'reading' as const,
      state: 'signed' as const,
      reader: 'other',
      readingMode: 'assist' as const,
      imageRevision: 'r1',
      seenVersion: 1,
      positive: false,
      comment: null,
      openedAt: null,
      createdAt: '2026-11-23T08:00:00.000Z',
      undoneAt: null,
      verdicts: [],
    };
    expect(findChange(shown, { ...shown, reviews: [review] }, 'me')?.signedBy).toBe('other');
    expect(findChange(shown, { ...shown, reviews: [review] }, 'other')).toBeNull();
  });
});

describe('palettes', () => {
  const inline = (bytes: number[]) => ({
    Value: [],
    InlineBinary: btoa(String.fromCharCode(...bytes)),
  });

  it('are given to the loader as little endian words', () => {
    const instance: DicomJson = {
      '00281101': { Value: [2, 0, 16] },
      '00281201': inline([0x34, 0x12, 0xff, 0xff]),
    };
    expect(withPaletteNumbers(instance)['00281201']).toEqual({ Value: [0x1234, 0xffff] });
  });

  it('are bytes when their entries are, padded or not', () => {
    const instance: DicomJson = {
      '00281102': { Value: [3, 0, 8] },
      '00281202': inline([1, 2, 3, 0]),
    };
    expect(withPaletteNumbers(instance)['00281202']).toEqual({ Value: [1, 2, 3, 0] });
  });

  it('leave other images as they are', () => {
    const instance: DicomJson = { '00280010': { Value: [5] } };
    expect(withPaletteNumbers(instance)).toEqual(instance);
  });
});

describe('window presets', () => {
  it('are Hounsfield windows for CT', () => {
    const own = { center: 1, width: 2 };
    expect(presetsFor('CT', own)[1]).toEqual({
      name: 'Lung',
      window: { center: -600, width: 1500 },
    });
  });

  it('start from the image’s own window elsewhere', () => {
    const own = { center: 2000, width: 4000 };
    expect(presetsFor('DX', own)[0]?.window).toEqual(own);
    expect(presetsFor('DX', own)).toHaveLength(5);
  });
});
