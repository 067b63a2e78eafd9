import { describe, expect, it } from 'vitest';
import { toDicomJson } from '#dicom/attributes/dicom-json.ts';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import { generateStudy } from '#test-data/study.ts';
import {
  fillPlaces,
  fitLayout,
  hang,
  openingOf,
  PANES_OF,
  paneFor,
  placesIn,
} from '../../../viewer/src/reading/hanging.ts';
import { type DicomJson, factsOf } from '../../../viewer/src/reading/image-facts.ts';
import type { ImageStack } from '../../../viewer/src/reading/image-stacks.ts';
import { rememberedLayout, rememberLayout } from '../../../viewer/src/reading/layout-store.ts';

type Told = Readonly<Record<string, string | readonly (string | number)[]>>;

const TAGS: Readonly<Record<string, string>> = {
  view: '00185101',
  laterality: '00200060',
  imageLaterality: '00200062',
  orientation: '00200020',
  imageType: '00080008',
};

function metadataOf(told: Told): DicomJson {
  return Object.fromEntries(
    Object.entries(told).map(([name, value]) => [
      TAGS[name] ?? name,
      { Value: [value].flat().map(String) },
    ]),
  );
}

/** Stacks of images that are told of by their attributes; images are named by stack and place. */
function stacksOf(modality: string, ...series: readonly (readonly Told[])[]): ImageStack[] {
  return series.map((images, stack) => ({
    seriesInstanceUid: `1.${stack}`,
    modality,
    title: `${stack}`,
    images: images.map((told, place) => ({
      ...factsOf(metadataOf(told), modality),
      imageId: `${stack}/${place}`,
      sopInstanceUid: `${stack}.${place}`,
      frame: 1,
      columns: 10,
      rows: 10,
    })),
  }));
}

const at = (stack: number, image = 0) => ({ stack, image });
const slices = (count: number, told: Told = {}) => Array.from({ length: count }, () => told);

describe('hanging a study', () => {
  it('puts two radiographs side by side, the frontal one first', () => {
    const two = stacksOf('DX', [{ view: 'LL' }], [{ view: 'PA' }]);
    expect(hang(two, 'DX')).toEqual({ layout: '1x2', places: [at(1), at(0)] });
    const oneSeries = stacksOf('CR', [{ view: 'LATERAL' }, {}, { view: 'AP' }]);
    expect(hang(oneSeries, 'CR').places).toEqual([at(0, 2), at(0, 0), at(0, 1)]);
    expect(hang(stacksOf('DX', [{ view: 'PA' }]), 'DX').layout).toBe('1x1');
  });

  it('hangs mammograms back to back, the right breast on the left, whatever order they came in', () => {
    const four = stacksOf(
      'MG',
      [{ view: 'MLO', imageLaterality: 'L' }],
      [{ view: 'CC', imageLaterality: 'L' }],
      [{ view: 'MLO', laterality: 'R' }],
      [{ view: 'CC', imageLaterality: 'R' }],
    );
    expect(hang(four, 'MG')).toEqual({ layout: '2x2', places: [at(3), at(1), at(2), at(0)] });
  });

  it('leaves the place of a missing view empty, and puts two views side by side', () => {
    const [rcc, lcc, lmlo] = [
      { view: 'CC', imageLaterality: 'R' },
      { view: 'CC', imageLaterality: 'L' },
      { view: 'MLO', imageLaterality: 'L' },
    ];
    const three = hang(stacksOf('MG', [lmlo], [rcc], [lcc]), 'MG');
    expect(three).toEqual({ layout: '2x2', places: [at(1), at(2), null, at(0)] });
    expect(hang(stacksOf('MG', [lmlo], [lcc]), 'MG')).toEqual({
      ...{ layout: '1x2', places: [at(1), at(0)] },
    });
    expect(placesIn(three, '1x1')).toEqual([at(1)]);
  });

  it('hangs mammograms that say nothing of their view as they are', () => {
    expect(hang(stacksOf('MG', [{}], [{}]), 'MG')).toEqual({
      ...{ layout: '1x1', places: [at(0), at(1)] },
    });
  });

  it('reads the view from its code where ViewPosition is free text', () => {
    const coded = {
      '00185101': { Value: ['Brust oben'] },
      '00540220': { Value: [{ '00080100': { Value: ['399162004'] } }] },
    };
    // The type of the loader knows no sequences.
    const metadata: DicomJson = JSON.parse(JSON.stringify(coded));
    expect(factsOf(metadata, 'MG').view).toBe('CC');
  });

  it('opens a CT at the middle of its largest series, not at its localizer', () => {
    const stacks = stacksOf(
      'CT',
      slices(30, { imageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] }),
      slices(5),
      slices(21),
    );
    expect(hang(stacks, 'CT')).toEqual({
      ...{ layout: '1x1', places: [at(2, 10), at(1, 2), at(0, 15)] },
    });
  });

  it('knows the localizer of a CT by its metadata', () => {
    const { files } = generateStudy({
      ...({ kind: 'CT', seed: 'localizer', lesion: null, localizer: true } as const),
      ...{ slices: 2, matrix: 16 },
    });
    const areLocalizers = files.map(({ bytes }) => {
      const meta = parseFileMeta(bytes, true);
      if (meta === undefined) throw new Error('no file meta');
      const dataSet = bytes.subarray(meta.dataSetOffset);
      const metadata: DicomJson = JSON.parse(
        JSON.stringify(toDicomJson(dataSet, meta.meta.transferSyntaxUid)),
      );
      return factsOf(metadata, 'CT').isLocalizer;
    });
    expect(areLocalizers).toEqual([false, false, true]);
  });

  it('leaves what it does not know in its own order', () => {
    expect(hang(stacksOf('US', slices(2), slices(9)), 'US')).toEqual({
      ...{ layout: '1x1', places: [at(0), at(1, 4)] },
    });
    expect(hang([], null)).toEqual({ layout: '1x1', places: [] });
  });
});

