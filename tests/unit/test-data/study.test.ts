import { describe, expect, it } from 'vitest';
import { isDummyPatientId } from '#core/patient-identity.ts';
import { DEMO_PRIORS, DEMO_SEEDS, DEMO_STUDIES } from '#test-data/demo-set.ts';
import { renderRadiograph } from '#test-data/phantom/radiograph.ts';
import { generateStudy, type StudyOptions, SUBTLETIES } from '#test-data/study.ts';

const ROWS = 640;
const COLUMNS = 576;

function pixelsOf(bytes: Buffer, count: number): Uint16Array {
  const tail = bytes.subarray(-count * 2);
  return Uint16Array.from({ length: count }, (_, i) => tail.readUInt16LE(i * 2));
}

function differences(left: Uint16Array, right: Uint16Array): number[] {
  return Array.from(left, (value, i) => Math.abs(value - (right[i] ?? 0)));
}

describe('generated studies', () => {
  it('are the same bytes for the same options', () => {
    const options: StudyOptions = { kind: 'DX', seed: 41, lesion: { subtlety: 'subtle' } };
    expect(generateStudy(options)).toEqual(generateStudy(options));
  });

  it('are twins: other UIDs and patient, the same image away from the lesion', () => {
    const shared = { kind: 'CR', seed: 42 } as const;
    const lesion = generateStudy({ ...shared, lesion: { subtlety: 'obvious' } });
    const plain = generateStudy({ ...shared, lesion: null });
    expect(lesion.studyInstanceUid).not.toBe(plain.studyInstanceUid);
    expect(lesion.patientId).not.toBe(plain.patientId);
    const [left, right] = [lesion, plain].map((study) =>
      pixelsOf(study.files[0]?.bytes ?? Buffer.alloc(0), ROWS * COLUMNS),
    );
    const delta = differences(left ?? new Uint16Array(), right ?? new Uint16Array());
    const [x, y, w, h] = lesion.lesion?.boxes[0]?.box ?? [0, 0, 0, 0];
    const inBox = delta.filter((_, i) => {
      const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)];
      return column >= x && column < x + w && row >= y && row < y + h;
    });
    const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
    expect(mean(inBox)).toBeGreaterThan(100);
    expect(mean(delta)).toBeLessThan(mean(inBox) / 20);
  });

  it('show a fainter lesion the subtler it is called', () => {
    const render = (lesion: (typeof SUBTLETIES)[number] | null) =>
      renderRadiograph({
        seed: 's',
        sex: 'F',
        view: 'PA',
        width: 288,
        height: 320,
        spacing: 1.3,
        lesion,
      });
    const plain = render(null).values;
    const strength = SUBTLETIES.map((subtlety) =>
      differences(render(subtlety).values, plain).reduce((sum, v) => sum + v, 0),
    );
    expect(strength).toEqual([...strength].sort((a, b) => b - a));
    expect(strength.at(-1)).toBeGreaterThan(0);
  });

  it('give a CT of the asked size whose boxes name its own slices', () => {
    const study = generateStudy({
      kind: 'CT',
      seed: 43,
      lesion: { subtlety: 'moderate' },
      slices: 12,
      matrix: 128,
    });
    expect(study.files).toHaveLength(12);
    const uids = study.files.map((file) => file.sopInstanceUid);
    expect(new Set(uids).size).toBe(12);
    const boxes = study.lesion?.boxes ?? [];
    expect(boxes.length).toBeGreaterThan(0);
    for (const { sopInstanceUid, box } of boxes) {
      expect(uids).toContain(sopInstanceUid);
      const [x, y, w, h] = box;
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
      expect(Math.max(x + w, y + h)).toBeLessThanOrEqual(128);
    }
  });

  it('invert the stored values for MONOCHROME1', () => {
    const shared = { kind: 'CR', seed: 44, lesion: null } as const;
    const [dark, bright] = (['MONOCHROME1', 'MONOCHROME2'] as const).map((photometric) =>
      pixelsOf(generateStudy({ ...shared, photometric }).files[0]?.bytes ?? Buffer.alloc(0), 1000),
    );
    expect(Array.from(dark ?? [], (value) => 4095 - value)).toEqual(Array.from(bright ?? []));
  });
});

describe('the demo set', () => {
  it('has at least ten pairs of twins of each kind and subtlety, and two studies that no model takes', () => {
    const lesions = DEMO_STUDIES.filter((study) => study.hasLesion);
    expect(lesions.length).toBeGreaterThanOrEqual(10);
    for (const study of lesions) {
      const twins = DEMO_STUDIES.filter((other) => other.pair === study.pair && !other.hasLesion);
      expect(twins).toHaveLength(1);
    }
    expect(new Set(lesions.map((study) => study.subtlety))).toEqual(new Set(SUBTLETIES));
    expect(DEMO_STUDIES.filter((study) => study.expected === 'not-analysed')).toHaveLength(2);
  });

  it('has seeds that are all different', () => {
    expect(new Set(DEMO_SEEDS).size).toBe(DEMO_SEEDS.length);
  });
});

describe('the priors of the demo set', () => {
  it('are of patients with a lesion, who had none then, and are told apart from every study of today', () => {
    const now = new Date('2026-11-27T10:00:00Z');
    const today = DEMO_STUDIES.filter(({ pair }) => pair === 1 || pair === 3).map((study) => ({
      ...study.generate(),
      hasLesion: study.hasLesion,
    }));
    const priors = DEMO_PRIORS.map((prior) => prior.generate(now));
    expect(priors.length).toBeGreaterThan(0);
    for (const prior of priors) {
      expect(isDummyPatientId(prior.patientId)).toBe(false);
      expect(prior.lesion).toBeNull();
      const same = today.filter(({ patientId }) => patientId === prior.patientId);
      expect(same.map(({ hasLesion }) => hasLesion)).toEqual([true]);
      const uids = new Set(today.map(({ studyInstanceUid }) => studyInstanceUid));
      expect(uids.has(prior.studyInstanceUid)).toBe(false);
    }
  });
});
