import { generateCtStudy } from './ct-study.ts';
import { generateMammogramStudy } from './mammogram-study.ts';
import { generateRadiographStudy } from './radiograph-study.ts';
import type { GeneratedStudy, StudyOptions } from './study-types.ts';

export { SUBTLETIES } from './phantom/lesion.ts';
export * from './study-types.ts';

/** A believable made-up study; the same options always give the same bytes. */
export function generateStudy(options: StudyOptions): GeneratedStudy {
  if (options.kind === 'MG') return generateMammogramStudy(options);
  return options.kind === 'CT' ? generateCtStudy(options) : generateRadiographStudy(options);
}
