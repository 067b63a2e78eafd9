import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minimalImage, minimalObject } from '#test-data/minimal-objects.ts';
import { runCli } from '#tests/support/instance.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const RULES = `
id: hospital
version: "4"
rules:
  - { name: mg, match: { modality: MG }, demand: { views: [R CC, L CC] }, quietSeconds: 600 }
  - { name: gate, match: { callingAe: GATE }, signals: { associationReleased: true } }
`;

const folder = temporaryDirectory();
const at = (...parts: string[]) => join(folder.path, ...parts);
const rules = (...args: string[]) => runCli(['rules', ...args], { ...process.env });

beforeAll(() => {
  writeFileSync(at('rules.yaml'), RULES);
  mkdirSync(at('studies', 'deep', 'er'), { recursive: true });
  const image = minimalImage({
    modality: 'MG',
    seed: 'tested',
    attributes: { ImageLaterality: 'R', ViewPosition: 'CC', StudyDate: '20010101' },
  });
  const report = minimalObject({ kind: 'SR', seed: 'tested', of: image });
  const attributes = { StudyDate: '29990101' };
  const other = minimalImage({ modality: 'CR', seed: 'other', attributes });
  const late = minimalImage({ modality: 'CR', seed: 'other', instanceNumber: 2, attributes });
  writeFileSync(at('studies', 'deep', 'er', 'image'), image.bytes);
  writeFileSync(at('studies', 'deep', 'copy of image'), image.bytes);
  writeFileSync(at('studies', 'report.dcm'), report.bytes);
  writeFileSync(at('studies', 'other.dcm'), other.bytes);
  writeFileSync(at('studies', 'later.dcm'), late.bytes);
  writeFileSync(at('studies', 'cut.dcm'), image.bytes.subarray(0, 400));
  writeFileSync(at('studies', 'notes.txt'), 'no DICOM');
  utimesSync(at('studies', 'other.dcm'), 1_000_000, 1_000_000);
  utimesSync(at('studies', 'later.dcm'), 1_000_060, 1_000_060);
});
afterAll(() => folder.remove());

describe('radtriage rules', () => {
  it('tells of each study which rule decides, what is missing, when it closes, and what follows', async () => {
    writeFileSync(
      at('site.yaml'),
      'assembly: { studyAgeLimitDays: 30 }\ndicom: { peers: [{ aeTitle: GATE, site: North }] }\n',
    );
    const options = ['--rule', at('rules.yaml'), '--config', at('site.yaml')];
    const more = ['--by', 'receipt', '--calling-ae', 'GATE', '--signal', 'release', '--json'];
    const { code, stdout, stderr } = await rules('test', at('studies'), ...options, ...more);
    expect(stderr).toContain('cut.dcm: DICOM_');
    expect(code).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ rules: { id: 'hospital', version: '4' }, otherFiles: 1 });
    const byModality = Object.fromEntries(
      report.studies.map((study: { modalities: string[] }) => [study.modalities[0], study]),
    );
    expect(byModality['MG']).toMatchObject({
      rule: 'mg',
      images: 1,
      objects: 1,
      site: 'North',
      demands: [{ met: false, words: '1 of 2 views, missing L CC' }],
      closings: [{ by: 'quiet', images: 1 }],
      outcome: 'prior',
      outcomeReason: 'older than 30 days',
      order: { priority: 'MEDIUM', longestWaitMinutes: 240 },
    });
    expect(byModality['CR']).toMatchObject({
      rule: 'gate',
      notMatched: [{ rule: 'mg', why: 'modality is CR, not MG' }],
      demands: [],
      // A minute lies between the files: the first image alone was quiet long enough.
      closings: [
        { afterSeconds: 5, images: 1, by: 'quiet' },
        { afterSeconds: 60.01, images: 2, by: 'signal' },
      ],
      outcome: 'triaged',
    });
  });

  it('says the same to people, without a name or an id of a patient', async () => {
    const { stdout } = await rules('test', at('studies', 'deep'), '--rule', at('rules.yaml'));
    expect(stdout).toContain('rules hospital, version 4');
    expect(stdout).toContain('MISSING: 1 of 2 views, missing L CC');
    expect(stdout).toMatch(/complete {2}10\.0 min after the first image with 1 of 1, by quiet/);
    expect(stdout).toContain('1 study');
    expect(stdout).not.toMatch(/minimal|\^/i);
  });

  it('says so when there is nothing to test', async () => {
    mkdirSync(at('empty'), { recursive: true });
    const { code, stderr } = await rules('test', at('empty'));
    expect(code).toBe(1);
    expect(stderr).toContain('no DICOM study below');
  });

  it('checks a file, all faults at once', async () => {
    expect(await rules('check', at('rules.yaml'))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('hospital, version 4, 2 rules, no fault'),
    });
    writeFileSync(at('bad.yaml'), 'id: a\nversion: 1\nrules: [{ name: x, mach: {} }]\n');
    const { code, stdout } = await rules('check', at('bad.yaml'));
    expect(code).toBe(1);
    expect(stdout).toContain('version: a text in quotes is wanted');
    expect(stdout).toContain('mach');
    expect(stdout).toContain('2 faults');
  });

  it('shows the rules in force', async () => {
    const { stdout } = await rules('show', '--rule', at('rules.yaml'));
    expect(stdout).toMatch(
      /mg +modality MG +views R CC, L CC +0 s +IAN, MPPS +0 s +600 s +120 min/,
    );
    expect(stdout).toMatch(/gate +callingAe GATE +- +0 s +IAN, MPPS, release/);
    expect(stdout).toMatch(/otherwise +every study/);
  });
});
