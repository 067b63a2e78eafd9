import { setTimeout } from 'node:timers/promises';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { encodeDataSet } from '#dicom/attributes/encode-data-set.ts';
import { readCommitmentReport } from '#dicom/dimse/commitment-report.ts';
import { openAssociation, type ScuAssociation, type ScuOptions } from '#dicom/dimse/scu.ts';
import type { ReceivedEvent } from '#dicom/dimse/scu-service.ts';
import {
  REQUEST_STORAGE_COMMITMENT,
  STORAGE_COMMITMENT_INSTANCE,
  STORAGE_COMMITMENT_PUSH_MODEL,
} from '#dicom/dimse/storage-commitment.ts';
import {
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
} from '#dicom/part10/transfer-syntaxes.ts';
import type { StoreDestination } from '#platform/config/destinations.ts';
import type { SendableObject } from './delivery-store.ts';
import { judgeStatus, type Outcome } from './judge-status.ts';
import type { CommitmentReference, DestinationLink, LinkSurroundings } from './link.ts';
import { openObject, readBytesOf } from './object-file.ts';
import { tlsOptions } from './tls-options.ts';

/** How long an association is held for a report on it. Most peers report on one of their own. */
const HOLD_MS = 1_000;
const NO_SUCH_INSTANCE = 0x0112;
const NO_SUCH_EVENT_TYPE = 0x0113;

/** Where and as whom a destination is called. @throws RadTriageError CONFIG_INVALID when a file cannot be read */
export async function callOf(
  { host, port, calledAe, callingAe, tls, timeouts }: StoreDestination,
  dicom: LinkSurroundings['dicom'],
): Promise<Omit<ScuOptions, 'contexts'>> {
  const files = tls === true ? dicom.tls : tls || undefined;
  const own = files?.caFile === undefined ? undefined : { ...files, caFile: files.caFile };
  return {
    ...{ host, port, calledAe },
    callingAe: callingAe ?? dicom.aeTitles[0] ?? 'RADTRIAGE',
    ...(own === undefined ? {} : { tls: await tlsOptions(own) }),
    timeouts: {
      associateMs: timeouts.connectSeconds * 1_000,
      responseMs: timeouts.responseSeconds * 1_000,
    },
  };
}

/**
 * An association for a run of objects, each class with each of its syntaxes in a context of its own.
 * @throws RadTriageError ASSOCIATION_FAILED, ASSOCIATION_REJECTED, CONFIG_INVALID
 */
export async function openStoreLink(
  destination: StoreDestination,
  objects: readonly SendableObject[],
  surroundings: LinkSurroundings,
): Promise<DestinationLink> {
  const reported = Promise.withResolvers<void>();
  const kinds = new Map(objects.map((object) => [contextKey(object), object]));
  const contexts = [...kinds.values()].map(({ sopClassUid, transferSyntaxUid }) => ({
    abstractSyntax: sopClassUid,
    transferSyntaxes: [transferSyntaxUid],
  }));
  if (destination.storageCommitment) {
    const syntaxes = [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN];
    contexts.push({ abstractSyntax: STORAGE_COMMITMENT_PUSH_MODEL, transferSyntaxes: syntaxes });
  }
  const association = await openAssociation({
    ...(await callOf(destination, surroundings.dicom)),
    contexts,
    onEvent: async (event) => {
      const status = await takeReport(event, surroundings);
      reported.resolve();
      return { status };
    },
  });
  return {
    send: (object) => sendObject(association, object, surroundings.locate),
    askToKeep: async (transactionUid, references) => {
      const status = await askToKeep(association, transactionUid, references);
      if (status === 0) await Promise.race([reported.promise, setTimeout(HOLD_MS)]);
      return status;
    },
    close: () => association.release().catch(() => association.abort()),
    abort: () => association.abort(),
  };
}

export function contextKey(object: SendableObject): string {
  return `${object.sopClassUid} ${object.transferSyntaxUid}`;
}

async function sendObject(
  association: ScuAssociation,
  object: SendableObject,
  locate: LinkSurroundings['locate'],
): Promise<Outcome> {
  const file = await openObject(locate, object);
  if ('event' in file) return file;
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = object;
  try {
    const { status } = await association.store({
      ...{ sopClassUid, sopInstanceUid, transferSyntaxUid },
      dataSet: readBytesOf(file, object, object.dataSetOffset),
    });
    return judgeStatus(status);
  } catch (thrown) {
    const error = toRadTriageError(thrown, 'ASSOCIATION_FAILED');
    if (error.code !== 'DICOM_UNSUPPORTED') throw error;
    return { event: 'refused', reason: `takes no ${sopClassUid} in syntax ${transferSyntaxUid}` };
  } finally {
    await file.close();
  }
}

async function askToKeep(
  association: ScuAssociation,
  transactionUid: string,
  references: readonly CommitmentReference[],
): Promise<number> {
  const context = association.accepted.find(
    ({ abstractSyntax }) => abstractSyntax === STORAGE_COMMITMENT_PUSH_MODEL,
  );
  const syntax = context?.transferSyntax ?? IMPLICIT_VR_LITTLE_ENDIAN;
  const items = references.map(({ sopClassUid, sopInstanceUid }) => [
    { tag: 0x00081150, vr: 'UI' as const, value: sopClassUid },
    { tag: 0x00081155, vr: 'UI' as const, value: sopInstanceUid },
  ]);
  const { status } = await association.request({
    operation: 'n-action',
    sopClassUid: STORAGE_COMMITMENT_PUSH_MODEL,
    sopInstanceUid: STORAGE_COMMITMENT_INSTANCE,
    typeId: REQUEST_STORAGE_COMMITMENT,
    dataSet: encodeDataSet(
      [
        { tag: 0x00081195, vr: 'UI', value: transactionUid },
        { tag: 0x00081199, vr: 'SQ', items },
      ],
      syntax,
    ),
  });
  return status;
}

/** An event on our own association (PS3.4 J.3.3). @returns the status to answer it with */
async function takeReport(event: ReceivedEvent, { onReport }: LinkSurroundings): Promise<number> {
  const { sopClassUid, sopInstanceUid, eventTypeId, dataSet, transferSyntaxUid } = event;
  const known = sopInstanceUid === STORAGE_COMMITMENT_INSTANCE;
  if (sopClassUid !== STORAGE_COMMITMENT_PUSH_MODEL || !known) return NO_SUCH_INSTANCE;
  if (eventTypeId !== 1 && eventTypeId !== 2) return NO_SUCH_EVENT_TYPE;
  const report = readCommitmentReport(dataSet ?? Buffer.alloc(0), transferSyntaxUid);
  if (await onReport(report)) return 0;
  throw new RadTriageError('NOT_FOUND', 'nothing was asked under this transaction UID');
}
