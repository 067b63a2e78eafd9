import {
  COMMITMENT_FINDINGS,
  type CommitmentFinding,
  failureReasonOf,
} from '#core/commitment-state.ts';
import { RadTriageError } from '#core/errors.ts';
import type { DimseService, ServiceOperationName } from '#dicom/dimse/dimse-service.ts';
import {
  DUPLICATE_TRANSACTION_UID,
  STORAGE_COMMITMENT_PUSH_MODEL,
} from '#dicom/dimse/storage-commitment.ts';
import type { Config } from '#platform/config/config.ts';
import {
  INSTANCE_AVAILABILITY_NOTIFICATION,
  MODALITY_PERFORMED_PROCEDURE_STEP,
  STEP_MAY_NO_LONGER_BE_UPDATED,
} from './completion/sop-classes.ts';
import { SERVICE_STATUS } from './service-status.ts';
import { takesReports } from './storage-commitment/take-reports.ts';

/** A service beside C-ECHO and C-STORE, as the conformance statement tells of it. */
export interface OfferedService {
  readonly name: string;
  readonly sopClassUid: string;
  /** What a peer may ask of us, and what we send it, with what it means here. */
  readonly taken: readonly (readonly [operation: ServiceOperationName, meaning: string])[];
  readonly sent: readonly (readonly [operation: ServiceOperationName, meaning: string])[];
  /** What it answers when it cannot do what is asked, beside the statuses that all services have. */
  readonly refusals: readonly (readonly [code: string, meaning: string])[];
  /** The setting that turns it on. */
  readonly setting: string;
  readonly isOn: (config: Pick<Config, 'dicom'>) => boolean;
  /** Where we are also the user of the class: what turns that on. */
  readonly asUser?: {
    readonly setting: string;
    readonly isOn: (config: Pick<Config, 'destinations'>) => boolean;
  };
}

const FINDING_MEANINGS: Readonly<Record<Exclude<CommitmentFinding, 'kept'>, string>> = {
  unknown: 'is not here, also after a time of waiting for it',
  'class-conflict': 'is here as an object of another SOP class',
  'class-unsupported': 'is not here, and of a SOP class that is not taken',
  'not-kept-by-policy': 'is not kept for long enough by the retention of the site',
  'held-back': 'is here, but what this peer sent under its UID is held back in quarantine',
  'file-missing': 'has lost its file',
  'file-altered': 'has a file whose bytes are no longer those received',
  'file-unreadable': 'has a file that cannot be read at present',
};

/** Failure Reason (0008,1197) of an object, one line for each reason. */
function failureReasons(): [code: string, meaning: string][] {
  const lines = new Map<string, string[]>();
  for (const finding of COMMITMENT_FINDINGS) {
    if (finding === 'kept') continue;
    const code = hex(failureReasonOf(finding) ?? 0);
    lines.set(code, [...(lines.get(code) ?? []), FINDING_MEANINGS[finding]]);
  }
  return [...lines].map(([code, meanings]) => [
    `reason ${code}`,
    `The object ${meanings.join(', or ')}`,
  ]);
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}

const NOT_LISTED = [
  hex(SERVICE_STATUS.notAuthorized),
  'The calling AE title is not listed',
] as const;
const MISSING = [hex(SERVICE_STATUS.missingAttribute), 'An attribute is missing or empty'] as const;
const INVALID = [
  hex(SERVICE_STATUS.invalidAttribute),
  'An attribute has an invalid value',
] as const;

export const OFFERED_SERVICES: readonly OfferedService[] = [
  {
    name: 'Storage Commitment Push Model',
    sopClassUid: STORAGE_COMMITMENT_PUSH_MODEL,
    taken: [
      ['n-action', 'Action type 1, Request Storage Commitment'],
      [
        'n-event-report',
        'Event type 1 or 2 from a destination of results that we asked, on the association of the request or on one of its own in the role of SCP',
      ],
    ],
    sent: [
      [
        'n-action',
        'Action type 1, for results that a destination has taken; asked again while no answer comes. What it does not keep is sent again',
      ],
      [
        'n-event-report',
        'Event type 1 (all kept) or 2 (failures exist), on the same association while it lasts, else on one of our own in the role of SCP; repeated until it is answered',
      ],
    ],
    refusals: [
      [hex(SERVICE_STATUS.noSuchInstance), 'The SOP instance is not the well-known one'],
      [hex(SERVICE_STATUS.invalidArgument), 'A transaction or object UID is missing or invalid'],
      [hex(SERVICE_STATUS.noSuchActionType), 'The action type is not 1'],
      [hex(SERVICE_STATUS.noSuchEventType), 'The event type is neither 1 nor 2'],
      [
        hex(SERVICE_STATUS.processingFailure),
        'Nothing was asked of the reporting peer under the transaction UID',
      ],
      NOT_LISTED,
      [
        hex(DUPLICATE_TRANSACTION_UID),
        'The transaction UID stands for other objects already; for the same ones it is Success',
      ],
      [hex(SERVICE_STATUS.resourceLimitation), 'Too many requests of the peer are open'],
      ...failureReasons(),
    ],
    setting: 'dicom.storageCommitment.enabled',
    isOn: ({ dicom }) => dicom.storageCommitment.enabled,
    asUser: {
      setting: 'destinations: storageCommitment',
      isOn: ({ destinations }) => takesReports(destinations),
    },
  },
  {
    name: 'Modality Performed Procedure Step',
    sopClassUid: MODALITY_PERFORMED_PROCEDURE_STEP,
    taken: [
      ['n-create', 'A step begins; its status has to be IN PROGRESS'],
      ['n-set', 'A step is completed or discontinued: a signal that its study is whole'],
    ],
    sent: [],
    refusals: [
      INVALID,
      [
        `${hex(SERVICE_STATUS.processingFailure)}, error ID ${hex(STEP_MAY_NO_LONGER_BE_UPDATED)}`,
        'The step is completed or discontinued: it changes no more',
      ],
      [hex(SERVICE_STATUS.duplicateInstance), 'A step of this UID is known already'],
      [hex(SERVICE_STATUS.noSuchInstance), 'No step of this UID is known'],
      MISSING,
      NOT_LISTED,
    ],
    setting: 'dicom.services.mpps',
    isOn: ({ dicom }) => dicom.services.mpps.length > 0,
  },
  {
    name: 'Instance Availability Notification',
    sopClassUid: INSTANCE_AVAILABILITY_NOTIFICATION,
    taken: [['n-create', 'A signal that the study is whole, and of how many instances']],
    sent: [],
    refusals: [INVALID, MISSING, NOT_LISTED],
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
