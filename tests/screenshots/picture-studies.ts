import { type GeneratedStudy, generateStudy, type StudyOptions } from '#test-data/study.ts';

/** A generated study of the pictures. */
export interface PictureStudy {
  /** What a picture asks for it by. */
  readonly role: string;
  readonly generate: (visit: Visit) => GeneratedStudy;
  /** An earlier study of the same patient, from before the lesion; null where a picture needs none. */
  readonly generatePrior: ((visit: Visit) => GeneratedStudy) | null;
}

interface Visit {
  readonly studyDate: string;
  readonly studyTime: string;
}

type Choice = Pick<StudyOptions, 'kind' | 'lesion' | 'priority' | 'localizer' | 'view'>;

const OBVIOUS = { lesion: { subtlety: 'obvious' } } as const;
const MODERATE = { lesion: { subtlety: 'moderate' } } as const;
const SUBTLE = { lesion: { subtlety: 'subtle' } } as const;
const NONE = { lesion: null } as const;
const WITH_PRIORS: ReadonlySet<string> = new Set(['radiograph', 'ct']);

function study(
  [role, name, seed]: readonly [role: string, name: string, seed: number],
  choice: Choice,
): PictureStudy {
  const patient = {
    name,
    id: `RT-${seed}`,
    birthDate: `19${30 + (seed % 60)}0${1 + (seed % 9)}1${seed % 10}`,
    sex: seed % 2 === 0 ? 'F' : 'M',
  } as const;
  const earlier = { ...choice, lesion: null, accessionNumber: `P${seed}E` };
  const generatePrior = (visit: Visit) => generateStudy({ seed, patient, ...earlier, ...visit });
  return {
    role,
    generate: (visit) => generateStudy({ seed, patient, ...choice, ...visit }),
    generatePrior: WITH_PRIORS.has(role) ? generatePrior : null,
  };
}

/** Seeds of the demonstration; names that say what they are, in letters that any browser has. */
export const PICTURE_STUDIES: readonly PictureStudy[] = [
  study(['radiograph', 'Phantom^Grant', 900105], { kind: 'DX', ...OBVIOUS, priority: 'ROUTINE' }),
  study(['ct', 'Фантомов^Тест', 900103], {
    ...{ kind: 'CT', priority: 'ROUTINE', localizer: true },
    ...OBVIOUS,
  }),
  study(['blind', 'Phantöm^Jörg', 900101], { kind: 'CR', ...OBVIOUS, priority: 'ROUTINE' }),
  study(['stat', 'Sample^Noel', 900107], {
    ...{ kind: 'CT', priority: 'STAT', localizer: true },
    ...MODERATE,
  }),
  study(['flagged', 'Phantom^Nine', 900109], { kind: 'DX', ...MODERATE, priority: 'ROUTINE' }),
  study(['flagged', 'Fantôme^Zoé', 900108], { kind: 'CR', ...MODERATE, priority: 'LOW' }),
  study(['unflagged', 'Prøve^Åse', 900102], { kind: 'DX', ...NONE, priority: 'ROUTINE' }),
  study(['unflagged', 'Δοκιμή^Ομοίωμα', 900106], { kind: 'DX', ...NONE, priority: 'ROUTINE' }),
  study(['unflagged', 'Образцова^Проба', 900104], { kind: 'CR', ...NONE, priority: 'HIGH' }),
  study(['subtle', 'Próba^Łukasz', 900111], { kind: 'CR', ...SUBTLE, priority: 'ROUTINE' }),
  study(['lateral', 'Lateral^Sample', 900112], { kind: 'CR', ...NONE, view: 'LL' }),
  study(['mammogram', 'Muster^Erika', 900110], { kind: 'MG', ...NONE, priority: 'ROUTINE' }),
];
