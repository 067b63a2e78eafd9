import { RadTriageError } from '#core/errors.ts';
import type { DimseService, ServiceOperationName } from '#dicom/dimse/dimse-service.ts';
import type { Config } from '#platform/config/config.ts';
import {
  INSTANCE_AVAILABILITY_NOTIFICATION,
  MODALITY_PERFORMED_PROCEDURE_STEP,
} from './completion/sop-classes.ts';
import { STORAGE_COMMITMENT_PUSH_MODEL } from './storage-commitment/sop-class.ts';

/** A service beside C-ECHO and C-STORE, as the conformance statement tells of it. */
export interface OfferedService {
  readonly name: string;
  readonly sopClassUid: string;
  /** What a peer may ask of us, and what we send it, with what it means here. */
  readonly taken: readonly (readonly [operation: ServiceOperationName, meaning: string])[];
  readonly sent: readonly (readonly [operation: ServiceOperationName, meaning: string])[];
  /** The setting that turns it on. */
  readonly setting: string;
  readonly isOn: (config: Pick<Config, 'dicom'>) => boolean;
}

export const OFFERED_SERVICES: readonly OfferedService[] = [
  {
    name: 'Storage Commitment Push Model',
    sopClassUid: STORAGE_COMMITMENT_PUSH_MODEL,
    taken: [['n-action', 'Action type 1, Request Storage Commitment']],
    sent: [
      [
        'n-event-report',
        'Event type 1 (all kept) or 2 (failures exist), on the same association while it lasts, else on one of our own in the role of SCP; repeated until it is answered',
      ],
    ],
    setting: 'dicom.storageCommitment.enabled',
    isOn: ({ dicom }) => dicom.storageCommitment.enabled,
  },
  {
    name: 'Modality Performed Procedure Step',
    sopClassUid: MODALITY_PERFORMED_PROCEDURE_STEP,
    taken: [
      ['n-create', 'A step begins; its status has to be IN PROGRESS'],
      ['n-set', 'A step is completed or discontinued: a signal that its study is whole'],
    ],
    sent: [],
    setting: 'dicom.services.mpps',
    isOn: ({ dicom }) => dicom.services.mpps.length > 0,
  },
  {
    name: 'Instance Availability Notification',
    sopClassUid: INSTANCE_AVAILABILITY_NOTIFICATION,
    taken: [['n-create', 'A signal that the study is whole, and of how many instances']],
    sent: [],
    setting: 'dicom.services.instanceAvailability',
    isOn: ({ dicom }) => dicom.services.instanceAvailability.length > 0,
  },
];

/**
 * @throws RadTriageError INTERNAL for a service that the conformance statement does not know: nobody could be told
 * truthfully what we do.
 */
export function requireDescribed(services: readonly DimseService[]): void {
  for (const uid of services.flatMap(({ sopClassUids }) => sopClassUids)) {
    if (!OFFERED_SERVICES.some(({ sopClassUid }) => sopClassUid === uid)) {
      throw new RadTriageError('INTERNAL', `the service of ${uid} is missing in OFFERED_SERVICES`);
    }
  }
}
