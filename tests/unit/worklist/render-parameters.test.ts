import { describe, expect, it } from 'vitest';
import { readRenderParameters, regionOf } from '#worklist/dicomweb/retrieve/render-parameters.ts';

const IMAGE = { rows: 100, columns: 200 };

describe('how an image is to be rendered', () => {
  it('reads size, region, window and quality', () => {
    const read = readRenderParameters({
      viewport: '64,32,10,,-50,20',
      window: '40,400.5,linear-exact',
      quality: '70',
    });
    expect(read).toMatchObject({
      viewport: { width: 64, height: 32 },
      window: { center: 40, width: 400.5, voiLutFunction: 'LINEAR_EXACT' },
      quality: 70,
      warnings: [],
    });
    expect(regionOf(read.region, IMAGE)).toEqual({
      ...{ left: 10, top: 0, width: 50, height: 20, flop: true, flip: false },
    });
    expect(readRenderParameters({})).toMatchObject({ quality: 90, window: undefined });
    expect(regionOf([], IMAGE)).toBeUndefined();
  });

  it('says what it does not follow', () => {
    const { warnings } = readRenderParameters({
      annotation: 'patient',
      iccprofile: 'yes',
      'x\ny': 1,
    });
    expect(warnings).toEqual([
      expect.stringMatching(/^annotation is not supported/),
      expect.stringMatching(/^iccprofile/),
      'x?y is not known',
    ]);
  });

  it.each([
    { viewport: '0,10' },
    { viewport: '10' },
    { viewport: '10,10.5' },
    { viewport: '99999,1' },
    { viewport: '1,1,1,1,1,1,1' },
    { viewport: 'a,b' },
    { window: '40' },
    { window: '40,0,linear' },
    { window: '40,400,curved' },
    { window: '40,400,linear,1' },
    { quality: '0' },
    { quality: '101' },
    { quality: ['1', '2'] },
  ])('refuses %j', (query) => {
    expect(() => readRenderParameters(query)).toThrowError(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    );
  });

  it.each([[[-1, 0, 10, 10]], [[0, 0, 201, 1]], [[0, 90, 1, 11]], [[0, 0, 0, 1]]])(
    'refuses the region %j outside of the image',
    (region) => {
      expect(() => regionOf(region, IMAGE)).toThrowError(/outside/);
    },
  );
});
