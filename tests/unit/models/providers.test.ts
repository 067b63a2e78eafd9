import { describe, expect, it } from 'vitest';
import { providerFromProfile } from '#models/runtime/profile.ts';
import { parseExecutionProviders } from '#models/runtime/providers.ts';

describe('execution providers', () => {
  it('are tried in the configured order, without repeats', () => {
    expect(parseExecutionProviders(['CUDA', ' cpu', 'cuda'])).toEqual(['cuda', 'cpu']);
  });

  it('are refused by name when unknown, instead of running on the CPU', () => {
    expect(() => parseExecutionProviders(['gpu', 'cpu', 'npu'])).toThrow(/gpu, npu/);
    expect(() => parseExecutionProviders([])).toThrow(/empty/);
  });

  it('are read from what a profile says of its nodes, the busiest first', () => {
    const profile = [
      { cat: 'Session', name: 'model_loading', dur: 5000 },
      { cat: 'Node', dur: 10, args: { provider: 'CPUExecutionProvider' } },
      { cat: 'Node', dur: 90, args: { provider: 'CUDAExecutionProvider' } },
    ];
    expect(providerFromProfile(JSON.stringify(profile))).toBe('cuda+cpu');
    expect(() => providerFromProfile('[]')).toThrow(/no provider/);
  });
});