describe('flips of mammograms', () => {
  const flips = (told: Told) => factsOf(metadataOf(told), 'MG').flips;
  const none = { horizontal: false, vertical: false };

  it('are none where the chest wall is on its side already, or where nothing says', () => {
    expect(flips({ imageLaterality: 'R', view: 'CC', orientation: ['P', 'L'] })).toEqual(none);
    expect(flips({ imageLaterality: 'L', view: 'CC', orientation: ['A', 'R'] })).toEqual(none);
    expect(flips({ imageLaterality: 'L', view: 'MLO', orientation: ['A', 'FR'] })).toEqual(none);
    expect(flips({ imageLaterality: 'L', view: 'MLO' })).toEqual(none);
    expect(flips({ view: 'MLO', orientation: ['P', 'F'] })).toEqual(none);
  });

  it('turn the chest wall to its side, and the outer side or the head up', () => {
    expect(flips({ imageLaterality: 'R', view: 'CC', orientation: ['A', 'L'] })).toEqual({
      ...{ horizontal: true, vertical: false },
    });
    expect(flips({ imageLaterality: 'R', view: 'CC', orientation: ['P', 'R'] })).toEqual({
      ...{ horizontal: false, vertical: true },
    });
    expect(flips({ imageLaterality: 'L', view: 'MLO', orientation: ['P', 'H'] })).toEqual({
      ...{ horizontal: true, vertical: true },
    });
  });

  it('go with the edge at which the chest wall is stored, where side and orientation are told', () => {
    const wall = (told: Told, modality = 'MG') => factsOf(metadataOf(told), modality).chestWall;
    const turned = { imageLaterality: 'L', view: 'CC', orientation: ['P', 'R'] };
    expect(wall(turned)).toBe('right');
    expect(wall({ ...turned, orientation: ['A', 'R'] })).toBe('left');
    expect(wall({ ...turned, orientation: ['AR', 'F'] })).toBe('left');
    expect(wall({ view: 'CC', orientation: ['P', 'R'] })).toBeNull();
    expect(wall({ imageLaterality: 'L', view: 'CC' })).toBeNull();
    expect(wall({ ...turned, orientation: ['H', 'R'] })).toBeNull();
    expect(wall(turned, 'DX')).toBeNull();
  });

  it('are none of any other modality', () => {
    const told = metadataOf({ imageLaterality: 'R', view: 'CC', orientation: ['A', 'L'] });
    expect(factsOf(told, 'DX').flips).toEqual(none);
  });
});

