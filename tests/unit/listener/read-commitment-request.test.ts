import { describe, expect, test } from 'vitest';
import {
  digestReferences,
  readCommitmentRequest,
} from '#listener/storage-commitment/read-request.ts';
import { commitmentRequest, type Reference } from '#tests/support/commitment-peer.ts';

const EXPLICIT_LE = '1.2.840.10008.1.2.1';

describe('a storage commitment request', () => {
  const references: Reference[] = [
    ['1.2.3', '1.2.3.1'],
    ['1.2.3', '1.2.3.2'],
  ];

  test('is read with every reference in its order', () => {
    expect(readCommitmentRequest(commitmentRequest('1.2', references), EXPLICIT_LE)).toEqual({
      transactionUid: '1.2',
      references: references.map(([sopClassUid, sopInstanceUid]) => {
        return { sopClassUid, sopInstanceUid };
      }),
    });
  });

  test('has as many references as one may look at, and no more', () => {
    const many = Array.from({ length: 50_000 }, (_, n): Reference => ['1.2.3', `1.2.3.${n}`]);
    const read = readCommitmentRequest(commitmentRequest('1.2', many), EXPLICIT_LE);
    expect(read.references).toHaveLength(50_000);
    const more = commitmentRequest('1.2', [...many, ['1.2.3', '1.2.3.50000']]);
    expect(() => readCommitmentRequest(more, EXPLICIT_LE)).toThrow('more than 50000 objects');
  });

  test('is the same for the same objects, in whatever order', () => {
    const [one, two] = references.map(([sopClassUid, sopInstanceUid]) => {
      return { sopClassUid, sopInstanceUid };
    });
    if (one === undefined || two === undefined) throw new Error('two references');
    expect(digestReferences([one, two])).toBe(digestReferences([two, one]));
    expect(digestReferences([one, two])).not.toBe(digestReferences([one]));
    expect(digestReferences([one])).not.toBe(digestReferences([{ ...one, sopClassUid: '1.2.4' }]));
  });
});
