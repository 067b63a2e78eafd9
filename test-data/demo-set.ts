import type { Charset } from './charset-encoder.ts';
import { minimalImage } from './minimal-objects.ts';
import { createRandom } from './random.ts';
import {
  type GeneratedStudy,
  generateStudy,
  PHANTOM_MANUFACTURER,
  type PhantomPatient,
  type StudyOptions,
  type Subtlety,
} from './study.ts';

/**
 * The seeds of the demonstration, fixed before any model was trained. The training script refuses to run when one
 * of its own seeds is among them.
 */
export const DEMO_SEEDS = [
  900101, 900102, 900103, 900104, 900105, 900106, 900107, 900108, 900109, 900110, 900111, 900112,
] as const;

export interface DemoStudy {
  /** For people: "pair 3, lesion". */
  readonly title: string;
  /** Twins share a pair number; studies that no model takes have none. */
  readonly pair: number | null;
  readonly hasLesion: boolean;
  readonly subtlety: Subtlety | null;
  /** What must become of it. */
  readonly expected: 'analysed' | 'not-analysed';
  readonly generate: (visit?: { studyDate: string; studyTime: string }) => GeneratedStudy;
}

interface Pair {
  readonly kind: StudyOptions['kind'];
  readonly seed: number;
  readonly subtlety: Subtlety;
  readonly charset: Charset;
  /** Of the study with the lesion, then of the one without. */
  readonly names: readonly [string, string];
  readonly priority: NonNullable<StudyOptions['priority']>;
}

/** Names are made up and say so: Phantom, Test or Sample in each language. */
const PAIRS: readonly Pair[] = [
  {
    kind: 'CR',
    seed: 900101,
    subtlety: 'obvious',
    charset: 'ISO_IR 100',
    names: ['Phantöm^Jörg', 'Fantôme^Zoé'],
    priority: 'ROUTINE',
  },
  {
    kind: 'DX',
    seed: 900102,
    subtlety: 'moderate',
    charset: 'ISO_IR 192',
    names: ['Δοκιμή^Ομοίωμα', 'Prøve^Åse'],
    priority: 'ROUTINE',
  },
  {
    kind: 'CT',
    seed: 900103,
    subtlety: 'obvious',
    charset: 'ISO_IR 144',
    names: ['Фантомов^Тест', 'Образцова^Проба'],
    priority: 'ROUTINE',
  },
  {
    kind: 'CR',
    seed: 900104,
    subtlety: 'subtle',
    charset: 'ISO 2022 IR 13\\ISO 2022 IR 87',
    names: ['ﾓｹｲ^ﾀﾛｳ=模型^太郎=もけい^たろう', 'ｼｹﾝ^ﾊﾅｺ=試験^花子=しけん^はなこ'],
    priority: 'HIGH',
  },
  {
    kind: 'DX',
    seed: 900105,
    subtlety: 'obvious',
    charset: '\\ISO 2022 IR 149',
    names: ['Mohyeong^Gil=模型^吉=모형^길', 'Gyeonbon^Su=見本^秀=견본^수'],
    priority: 'ROUTINE',
  },
  {
    kind: 'DX',
    seed: 900106,
    subtlety: 'subtle',
    charset: '\\ISO 2022 IR 58',
    names: ['Moxing^Yi=模型^一', 'Yangben^Er=样本^二'],
    priority: 'ROUTINE',
  },
  {
    kind: 'CT',
    seed: 900107,
    subtlety: 'moderate',
    charset: 'GB18030',
    names: ['Ceshi^San=测试^三', 'Moni^Si=模拟^四'],
    priority: 'STAT',
  },
  {
    kind: 'CR',
    seed: 900108,
    subtlety: 'moderate',
    charset: 'ISO_IR 166',
    names: ['ทดสอบ^หุ่น', 'ตัวอย่าง^จำลอง'],
    priority: 'LOW',
  },
  {
    kind: 'DX',
    seed: 900109,
    subtlety: 'moderate',
    charset: 'ISO_IR 6',
    names: ['Phantom^Nine', 'Sample^Nine'],
    priority: 'ROUTINE',
  },
  {
    kind: 'CT',
    seed: 900110,
    subtlety: 'subtle',
    charset: '\\ISO 2022 IR 87',
    names: ['Mokei^Jiro=模型^次郎=もけい^じろう', 'Shiken^Yuki=試験^雪=しけん^ゆき'],
    priority: 'ROUTINE',
  },
  {
    kind: 'CR',
    seed: 900111,
    subtlety: 'obvious',
    charset: 'ISO_IR 192',
    names: ['फैंटम^परीक्षण', 'دمية^اختبار'],
    priority: 'ROUTINE',
  },
];

