import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Instance, startInstance } from '#tests/support/instance.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { readStudy, sendWithStorescu, writeStudy } from '#tests/support/studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const RULES = `
id: acceptance
version: "1"
rules: [{ name: all, signals: { associationReleased: true } }]
`;

describe.skipIf(missingPeer('storescu'))('the completeness rules of a site', () => {
  const folder = temporaryDirectory();
  let instance: Instance;

  beforeAll(async () => {
    const rules = join(folder.path, 'rules.yaml');
    writeFileSync(rules, RULES);
    instance = await startInstance({
      environment: { RADTRIAGE_QUIET_SECONDS: '600', RADTRIAGE_COMPLETENESS_RULE_FILE: rules },
    });
  });
  afterAll(async () => {
    await instance.stop();
    folder.remove();
  });

  it('close a study at the release of storescu, ten minutes before it would be quiet, and say so', async () => {
    const parent = join(folder.path, 'studies');
    mkdirSync(parent);
    const study = writeStudy(parent, { kind: 'CT', seed: 'released', slices: 8, lesion: null });
    const { dicom } = instance;
    expect(await sendWithStorescu(dicom, study.folder)).toMatchObject({ code: 0 });
    const detail = await waitFor(
      async () => {
        const read = await readStudy(instance, study.studyInstanceUid);
        return read?.imageRevisions.length === 1 ? read : undefined;
      },
      { deadlineMs: 20_000, what: 'the study to be closed' },
    );
    expect(detail.imageRevisions).toMatchObject([
      {
        imageCount: 8,
        completionReason: 'association released by STORESCU: 8 images',
        completionRule: 'acceptance 1: all',
      },
    ]);
    expect(detail).toMatchObject({ waitingFor: null, waitsUntil: null });
  });
});
