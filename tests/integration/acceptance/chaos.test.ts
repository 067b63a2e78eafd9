import { describe, expect, it } from 'vitest';
import { runChaos } from '../../chaos/run-chaos.ts';

const SEED = Number(process.env['RADTRIAGE_PROPERTY_SEED'] ?? Date.now() & 0x7fffffff);

describe('six kills under eight senders', () => {
  it('lose nothing that was acknowledged, and leave nothing behind', async () => {
    process.stdout.write(`chaos: seed ${SEED} (the long form: tests/chaos/run.ts)\n`);
    const report = await runChaos({ kills: 6, senders: 8, seed: SEED, restMs: 8_000 });
    expect(report.faults).toEqual([]);
    expect(report.kills).toHaveLength(6);
    expect(report.tally.acknowledged.size).toBeGreaterThan(100);
    expect(report.tally.resent).toBeGreaterThan(0);
  }, 300_000);
});