/** Twenty-four studies: eleven pairs of twins, and two that no model takes. */
export const DEMO_STUDIES: readonly DemoStudy[] = [
  ...PAIRS.flatMap((pair, index) => [demoStudy(pair, index, true), demoStudy(pair, index, false)]),
  {
    title: 'lateral view, which no model takes',
    pair: null,
    hasLesion: false,
    subtlety: null,
    expected: 'not-analysed',
    generate: (visit) =>
      generateStudy({
        kind: 'CR',
        seed: 900112,
        view: 'LL',
        lesion: null,
        patient: inventPatient('Lateral^Sample', 900112, 'L'),
        priority: 'ROUTINE',
        ...visit,
      }),
  },
  {
    title: 'ultrasound, which no model takes',
    pair: null,
    hasLesion: false,
    subtlety: null,
    expected: 'not-analysed',
    generate: (visit) => ultrasound(visit),
  },
];

function demoStudy(pair: Pair, index: number, hasLesion: boolean): DemoStudy {
  const name = pair.names[hasLesion ? 0 : 1];
  const twin = hasLesion ? 'lesion' : 'twin without';
  return {
    title: `pair ${index + 1}, ${pair.kind}, ${pair.subtlety}, ${twin}`,
    pair: index + 1,
    hasLesion,
    subtlety: hasLesion ? pair.subtlety : null,
    expected: 'analysed',
    generate: (visit) =>
      generateStudy({
        kind: pair.kind,
        seed: pair.seed,
        lesion: hasLesion ? { subtlety: pair.subtlety } : null,
        charset: pair.charset,
        priority: pair.priority,
        patient: inventPatient(name, pair.seed, hasLesion ? 'B' : 'A'),
        ...visit,
      }),
  };
}

/** An earlier study of somebody in the demonstration, from before the lesion: it was reported then. */
export interface DemoPrior {
  readonly patientId: string;
  readonly birthDate: string;
  readonly generate: (now: Date) => GeneratedStudy;
}

function demoPrior(pair: Pair, monthsBefore: number): DemoPrior {
  const { kind, seed, charset } = pair;
  const patient = inventPatient(pair.names[0], seed, 'B');
  return {
    patientId: patient.id,
    birthDate: patient.birthDate,
    generate: (now) => {
      const day = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsBefore, 9));
      const studyDate = day.toISOString().slice(0, 10).replaceAll('-', '');
      const visit = { studyDate, studyTime: '091500', accessionNumber: `P${seed}E` };
      return generateStudy({ kind, seed, lesion: null, charset, patient, ...visit });
    },
  };
}

const PRIOR_MONTHS = [
  ['CR', 14],
  ['CT', 8],
] as const;

/** Of the patients of the first pair of radiographs and of the first pair of CTs: those with the lesion. */
export const DEMO_PRIORS: readonly DemoPrior[] = PRIOR_MONTHS.flatMap(([kind, months]) => {
  const pair = PAIRS.find((each) => each.kind === kind);
  return pair === undefined ? [] : [demoPrior(pair, months)];
});

/** Age and sex are a pair's own, so that twins share their anatomy. */
function inventPatient(name: string, seed: number, suffix: string): PhantomPatient {
  const random = createRandom('demo patient', seed);
  return {
    name,
    id: `DEMO-${seed}${suffix}`,
    birthDate: `${random.integer(1938, 1999)}0${random.integer(1, 9)}1${random.integer(0, 9)}`,
    sex: random.chance(0.5) ? 'M' : 'F',
  };
}

/** A sector of speckle: enough to look at, and no frontal chest. */
function ultrasound(visit: { studyDate: string; studyTime: string } | undefined): GeneratedStudy {
  const [rows, columns] = [240, 320];
  const random = createRandom('demo ultrasound');
  const pixels = Buffer.alloc(rows * columns);
  for (let i = 0; i < pixels.length; i += 1) {
    const [x, y] = [(i % columns) - columns / 2, Math.floor(i / columns) + 20];
    const depth = Math.hypot(x, y);
    const inSector = Math.abs(Math.atan2(x, y)) < 0.62 && depth > 36 && depth < 250;
    const cyst = Math.hypot(x - 18, y - 140) < 34 ? 0.15 : 1;
    const level = 95 * cyst * (1 - depth / 420) * Math.hypot(random.normal(), random.normal());
    pixels[i] = inSector ? Math.min(255, level) : 0;
  }
  const image = minimalImage({
    modality: 'US',
    seed: 'demo-ultrasound',
    rows,
    columns,
    attributes: {
      Manufacturer: PHANTOM_MANUFACTURER,
      ImageType: ['ORIGINAL', 'PRIMARY'],
      StudyDescription: 'Ultrasound (phantom)',
      BodyPartExamined: 'ABDOMEN',
      PatientOrientation: '',
      PatientName: 'Ultrasound^Sample',
      PatientID: 'DEMO-US',
      PatientSex: 'F',
      AccessionNumber: 'PUS0001',
      RequestedProcedurePriority: 'ROUTINE',
      StudyDate: visit?.studyDate ?? '20260112',
      StudyTime: visit?.studyTime ?? '100000',
      PixelData: pixels,
    },
  });
  return {
    studyInstanceUid: image.studyInstanceUid,
    patientId: 'DEMO-US',
    files: [
      {
        name: 'US0001.dcm',
        sopClassUid: image.sopClassUid,
        sopInstanceUid: image.sopInstanceUid,
        bytes: image.bytes,
      },
    ],
    lesion: null,
  };
}
