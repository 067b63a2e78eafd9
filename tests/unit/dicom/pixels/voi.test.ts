import { describe, expect, it } from 'vitest';
import { throughWindow, voiOf } from '#dicom/pixels/voi.ts';

const NOTHING = { windowCenter: [], windowWidth: [] };

describe('throughWindow (PS3.3 C.11.2.1.2, C.11.2.1.3)', () => {
  it('LINEAR: the example of the standard, c 2048, w 4096, is the identity over 12 bits', () => {
    const show = throughWindow({ center: 2048, width: 4096 }, undefined);
    for (const value of [0, 1, 100, 2047, 2048, 4000, 4095]) {
      expect(show(value)).toBeCloseTo(value / 4095, 12);
    }
    expect([show(-1), show(5000)]).toEqual([0, 1]);
  });

  it('LINEAR: w 1 is a threshold, half a value below the centre and dark on it', () => {
    const show = throughWindow({ center: 0, width: 1 }, 'LINEAR');
    expect([show(-1), show(-0.5), show(-0.4999), show(0)]).toEqual([0, 0, 1, 1]);
  });

  it('LINEAR_EXACT and SIGMOID', () => {
    const exact = throughWindow({ center: 50, width: 100 }, 'LINEAR_EXACT');
    expect([-1, 0, 25, 50, 100, 101].map(exact)).toEqual([0, 0, 0.25, 0.5, 1, 1]);
    const sigmoid = throughWindow({ center: 0, width: 4 }, 'SIGMOID');
    expect([sigmoid(0), sigmoid(1)]).toEqual([0.5, 1 / (1 + Math.exp(-1))]);
    expect(sigmoid(-100)).toBeLessThan(1e-12);
  });
});

describe('voiOf', () => {
  it('prefers the table, whose ends hold for what lies beyond', () => {
    const voiLut = { firstMapped: 10, values: Uint16Array.of(0, 1023, 4095), bits: 12 };
    const show = voiOf({ voiLut, windowCenter: [1], windowWidth: [2] });
    expect([-5, 10, 10.6, 12, 99].map((value) => show?.(value))).toEqual([0, 0, 1023 / 4095, 1, 1]);
  });

  it('takes the first of several windows', () => {
    const show = voiOf({ windowCenter: [50, 1], windowWidth: [101, 1] });
    expect(show?.(49.5)).toBe(0.5);
  });

  it.each([
    ['LINEAR', 0.5, false],
    [undefined, 1, true],
    ['LINEAR_EXACT', 0.5, true],
    ['SIGMOID', 0.5, true],
    ['SIGMOID', 0, false],
    ['LINEAR_EXACT', -1, false],
  ])('%s of width %d: usable %s', (voiLutFunction, width, usable) => {
    const show = voiOf({ voiLutFunction, windowCenter: [0], windowWidth: [width] });
    expect(show !== undefined).toBe(usable);
  });

  it('is nothing where the object says nothing', () => {
    expect(voiOf(NOTHING)).toBeUndefined();
    expect(voiOf({ windowCenter: [4], windowWidth: [] })).toBeUndefined();
  });
});
