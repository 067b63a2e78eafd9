import { describe, expect, it } from 'vitest';
import { checkHl7, hl7 } from '#platform/config/hl7.ts';

const sender = { name: 'RIS', addresses: ['10.1.2.3', '10.2.0.0/16'] };

describe('the door for HL7', () => {
  it('is closed unless it is asked for', () => {
    expect(hl7.parse(undefined).port).toBeNull();
    expect(checkHl7(hl7.parse(undefined))).toEqual([]);
  });

  it('lets in nobody who is not listed', () => {
    expect(checkHl7(hl7.parse({ port: 2575 }))).toEqual([expect.stringMatching(/senders/)]);
    expect(checkHl7(hl7.parse({ port: 2575, senders: [sender] }))).toEqual([]);
    expect(hl7.safeParse({ senders: [{ name: 'RIS' }] }).success).toBe(false);
    expect(hl7.safeParse({ senders: [{ name: 'RIS', addresses: [] }] }).success).toBe(false);
    expect(hl7.safeParse({ senders: [{ ...sender, addresses: ['ris.example'] }] }).success).toBe(
      false,
    );
  });

  it('takes one name of an application or facility, or several', () => {
    const [one] = hl7.parse({
      senders: [{ ...sender, sendingApplication: 'RIS', sendingFacility: ['A', 'B'] }],
    }).senders;
    expect(one).toMatchObject({ sendingApplication: ['RIS'], sendingFacility: ['A', 'B'] });
  });

  it('waits seven days for a study, unless it is said otherwise', () => {
    expect(hl7.parse({}).waitForStudyDays).toBe(7);
    expect(hl7.parse({ waitForStudyDays: '21' }).waitForStudyDays).toBe(21);
    expect(hl7.safeParse({ waitForStudyDays: 0 }).success).toBe(false);
  });

  it('names what does not fit together', () => {
    const twice = hl7.parse({
      port: 1,
      senders: [sender, { ...sender, certificate: { name: 'x' } }],
    });
    expect(checkHl7(twice)).toHaveLength(2);
    const elsewhere = { ...sender, accessionNumber: 'PV1-3' };
    expect(hl7.safeParse({ senders: [elsewhere] }).success).toBe(false);
  });
});
