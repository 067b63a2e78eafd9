import { z } from 'zod';
import { uidSchema } from '#contracts/study.ts';

export const STUDY = '/dicomweb/studies/:study';
export const SERIES = `${STUDY}/series/:series`;
export const INSTANCE = `${SERIES}/instances/:instance`;

export const studyPath = z.object({ study: uidSchema });
export const seriesPath = studyPath.extend({ series: uidSchema });
export const instancePath = seriesPath.extend({ instance: uidSchema });

const MAX_FRAME = 1_000_000;
/** `1` or `1,2,5`, counted from 1 (PS3.18 table 10.4.1-1). */
const frameList = z
  .string()
  .regex(/^[1-9]\d{0,6}(,[1-9]\d{0,6})*$/, 'numbers of frames from 1, separated by commas')
  .transform((text) => text.split(',').map(Number))
  .refine((frames) => frames.every((frame) => frame <= MAX_FRAME), 'no frame has such a number');
export const framesPath = instancePath.extend({ frames: frameList });

/** The address of an instance, below that of our service. */
export function addressOf(
  root: string,
  study: string,
  row: { readonly seriesInstanceUid: string; readonly sopInstanceUid: string },
): string {
  return `${root}/studies/${study}/series/${row.seriesInstanceUid}/instances/${row.sopInstanceUid}`;
}
