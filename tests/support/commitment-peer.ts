import type { ConnectionOptions } from 'node:tls';
import { itemsOf, readBinaryNumbers, readBytes } from '#dicom/attributes/element-values.ts';
import { type DataSet, parseHeader } from '#dicom/attributes/parse-elements.ts';
import { startScp } from '#dicom/dimse/scp.ts';
import { openAssociation } from '#dicom/dimse/scu.ts';
import type { TlsIdentity } from '#dicom/dimse/tls-server.ts';
import { readUid } from '#dicom/part10/uid.ts';
import { encodeDataset } from '#test-data/part10-writer.ts';

export const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1';
export const COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';

/** SOP class and SOP instance. */
export type Reference = readonly [sopClassUid: string, sopInstanceUid: string];

/** A report as its receiver reads it. */
export interface ReceivedReport {
  readonly eventTypeId: number;
  readonly transactionUid: string;
  readonly kept: string[];
  /** Failure reason by SOP instance. */
  readonly failed: Record<string, number>;
  /** Who reports. */
  readonly from: string;
}

/** The action information of a request, in Explicit VR Little Endian. */
export function commitmentRequest(
  transactionUid: string,
  references: readonly Reference[],
): Buffer {
  const items = references.map(([sopClassUid, sopInstanceUid]) => [
    { tag: 0x00081150, vr: 'UI', value: sopClassUid },
    { tag: 0x00081155, vr: 'UI', value: sopInstanceUid },
  ]);
  return encodeDataset([
    { tag: 0x00081195, vr: 'UI', value: transactionUid },
    { tag: 0x00081199, vr: 'SQ', value: { items } },
  ]);
}

function uidOf(dataSet: DataSet, tag: number): string {
  return readUid(Buffer.from(readBytes(dataSet, tag) ?? []));
}

function readReport(
  event: { typeId: number; dataSet: Buffer | undefined; transferSyntaxUid: string },
  from: string,
): ReceivedReport {
  const parsed = parseHeader(event.dataSet ?? Buffer.alloc(0), event.transferSyntaxUid);
  const failed = itemsOf(parsed, 0x00081198).map((item): [string, number] => {
    const reason = item.elements.get(0x00081197);
    const [value] = reason === undefined ? [] : (readBinaryNumbers(item, reason, 'US') ?? []);
    return [uidOf(item, 0x00081155), Number(value)];
  });
  return {
    eventTypeId: event.typeId,
    transactionUid: uidOf(parsed, 0x00081195),
    kept: itemsOf(parsed, 0x00081199).map((item) => uidOf(item, 0x00081155)),
    failed: Object.fromEntries(failed),
    from,
  };
}

/** A modality's own door, where it takes reports; `answers` are the statuses it gives, the last for ever. */
export async function startReportDoor(
  port: number,
  options: { readonly answers?: readonly number[] | undefined; readonly tls?: TlsIdentity } = {},
) {
  const { answers = [0], tls } = options;
  const reports: ReceivedReport[] = [];
  const server = await startScp({
    host: '127.0.0.1',
    ...(tls === undefined ? { port } : { port: null, tls: { port, load: async () => tls } }),
    policy: { judgeAssociation: () => ({ accepted: true }) },
    handlers: {
      openStore: () => {
        throw new Error('nothing is stored here');
      },
      services: [
        {
          sopClassUids: [STORAGE_COMMITMENT],
          requestorRoles: ['scp'],
          handle: async ({ typeId = 0, dataSet, transferSyntaxUid, callingAe }) => {
            const status = answers[Math.min(reports.length, answers.length - 1)] ?? 0;
            reports.push(readReport({ typeId, dataSet, transferSyntaxUid }, callingAe));
            return { status };
          },
        },
      ],
    },
  });
  return { reports, close: () => server.close({ graceMs: 0 }) };
}

/** A modality that asks, and takes reports on its own association while that lasts. */
export async function openModality(options: {
  readonly port: number;
  readonly callingAe?: string;
  readonly tls?: ConnectionOptions;
}) {
  const reports: ReceivedReport[] = [];
  const association = await openAssociation({
    host: '127.0.0.1',
    port: options.port,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    callingAe: options.callingAe ?? 'MODALITY',
    calledAe: 'RADTRIAGE',
    contexts: [{ abstractSyntax: STORAGE_COMMITMENT, transferSyntaxes: ['1.2.840.10008.1.2.1'] }],
    onEvent: async (event) => {
      const typed = { ...event, typeId: event.eventTypeId };
      reports.push(readReport(typed, 'RADTRIAGE'));
      return { status: 0 };
    },
  });
  return {
    reports,
    /** @returns the answer to the N-ACTION */
    ask: (transactionUid: string, references: readonly Reference[]) =>
      association.request({
        operation: 'n-action',
        sopClassUid: STORAGE_COMMITMENT,
        sopInstanceUid: COMMITMENT_INSTANCE,
        typeId: 1,
        dataSet: commitmentRequest(transactionUid, references),
      }),
    request: association.request.bind(association),
    release: () => association.release(),
  };
}
