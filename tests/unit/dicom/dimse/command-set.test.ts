import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { CommandAssembler } from '#dicom/dimse/command-assembler.ts';
import { decodeCommandSet, encodeCommandSet } from '#dicom/dimse/command-set.ts';
import type { PdvFragment } from '#dicom/dimse/pdu-reader.ts';
import { commandElement, commandSet, echoCommand, storeCommand } from '#tests/support/byte-peer.ts';
import { propertyRun } from '#tests/support/property-run.ts';

describe('the fragments of a command set', () => {
  const fragment = (bytes: Buffer, over: Partial<PdvFragment> = {}): PdvFragment => ({
    contextId: 1,
    control: 3,
    bytes,
    end: true,
    ...over,
  });

  test('are put together, and the next command begins anew', () => {
    const assembler = new CommandAssembler(1000);
    const echo = echoCommand(5);
    for (let round = 0; round < 2; round += 1) {
      expect(assembler.take(fragment(echo.subarray(0, 9), { control: 1 }))).toBeUndefined();
      expect(assembler.take(fragment(echo.subarray(9, 20), { end: false }))).toBeUndefined();
      expect(assembler.underWay).toBe(true);
      expect(assembler.take(fragment(echo.subarray(20)))).toMatchObject({ messageId: 5 });
      expect(assembler.underWay).toBe(false);
    }
  });

  test('are refused once they are too long, or change their context', () => {
    const fault = expect.objectContaining({ code: 'DICOM_STRUCTURE' });
    const long = new CommandAssembler(1000);
    const piece = fragment(Buffer.alloc(300), { control: 1 });
    for (let n = 0; n < 3; n += 1) expect(long.take(piece)).toBeUndefined();
    expect(() => long.take(piece)).toThrowError(fault);
    const mixed = new CommandAssembler(1000);
    mixed.take(piece);
    expect(() => mixed.take({ ...piece, contextId: 3 })).toThrowError(fault);
  });
});

describe('command sets', () => {
  test('a C-STORE request of a byte-level peer is decoded', () => {
    expect(decodeCommandSet(storeCommand({ sopInstanceUid: '1.2.3', messageId: 513 }))).toEqual({
      commandField: 0x0001,
      hasDataSet: true,
      messageId: 513,
      priority: 0,
      affectedSopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      affectedSopInstanceUid: '1.2.3',
    });
  });

  test('a request is encoded as a byte-level peer writes it', () => {
    const request = {
      commandField: 0x0030,
      messageId: 1,
      hasDataSet: false,
      affectedSopClassUid: '1.2.840.10008.1.1',
    };
    expect(encodeCommandSet(request)).toEqual(echoCommand(1));
  });

  /** Every element of PS3.7 annex E that DIMSE-N uses, in the order of their numbers. */
  const everyElement = {
    affectedSopClassUid: '1.2.3',
    requestedSopClassUid: '1.2.840.10008.1.20.1',
    commandField: 0x0130,
    messageId: 7,
    messageIdBeingRespondedTo: 8,
    hasDataSet: true,
    status: 0x0120,
    offendingElements: [0x0008_1195, 0xfffc_fffc],
    errorComment: 'why',
    errorId: 3,
    affectedSopInstanceUid: '1.2.4',
    requestedSopInstanceUid: '1.2.5',
    eventTypeId: 2,
    attributeIdentifiers: [0x0010_0020],
    actionTypeId: 1,
  };

  test('the elements of DIMSE-N are written and read as a byte-level peer writes them', () => {
    const bytes = commandSet([
      commandElement(0x0002, '1.2.3'),
      commandElement(0x0003, '1.2.840.10008.1.20.1'),
      commandElement(0x0100, 0x0130),
      commandElement(0x0110, 7),
      commandElement(0x0120, 8),
      commandElement(0x0800, 0),
      commandElement(0x0900, 0x0120),
      commandElement(0x0901, Buffer.from([8, 0, 0x95, 0x11, 0xfc, 0xff, 0xfc, 0xff])),
      commandElement(0x0902, Buffer.from('why ')),
      commandElement(0x0903, 3),
      commandElement(0x1000, '1.2.4'),
      commandElement(0x1001, '1.2.5'),
      commandElement(0x1002, 2),
      commandElement(0x1005, Buffer.from([0x10, 0, 0x20, 0])),
      commandElement(0x1008, 1),
    ]);
    expect(encodeCommandSet(everyElement).toString('hex')).toBe(bytes.toString('hex'));
    expect(decodeCommandSet(bytes)).toEqual(everyElement);
  });

  test('tags of impossible length are as if they were not there', () => {
    const elements = [commandElement(0x0100, 0x0110), commandElement(0x0800, 0x0101)];
    const bytes = commandSet([...elements, commandElement(0x1005, Buffer.alloc(6))]);
    expect(decodeCommandSet(bytes).attributeIdentifiers).toBeUndefined();
  });

  test('an error comment is cut to 64 printable characters', () => {
    const errorComment = `line\nbreak\\ ${'x'.repeat(100)}`;
    const bytes = encodeCommandSet({ commandField: 0x8001, hasDataSet: false, errorComment });
    const comment = decodeCommandSet(bytes).errorComment;
    expect(comment).toHaveLength(64);
    expect(comment).toMatch(/^line\?break\? x+$/);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['no command field', commandSet([commandElement(0x0800, 0x0101)])],
    ['another group', Buffer.from([8, 0, 5, 0, 2, 0, 0, 0, 73, 83])],
    ['a length beyond the end', Buffer.from([0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 1, 0])],
    ['descending order', commandSet([commandElement(0x0800, 0), commandElement(0x0100, 1)])],
  ])('%s is refused', (_, bytes) => {
    expect(() => decodeCommandSet(bytes)).toThrowError(
      expect.objectContaining({ code: 'DICOM_STRUCTURE' }),
    );
  });

  test('random bytes are decoded or refused, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeCommandSet(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(RadTriageError);
        }
      }),
      propertyRun({ numRuns: 2000 }),
    );
  });
});
