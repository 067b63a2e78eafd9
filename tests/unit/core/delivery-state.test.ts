import { describe, expect, it } from 'vitest';
import { nextDeliveryState } from '#core/delivery-state.ts';
import { toRadTriageError } from '#core/errors.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return toRadTriageError(error).code;
  }
  return 'none';
}

describe('states of a delivery', () => {
  it('goes from waiting to what the destination says', () => {
    expect(nextDeliveryState('waiting', 'taken')).toBe('sent');
    expect(nextDeliveryState('waiting', 'try-again')).toBe('waiting');
    expect(nextDeliveryState('waiting', 'refused')).toBe('dead');
    expect(nextDeliveryState('waiting', 'given-up')).toBe('dead');
    expect(nextDeliveryState('waiting', 'overtaken')).toBe('superseded');
    expect(nextDeliveryState('waiting', 'abandon')).toBe('dismissed');
    expect(codeOf(() => nextDeliveryState('waiting', 'dismiss'))).toBe('ILLEGAL_TRANSITION');
  });

  it('never sends again what was taken, unless the destination does not keep it', () => {
    expect(nextDeliveryState('sent', 'not-kept')).toBe('waiting');
    for (const event of [
      'taken',
      'resend',
      'dismiss',
      'overtaken',
      'refused',
      'given-up',
    ] as const) {
      expect(codeOf(() => nextDeliveryState('sent', event))).toBe('ILLEGAL_TRANSITION');
    }
  });

  it('leaves what is dead to people', () => {
    expect(nextDeliveryState('dead', 'resend')).toBe('waiting');
    expect(nextDeliveryState('dead', 'dismiss')).toBe('dismissed');
    expect(nextDeliveryState('dismissed', 'resend')).toBe('waiting');
    expect(codeOf(() => nextDeliveryState('dead', 'taken'))).toBe('ILLEGAL_TRANSITION');
  });

  it('ends with what was overtaken', () => {
    for (const event of ['dismiss', 'taken', 'try-again'] as const) {
      expect(codeOf(() => nextDeliveryState('superseded', event))).toBe('ILLEGAL_TRANSITION');
    }
    expect(codeOf(() => nextDeliveryState('superseded', 'resend'))).toBe('ILLEGAL_TRANSITION');
  });
});
