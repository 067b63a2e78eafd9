import { describe, expect, it } from 'vitest';
import { isJobName, JOB_CONTRACTS, listJobNames } from '#queue/contracts.ts';
import { type JobHandler, wireHandlers } from '#queue/handlers.ts';

const triage: JobHandler<'triage'> = {
  job: 'triage',
  run: async () => undefined,
  giveUp: async () => undefined,
};

const shadow: JobHandler<'shadow'> = { ...triage, job: 'shadow' };
const explain: JobHandler<'explain'> = { ...triage, job: 'explain' };

describe('job wiring', () => {
  it('gives each kind of job its one handler', () => {
    expect([...wireHandlers([triage, shadow, explain]).keys()]).toEqual(listJobNames());
    expect([...wireHandlers([shadow], ['shadow']).keys()]).toEqual(['shadow']);
  });

  it('refuses a kind without a handler and a kind with two', () => {
    expect(() => wireHandlers([])).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => wireHandlers([triage, triage])).toThrow(/two handlers/);
  });
});

describe('the triage contract', () => {
  const payload = { studyKey: '1', imageRevision: 'a'.repeat(64), runKey: '2', traceId: 't' };

  it('carries ids and a trace id, nothing more', () => {
    const { payload: schema } = JOB_CONTRACTS.triage;
    expect(schema.parse(payload)).toEqual(payload);
    expect(schema.safeParse({ ...payload, patientName: 'X' }).success).toBe(false);
    expect(schema.safeParse({ ...payload, imageRevision: 'short' }).success).toBe(false);
    expect(schema.safeParse({ ...payload, studyKey: "1'; --" }).success).toBe(false);
  });

  it('knows its own name alone', () => {
    expect(isJobName('triage')).toBe(true);
    expect(isJobName('toString')).toBe(false);
  });
});
