import { describe, expect, it } from 'vitest';
import { kindsFor, type StudyFacts } from '#delivery/destinations/choose-objects.ts';
import type { DeliveryRule } from '#platform/config/destinations.ts';

const study: StudyFacts = {
  callingAe: 'CT1',
  site: 'north',
  modality: 'CT',
  priority: 'HIGH',
  flagged: true,
  verified: false,
};

const rule = (said: Partial<DeliveryRule>): DeliveryRule => ({
  flaggedOnly: false,
  verifiedOnly: false,
  ...said,
});
const chosen = (when: DeliveryRule[], facts: Partial<StudyFacts> = {}) =>
  kindsFor({ send: ['sr', 'sc'], when }, { ...study, ...facts });

describe('choice of objects for a destination', () => {
  it('is everything that the destination gets where a rule says nothing', () => {
    expect(chosen([rule({})])).toEqual(['sr', 'sc']);
  });

  it('is nothing where no rule fits', () => {
    expect(chosen([rule({ modality: ['MR'] }), rule({ site: ['south'] })])).toEqual([]);
    expect(chosen([])).toEqual([]);
  });

  it('follows the first rule that fits, not the best', () => {
    const when = [rule({ modality: ['CT'], send: ['seg'] }), rule({ send: ['ko'] })];
    expect(chosen(when)).toEqual(['seg']);
    expect(chosen(when, { modality: 'DX' })).toEqual(['ko']);
    expect(chosen([rule({ modality: ['CT'], send: [] }), rule({})])).toEqual([]);
  });

  it('asks for all that a rule says', () => {
    const when = [rule({ modality: ['CT'], callingAe: ['CT1'], site: ['north'] })];
    expect(chosen(when)).toHaveLength(2);
    expect(chosen(when, { callingAe: 'CT2' })).toEqual([]);
    expect(chosen(when, { callingAe: null })).toEqual([]);
    expect(chosen(when, { site: 'south' })).toEqual([]);
    expect(chosen(when, { modality: null })).toEqual([]);
  });

  it('counts a priority and all above it', () => {
    const when = [rule({ priorityAtLeast: 'HIGH' })];
    const sent = (['STAT', 'HIGH', 'MEDIUM', 'LOW'] as const).map(
      (priority) => chosen(when, { priority }).length > 0,
    );
    expect(sent).toEqual([true, true, false, false]);
  });

  it('can be for flagged or signed results alone', () => {
    expect(chosen([rule({ flaggedOnly: true })])).toHaveLength(2);
    expect(chosen([rule({ flaggedOnly: true })], { flagged: false })).toEqual([]);
    expect(chosen([rule({ verifiedOnly: true })])).toEqual([]);
    expect(chosen([rule({ verifiedOnly: true })], { verified: true })).toHaveLength(2);
  });
});
