type Point = readonly [x: number, y: number];

/**
 * Stand in for Cornerstone's conversions of places in software rendering: it reckons in pixels of the screen while its
 * canvas has CSS pixels, so that on a screen of 1.5 a length came out half as long again.
 */
export const cssToDevicePixels = (point: Point): Point => point;
export const deviceToCssPixels = (point: Point): Point => point;
