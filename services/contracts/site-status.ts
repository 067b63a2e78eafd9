import { z } from 'zod';
import { REFUSAL_CAUSES } from '#core/refusal.ts';
import { STUDY_STATUSES } from '#core/study-state.ts';

const time = z.iso.datetime({ offset: true });
const count = z.number().int();

/** Something that an administrator should know of. `place`: the view of the page that says more. */
const problemSchema = z.object({
  level: z.enum(['fault', 'warning']),
  what: z.string(),
  detail: z.string(),
  advice: z.string().nullable(),
  place: z.enum(['receiving', 'studies', 'storage', 'models', 'destinations', 'notifications']),
});
export type Problem = z.output<typeof problemSchema>;

const trafficSchema = z.object({
  associations: count,
  stored: count,
  failed: count,
  bytesStored: count,
  refused: count,
});

const signOfLifeSchema = z.object({ alive: z.boolean(), at: time.nullable() });

const diskSchema = z.object({
  freeBytes: count,
  sizeBytes: count,
  /** Of the instances in the index, as last summed up; null when never. */
  archiveBytes: count.nullable(),
  /** How much the disk fills a day, by its samples of the last week; null while there are too few. */
  fillBytesPerDay: z.number().nullable(),
  /** At that rate; null when it does not fill, or nobody knows yet. */
  daysLeft: z.number().nullable(),
  measuredAt: time,
});
export type DiskStatus = z.output<typeof diskSchema>;

/** Objects that are kept but not yet in the index. */
const backlogSchema = z.object({ objects: count, oldestSeconds: z.number() });

/** GET /api/admin/status: are we receiving, and what is wrong. */
export const siteStatusSchema = z.object({
  generatedAt: time,
  dicom: z.object({ aeTitles: z.array(z.string()), host: z.string(), port: count }),
  problems: z.array(problemSchema),
  listener: signOfLifeSchema,
  worker: signOfLifeSchema,
  /** The database's clock less that of the web server, seconds. */
  clockSkewSeconds: z.number(),
  lastStoredAt: time.nullable(),
  openAssociations: count,
  bytesPerSecond: z.number(),
  /** Since the full hour, and in the last 24 whole or begun hours. */
  thisHour: trafficSchema.extend({ since: time }),
  lastDay: trafficSchema,
  disk: diskSchema.nullable(),
  backlog: backlogSchema.nullable(),
  studies: z.object({ receiving: count, queued: count, analysing: count, failed: count }),
  failedJobs: count,
  /** What waits for a decision, storage commitment reports that no peer took, notifications that no receiver did. */
  held: z.object({
    quarantined: count,
    commitmentsGivenUp: count,
    notificationsDead: count,
    /** Have been waiting for over five minutes. */
    notificationsLate: count,
    /** Results that could not be made into DICOM objects. */
    resultsFailed: count,
    /** Reports of other systems that name another patient than their study. */
    reportsRefused: count,
    /** Merges of patients in other systems that studies here are touched by. */
    patientsMerged: count,
  }),
});
export type SiteStatus = z.output<typeof siteStatusSchema>;

export const associationSchema = z.object({
  id: z.string(),
  callingAe: z.string(),
  calledAe: z.string(),
  peerAddress: z.string(),
  tls: z.boolean(),
  contextsAccepted: count,
  contextsRefused: count,
  stored: count,
  failed: count,
  echoes: count,
  failures: z.record(z.string(), count),
  bytesStored: count,
  bytesReceived: count,
  bytesPerSecond: z.number(),
  startedAt: time,
  activeAt: time,
  endedAt: time.nullable(),
  endHow: z.string().nullable(),
  endDetail: z.string().nullable(),
});
export type Association = z.output<typeof associationSchema>;

const refusalSchema = z.object({
  cause: z.enum(REFUSAL_CAUSES),
  peerAddress: z.string(),
  callingAe: z.string(),
  calledAe: z.string(),
  why: z.string(),
  advice: z.string(),
  count,
  firstAt: time,
  lastAt: time,
});
export type Refusal = z.output<typeof refusalSchema>;

const peerSchema = z.object({
  aeTitle: z.string(),
  /** Stands in dicom.peers. */
  listed: z.boolean(),
  site: z.string().nullable(),
  /** Where it came from lately. */
  addresses: z.array(z.string()),
  lastAt: time.nullable(),
  lastStoredAt: time.nullable(),
  /** The last 24 hours. */
  associations: count,
  brokenOff: count,
  stored: count,
  failed: count,
  bytesStored: count,
  lastFailure: z.string().nullable(),
  lastFailedAt: time.nullable(),
  /** Its last object was refused. */
  failing: z.boolean(),
});
export type Peer = z.output<typeof peerSchema>;

/** GET /api/admin/door: who is there now, who was refused, who sends. */
export const doorSchema = z.object({
  generatedAt: time,
  now: z.array(associationSchema),
  refusals: z.array(refusalSchema),
  peers: z.array(peerSchema),
});
export type Door = z.output<typeof doorSchema>;

/** GET /api/admin/associations: those that have ended, the newest first. */
export const associationsSchema = z.object({
  items: z.array(associationSchema),
  /** Ask with `before` for the next page; null when there is none. */
  next: z.string().nullable(),
});

/** What one peer did from one address in the last hour. */
export interface HourOfPeer {
  readonly callingAe: string;
  readonly peerAddress: string;
  readonly open: number;
  readonly ended: number;
  readonly stored: number;
  readonly failed: number;
  readonly bytesReceived: number;
}

const waitingStudySchema = z.object({
  studyInstanceUid: z.string(),
  status: z.enum(STUDY_STATUSES),
  modality: z.string().nullable(),
  site: z.string(),
  imageCount: count,
  receivedAt: time,
  since: time,
  why: z.string(),
});
export type WaitingStudy = z.output<typeof waitingStudySchema>;

/** GET /api/admin/waiting: the studies that have no result yet, the longest waiting first in each state. */
export const waitingSchema = z.object({
  generatedAt: time,
  items: z.array(waitingStudySchema),
  /** All of them; `items` holds the oldest of each state. */
  total: count,
});
