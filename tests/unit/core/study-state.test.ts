import { describe, expect, it } from 'vitest';
import { ERROR_KINDS, RadTriageError, toRadTriageError } from '#core/errors.ts';
import { canTransition, nextStatus, STUDY_EVENTS, STUDY_STATUSES } from '#core/study-state.ts';

describe('study state', () => {
  it('goes the road of one study', () => {
    let status = nextStatus('receiving', 'image-received');
    for (const event of ['completed', 'analysis-started', 'analysis-finished'] as const) {
      status = nextStatus(status, event);
    }
    expect(status).toBe('analysed');
  });

  it('reopens every status on a late image, so that nothing arrives unseen', () => {
    for (const status of STUDY_STATUSES) {
      expect(nextStatus(status, 'image-received')).toBe('receiving');
    }
  });

  it('throws on every pair that the table does not hold', () => {
    const illegal = STUDY_STATUSES.flatMap((status) =>
      STUDY_EVENTS.filter((event) => !canTransition(status, event)).map(
        (event) => [status, event] as const,
      ),
    );
    expect(illegal.length).toBeGreaterThan(15);
    for (const [status, event] of illegal) {
      expect(() => nextStatus(status, event)).toThrow(RadTriageError);
    }
  });

  it('never reaches a result without an analysis', () => {
    expect(canTransition('receiving', 'analysis-finished')).toBe(false);
    expect(canTransition('queued', 'analysis-finished')).toBe(false);
  });
});

describe('errors', () => {
  it('carry a status on either door, never a success', () => {
    for (const kind of Object.values(ERROR_KINDS)) {
      expect(kind.http).toBeGreaterThanOrEqual(400);
      expect(kind.dimse).not.toBe(0);
    }
  });

  it('keep what was thrown as the cause', () => {
    const cause = new Error('inner');
    const error = toRadTriageError(cause, 'STORAGE_FAILED');
    expect(error.cause).toBe(cause);
    expect(error.retryable).toBe(true);
    expect(toRadTriageError(error)).toBe(error);
  });
});