describe('opening a study', () => {
  const stacks = stacksOf('CT', slices(30), slices(9));
  const hung = [at(0, 15), at(1, 4)];
  const found = (sopInstanceUid: string | null, score: number) => ({
    ...{ sopInstanceUid, frame: 1, score },
  });

  it('shows the highest finding in the pane of its series', () => {
    const opening = openingOf(hung, stacks, [found('0.3', 0.4), found('1.7', 0.8)]);
    expect(opening).toEqual({ places: [at(0, 15), at(1, 7)], active: 1 });
  });

  it('shows it in the first pane when none has its series', () => {
    const opening = openingOf([at(0, 15)], stacks, [found('1.7', 0.8)]);
    expect(opening).toEqual({ places: [at(1, 7)], active: 0 });
  });

  it('stays with what hangs when no finding has a place', () => {
    expect(openingOf(hung, stacks, [found(null, 0.9)])).toEqual({ places: hung, active: 0 });
    expect(openingOf([null, at(0)], stacks, []).active).toBe(1);
  });

  it('prefers the pane with the very image to one with its series', () => {
    expect(paneFor([at(0, 1), at(0, 2)], at(0, 2))).toBe(1);
    expect(paneFor([at(0, 1), null], at(0, 9))).toBe(0);
    expect(paneFor([at(0, 1), null], at(1, 0))).toBeNull();
  });

  it('takes the remembered layout as far as there are images for it', () => {
    const hanging = hang(stacks, 'CT');
    expect(fitLayout(hanging, null)).toBe('1x1');
    expect(fitLayout(hanging, '2x2')).toBe('1x2');
    expect(fitLayout(hang(stacksOf('CT', slices(3)), 'CT'), '2x2')).toBe('1x1');
    const four = hang(stacksOf('CT', slices(1), slices(2), slices(3), slices(4)), 'CT');
    expect(fitLayout(four, '2x2')).toBe('2x2');
    expect(fitLayout(four, '1x2')).toBe('1x2');
    expect(PANES_OF[fitLayout(hang([], 'CT'), '2x2')]).toBe(1);
  });
});

describe('more panes', () => {
  it('get the series that no pane shows, wherever the others are scrolled to', () => {
    const chest = stacksOf('CT', slices(1, { imageType: 'LOCALIZER' }), slices(9), slices(5));
    const hanging = hang(chest, 'CT');
    expect(fillPlaces(hanging, [at(1, 7)], 2)).toEqual([at(1, 7), at(2, 2)]);
    expect(fillPlaces(hanging, [at(2, 4), null], 4)).toEqual([at(2, 4), at(1, 4), at(0), null]);
  });

  it('get the views that no pane shows, also of one series', () => {
    const views = stacksOf('DX', [{ view: 'PA' }, { view: 'LL' }]);
    expect(fillPlaces(hang(views, 'DX'), [at(0, 1)], 2)).toEqual([at(0, 1), at(0, 0)]);
  });
});

describe('the remembered layout', () => {
  function storage(initial: string | null) {
    let kept = initial;
    return {
      getItem: () => kept,
      setItem: (_: string, value: string) => {
        kept = value;
      },
    };
  }

  it('is kept by modality', () => {
    const store = storage(null);
    rememberLayout(store, 'CT', '1x2');
    rememberLayout(store, 'MG', '2x2');
    expect([rememberedLayout(store, 'CT'), rememberedLayout(store, 'MG')]).toEqual(['1x2', '2x2']);
    expect(rememberedLayout(store, 'DX')).toBeNull();
  });

  it('is none where the store holds something else', () => {
    expect(rememberedLayout(storage('{"CT":"7x9"}'), 'CT')).toBeNull();
    expect(rememberedLayout(storage('oops'), 'CT')).toBeNull();
  });
});
