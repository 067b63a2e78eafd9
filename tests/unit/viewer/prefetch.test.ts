import { describe, expect, it } from 'vitest';
import {
  createHeldStudies,
  createRecentStudies,
} from '../../../viewer/src/reading/held-studies.ts';
import { factsOf } from '../../../viewer/src/reading/image-facts.ts';
import type { ImageStack } from '../../../viewer/src/reading/image-stacks.ts';
import { planPrefetch } from '../../../viewer/src/reading/prefetch-plan.ts';

function stackOf(name: string, count: number, side: number): ImageStack {
  const images = Array.from({ length: count }, (_, place) => ({
    imageId: `${name}${place}`,
    sopInstanceUid: `1.2.${place}`,
    frame: 1,
    ...{ ...factsOf(undefined, null), columns: side, rows: side },
  }));
  return { seriesInstanceUid: name, modality: 'CT', title: name, images };
}

describe('what is fetched of the next study', () => {
  it('is where it opens, then the slices around that', () => {
    const plan = planPrefetch([stackOf('a', 3, 512), stackOf('b', 100, 512)], {
      stack: 1,
      image: 50,
    });
    expect(plan).toEqual(['b50', 'b51', 'b49', 'b52', 'b48', 'b53', 'b47', 'b54', 'b46']);
  });

  it('is every view of a radiograph, up to four', () => {
    const views = ['a', 'b', 'c', 'd', 'e'].map((name) => stackOf(name, 1, 2000));
    expect(planPrefetch(views, { stack: 1, image: 0 })).toEqual(['b0', 'a0', 'c0', 'd0']);
  });

  it('stays below a bound of memory: views of 50 megapixels are not all fetched', () => {
    const views = ['a', 'b', 'c'].map((name) => stackOf(name, 1, 5000));
    expect(planPrefetch(views, { stack: 0, image: 0 })).toEqual(['a0', 'b0']);
    expect(planPrefetch([stackOf('huge', 1, 10_000)], { stack: 0, image: 0 })).toEqual([]);
    expect(planPrefetch([], { stack: 0, image: 0 })).toEqual([]);
  });
});

describe('studies held in memory', () => {
  const start = () => {
    const waiting: (() => void)[] = [];
    const gone: string[] = [];
    const held = createHeldStudies((work) => waiting.push(work));
    const turn = () => {
      for (const work of waiting.splice(0)) work();
    };
    return { held, gone, turn };
  };

  it('go when the last holder lets go', () => {
    const { held, gone, turn } = start();
    const page = held.hold('1', () => gone.push('page'));
    const ahead = held.hold('1', () => gone.push('ahead'));
    page();
    page();
    turn();
    expect([gone, held.isHeld('1'), held.isHeld('2')]).toEqual([[], true, false]);
    ahead();
    turn();
    expect([gone, held.isHeld('1')]).toEqual([['page', 'ahead'], false]);
  });

  it('stay when somebody takes hold in the same moment', () => {
    const { held, gone, turn } = start();
    held.hold('1', () => gone.push('ahead'))();
    const page = held.hold('1', () => gone.push('page'));
    turn();
    expect(gone).toEqual([]);
    page();
    turn();
    turn();
    expect(gone).toEqual(['ahead', 'page']);
  });
});

describe('the studies that were opened last', () => {
  const start = () => {
    const gone: string[] = [];
    const recent = createRecentStudies(2);
    const open = (uid: string) => recent.keep(uid, () => gone.push(uid));
    return { recent, gone, open };
  };

  it('are two, however many were opened one after the other', () => {
    const { recent, gone, open } = start();
    for (let place = 0; place < 10; place += 1) open(`${place}`);
    expect(gone).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    recent.letAllGo();
    recent.letAllGo();
    expect(gone.slice(8)).toEqual(['8', '9']);
  });

  it('stay while a reader goes to and fro between them, each held once', () => {
    const { gone, open } = start();
    for (const uid of ['a', 'b', 'a', 'b']) open(uid);
    // What held them before is let go for what holds them now.
    expect(gone).toEqual(['a', 'b']);
    open('c');
    expect(gone).toEqual(['a', 'b', 'a']);
  });
});
