import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postmasterOf } from '../../chaos/killer.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { missingPeer } from '../../support/peers.ts';
import { readRunState, readStudy, sendWithStorescu, writeStudy } from '../../support/studies.ts';
import { waitFor } from '../../support/wait-for.ts';

describe.skipIf(missingPeer('storescu'))('kill -9 in the middle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-kill-'));
  const studies = ['a', 'b', 'c', 'd'].map((seed) =>
    writeStudy(folder, { kind: 'CT', seed: `kill-${seed}`, lesion: null, slices: 24, matrix: 128 }),
  );
  let instance: Instance;

  beforeAll(async () => {
    instance = await startInstance();
  });
  afterAll(async () => {
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  const victims: readonly [string, () => number][] = [
    ['the listener', () => readRunState(instance).processes['listener'] ?? 0],
    ['the worker', () => readRunState(instance).processes['worker'] ?? 0],
    ['the database', () => postmasterOf(instance)],
    ['the web server', () => readRunState(instance).processes['web'] ?? 0],
  ];

  it.each(victims.map(([name, pid], index) => ({ name, pid, index })))(
    'of $name loses nothing that was acknowledged, and the study is analysed',
    async ({ pid, index }) => {
      const study = studies[index];
      if (study === undefined) throw new Error('no study');
      const uidOf = new Map(study.files.map((file) => [file.name, file.sopInstanceUid]));
      const sending = sendWithStorescu(instance.dicom, study.folder, uidOf);
      // Somewhere in the middle: as soon as the first images are on the list.
      await waitFor(
        async () => ((await readStudy(instance, study.studyInstanceUid))?.imageCount ?? 0) > 2,
        {
          what: 'the first images',
          deadlineMs: 30_000,
          everyMs: 5,
        },
      );
      process.kill(pid(), 'SIGKILL');
      const { acknowledged } = await sending;
      // The row may follow the answer: after a crash, once the next listener has looked.
      const missing = async (): Promise<string[]> => {
        const kept = await readStudy(instance, study.studyInstanceUid);
        const uids = new Set(
          kept?.series.flatMap((series) => series.instances).map((each) => each.sopInstanceUid),
        );
        return acknowledged.filter((uid) => !uids.has(uid));
      };
      await waitFor(async () => (await missing()).length === 0, {
        what: 'all that was acknowledged to be in the index',
        deadlineMs: 60_000,
      });
      // A sender tries again; what is there already is idempotent.
      await waitFor(async () => (await sendWithStorescu(instance.dicom, study.folder)).code === 0, {
        what: 'sending again to succeed',
        deadlineMs: 60_000,
        everyMs: 500,
      });
      const done = await waitFor(
        async () => {
          const now = await readStudy(instance, study.studyInstanceUid);
          return now?.status === 'analysed' && now.imageCount === study.files.length
            ? now
            : undefined;
        },
        { what: 'the study to be analysed', deadlineMs: 90_000 },
      );
      expect(done.analysisRuns.filter((run) => run.state === 'analysed').length).toBeGreaterThan(0);
    },
  );

  it('of the worker while it analyses: the next one does it again', async () => {
    const study = writeStudy(folder, {
      kind: 'CT',
      seed: 'kill-analysing',
      lesion: null,
      slices: 60,
      matrix: 256,
    });
    await sendWithStorescu(instance.dicom, study.folder);
    const read = () => readStudy(instance, study.studyInstanceUid);
    const victim = await waitFor(
      async () =>
        (await read())?.status === 'analysing'
          ? readRunState(instance).processes['worker']
          : undefined,
      { what: 'the analysis to begin', deadlineMs: 30_000, everyMs: 5 },
    );
    process.kill(victim, 'SIGKILL');
    const killed = await read();
    expect(killed?.status).toBe('analysing');
    const done = await waitFor(
      async () => {
        const now = await read();
        return now?.status === 'analysed' ? now : undefined;
      },
      { what: 'the study to be analysed', deadlineMs: 90_000 },
    );
    expect(done.imageCount).toBe(study.files.length);
    expect(readRunState(instance).processes['worker']).not.toBe(victim);
  });

  it('of the supervisor: a new start finds everything', async () => {
    const before = await Promise.all(
      studies.map((study) => readStudy(instance, study.studyInstanceUid)),
    );
    instance.supervisor.kill('SIGKILL');
    await waitFor(() => instance.supervisor.signalCode !== null, { what: 'the supervisor to end' });
    const again = await waitFor(() => startInstance({ dataDirectory: instance.dataDirectory }), {
      what: 'a new start on the same folder',
      deadlineMs: 90_000,
      everyMs: 500,
    });
    try {
      for (const study of before) {
        const now = await readStudy(again, study?.studyInstanceUid ?? '');
        expect(now?.imageCount).toBe(study?.imageCount);
        expect(now?.status).toBe('analysed');
      }
    } finally {
      await again.stop();
    }
  });
});
