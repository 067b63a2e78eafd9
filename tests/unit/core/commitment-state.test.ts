import { describe, expect, test } from 'vitest';
import { failureReasonOf, nextCommitmentState } from '#core/commitment-state.ts';
import { nextStepStatus } from '#core/performed-step-status.ts';

describe('the states of a storage commitment', () => {
  test('lead from the request to the report, and back when it is asked again', () => {
    expect(nextCommitmentState('checking', 'decided')).toBe('reporting');
    expect(nextCommitmentState('reporting', 'report-delivered')).toBe('delivered');
    expect(nextCommitmentState('reporting', 'report-given-up')).toBe('given-up');
    for (const state of ['checking', 'reporting', 'delivered', 'given-up'] as const) {
      expect(nextCommitmentState(state, 'asked-again')).toBe('checking');
    }
  });

  test('are not left for a report that nobody decided', () => {
    expect(() => nextCommitmentState('checking', 'report-delivered')).toThrow('cannot take');
    expect(() => nextCommitmentState('delivered', 'decided')).toThrow('cannot take');
  });

  test('come with the failure reasons of PS3.3 C.14.1.1', () => {
    expect(failureReasonOf('kept')).toBeUndefined();
    expect(failureReasonOf('unknown')).toBe(0x0112);
    expect(failureReasonOf('class-conflict')).toBe(0x0119);
    expect(failureReasonOf('class-unsupported')).toBe(0x0122);
    expect(failureReasonOf('not-kept-by-policy')).toBe(0x0110);
    expect(failureReasonOf('file-altered')).toBe(0x0110);
  });
});

describe('the status of a performed procedure step', () => {
  test('goes from in progress to one of two ends, and no further', () => {
    expect(nextStepStatus('IN PROGRESS', 'IN PROGRESS')).toBe('IN PROGRESS');
    expect(nextStepStatus('IN PROGRESS', 'COMPLETED')).toBe('COMPLETED');
    expect(nextStepStatus('IN PROGRESS', 'DISCONTINUED')).toBe('DISCONTINUED');
    expect(() => nextStepStatus('COMPLETED', 'COMPLETED')).toThrow('cannot become');
    expect(() => nextStepStatus('DISCONTINUED', 'IN PROGRESS')).toThrow('cannot become');
  });
});
