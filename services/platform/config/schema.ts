import { z } from 'zod';
import { READING_MODES } from '#core/finding.ts';
import { destinations } from './destinations.ts';
import {
  aeTitle,
  optionalPort,
  peerCertificate,
  peerUserIdentity,
  tlsSection,
  uid,
} from './dicom-door.ts';
import { hl7 } from './hl7.ts';
import { linkSchemes, links } from './links.ts';
import { notifications } from './notifications.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0'])])
  .transform((value) => value === true || value === 'true' || value === '1');
const list = (item: z.ZodType<string, string>) =>
  z
    .union([
      z.array(item),
      z.string().transform((text) =>
        text
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      ),
    ])
    .pipe(z.array(item));

/** A DICOM sender that is let in. Without addresses any address may use the AE title. */
const peer = z.strictObject({
  aeTitle,
  addresses: z.array(z.string()).optional(),
  site: z.string().optional(),
  /** Where its own DICOM door is, for reports that it does not wait for. */
  host: z.string().min(1).optional(),
  port: z.coerce.number().int().min(1).max(65_535).optional(),
  /** That door is reached over TLS, with the files of `dicom.tls`. */
  tls: flag.default(false),
  /** Who issues the Patient IDs of its images where they do not say (0010,0021). */
  issuerOfPatientId: z.string().min(1).optional(),
  /** Whether its rejection notes are obeyed: without it, for images that came from itself or from its site. */
  mayReject: z.boolean().optional(),
  /** It may only come over TLS, with this certificate. */
  certificate: peerCertificate.optional(),
  userIdentity: peerUserIdentity.optional(),
});

/** Storage Commitment (PS3.4 annex J). A commitment is a promise: off unless the site says otherwise. */
const storageCommitment = z
  .strictObject({
    enabled: flag.default(false),
    /** For how many days at least an object has still to be kept, for it to be committed to. */
    minimumDays: z.number().min(0).default(1),
    /** How long an object that is not known yet is waited for. */
    waitSeconds: z.number().min(0).default(30),
    /** Pause before a report is sent again; it doubles from try to try, up to ten minutes. */
    retrySeconds: z.number().positive().default(10),
    giveUpHours: z.number().positive().default(72),
    /** How long settled requests can be looked at. */
    keepResultsDays: z.number().positive().default(90),
    /** How fast stored files are read to be compared with their digests. */
    verifyMegabytesPerSecond: z.number().positive().default(100),
  })
  .prefault({});

/** Services beside C-ECHO and C-STORE, and the AE titles that may use each. Without a title a service is not offered. */
const services = z
  .strictObject({
    /** Modality Performed Procedure Step (PS3.4 annex F). */
    mpps: list(aeTitle).default([]),
    /** Instance Availability Notification (PS3.4 annex R). */
    instanceAvailability: list(aeTitle).default([]),
  })
  .prefault({});

const percent = z.number().min(1).max(99);

/**
 * How long images are kept. Without `keepAtLeastDays` nothing is promised to anybody; without `removeAfterDays` and
 * `disk` nothing is ever removed.
 */
const retention = z
  .strictObject({
    /** Days from its receipt for which every object is kept at least. */
    keepAtLeastDays: z.number().positive().optional(),
    /** Days from a study's last image or last reading, whichever is later, after which its images are removed. */
    removeAfterDays: z.number().positive().optional(),
    /** When the archive's disk is fuller than `above`, the images of the studies read longest ago go until `below`. */
    disk: z.strictObject({ above: percent, below: percent }).optional(),
    everyMinutes: z.number().positive().default(10),
    /** Days for which it stays written down where a result went and who was told, once both are over and done with. */
    keepRecordsDays: z.number().min(7).default(180),
  })
  .prefault({});

export const configSchema = z.strictObject({
  dataDirectory: z.string().min(1).default('./data'),
  site: z.string().default(''),
  /** IANA zone for DICOM times without TimezoneOffsetFromUTC. */
  timeZone: z.string().default('UTC'),
  readingMode: z.enum(READING_MODES).default('assist'),
  /**
   * Studies that a radiologist reads blind first: none (`off`), all (`site`), or a random share of them (0 to 1), chosen
   * for each study and reader alike at every look.
   */
  blindFirst: z.union([z.enum(['off', 'site']), z.coerce.number().min(0).max(1)]).default('off'),
  /** Postgres to use; without it an embedded one is started below the data directory. */
  databaseUrl: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** redis://... for the queue; without it the queue lives in Postgres. */
  queueUrl: z.url({ protocol: /^(rediss?|postgres(ql)?)$/ }).optional(),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  dicom: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      /** Without TLS; `off` leaves only the port of `tls` open. */
      port: optionalPort.default(11_112),
      tls: tlsSection.optional(),
      aeTitles: list(aeTitle).default(['RADTRIAGE']),
      peers: z.array(peer).default([]),
      /** Patient IDs that name nobody, beside those known to (ANON, UNKNOWN, TEST, 0 and the like). */
      dummyPatientIds: list(z.string()).default([]),
      /** Private or newer storage SOP classes to take beside those of the standard. */
      moreStorageClasses: list(uid).default([]),
      maxAssociations: z.coerce.number().int().min(1).default(64),
      maxAssociationsPerPeer: z.coerce.number().int().min(1).default(32),
      maxObjectBytes: z.coerce
        .number()
        .int()
        .min(1)
        .default(4 * 1024 ** 3),
      /** Disk made ready ahead of time for what is received next, bytes: the larger, the longer a burst goes at full speed. */
      reserveBytes: z.coerce
        .number()
        .int()
        .min(0)
        .default(512 * 1024 ** 2),
      storageCommitment,
      services,
    })
    .prefault({}),
  retention,
  /** Where results go as DICOM objects (docs/results-delivery.md). */
  destinations,
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: port.default(8_080),
      tlsCertFile: z.string().optional(),
      tlsKeyFile: z.string().optional(),
      /** A reverse proxy that terminates TLS stands in front: its X-Forwarded-* headers are believed. */
      trustProxy: flag.default(false),
    })
    .prefault({}),
  /** Figures and health of listener and worker for Prometheus, each on a port of its own; without a port there is none. */
  metrics: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      listenerPort: port.optional(),
      workerPort: port.optional(),
      /** The bearer token that /metrics asks for; required on any address other than loopback. */
      token: z.string().min(16).optional(),
    })
    .prefault({}),
  dicomweb: z
    .strictObject({
      /** Pages of other origins that may ask with a bearer token: `https://viewer.example`. Cookies are never taken. */
      allowedOrigins: z
        .array(z.string().regex(/^https?:\/\/[a-z0-9.:[\]-]+$/, 'scheme, host and port alone'))
        .default([]),
    })
    .prefault({}),
  /** STOW-RS, the door for instances over HTTP. */
  stow: z
    .strictObject({
      /** Requests taken in at once; each holds a few megabytes. Others are told to come again. */
      maxRequests: z.coerce.number().int().min(1).default(8),
      /** A sender that brings next to nothing for this long is disconnected. */
      stallSeconds: z.coerce.number().min(1).default(60),
    })
    .prefault({}),
  assembly: z
    .strictObject({
      /** Overrides the quiet time of every modality. */
      quietSeconds: z.coerce.number().min(0).optional(),
      quietSecondsByModality: z.record(z.string(), z.number().min(0)).default({}),
      /** Studies whose StudyDate is older are kept as priors and not triaged. Off by default. */
      studyAgeLimitDays: z.coerce.number().int().min(1).optional(),
      /** When a study is complete before it has been quiet (docs/completeness.md). */
      completenessRuleFile: z.string().optional(),
    })
    .prefault({}),
  inference: z
    .strictObject({
      modelDirectories: list(z.string()).default([]),
      /** Also offer the models that ship with RadTriage. */
      builtInModels: flag.default(true),
      executionProviders: list(z.string()).default(['tensorrt', 'cuda', 'cpu']),
      /** Child processes that run networks; without it one a processor core, four at most. */
      processes: z.coerce.number().int().min(1).optional(),
      /** Child processes that decode and prepare images; without it as many as the former. */
      decoders: z.coerce.number().int().min(1).optional(),
      threads: z.coerce.number().int().min(1).default(1),
      /** Longest time of one run of a network. */
      timeoutSeconds: z.coerce.number().min(1).default(120),
      /** Longest time of one study's analysis. Explanations come after it, each within its own budget. */
      jobTimeoutMs: z.coerce.number().int().min(1000).default(900_000),
      /** Resident memory of each child process, MB of 2^20 bytes, above which it is killed. Watched on Linux. */
      memoryLimitMb: z.coerce.number().int().min(256).default(4096),
      /** LD_LIBRARY_PATH of the processes that run networks, where a GPU's libraries are not found by themselves. */
      libraryPath: z.string().min(1).optional(),
      /** Only for the execution provider tensorrt: see docs/gpu.md for what of it takes effect. */
      tensorrt: z
        .strictObject({
          /** Half precision: faster, and scores differ in the third digit. */
          fp16: flag.default(false),
          /** A folder where built engines are kept, so that the next start does not build them again. */
          engineCache: z.string().optional(),
        })
        .prefault({}),
    })
    .prefault({}),
  notifications,
  hl7,
  links,
  linkSchemes,
  priorityRuleFile: z.string().optional(),
  /** A bearer token with the role admin, for scripts. At least 16 characters. */
  adminToken: z.string().min(16).optional(),
  sessionIdleMinutes: z.coerce.number().min(1).default(60),
});

export type Config = z.output<typeof configSchema>;

/** Environment variables and the place in the configuration that each sets. The environment wins over the file. */
export const ENVIRONMENT: Readonly<Record<string, readonly string[]>> = {
  RADTRIAGE_DATA: ['dataDirectory'],
  RADTRIAGE_SITE: ['site'],
  RADTRIAGE_TIME_ZONE: ['timeZone'],
  RADTRIAGE_READING_MODE: ['readingMode'],
  RADTRIAGE_BLIND_FIRST: ['blindFirst'],
  RADTRIAGE_DATABASE_URL: ['databaseUrl'],
  RADTRIAGE_QUEUE_URL: ['queueUrl'],
  RADTRIAGE_LOG_LEVEL: ['logLevel'],
  RADTRIAGE_DICOM_HOST: ['dicom', 'host'],
  RADTRIAGE_DICOM_PORT: ['dicom', 'port'],
  RADTRIAGE_AE_TITLES: ['dicom', 'aeTitles'],
  RADTRIAGE_DICOM_TLS_PORT: ['dicom', 'tls', 'port'],
  RADTRIAGE_DICOM_TLS_KEY_FILE: ['dicom', 'tls', 'keyFile'],
  RADTRIAGE_DICOM_TLS_CERT_FILE: ['dicom', 'tls', 'certFile'],
  RADTRIAGE_DICOM_TLS_CA_FILE: ['dicom', 'tls', 'caFile'],
  RADTRIAGE_HTTP_HOST: ['http', 'host'],
  RADTRIAGE_HTTP_PORT: ['http', 'port'],
  RADTRIAGE_TLS_CERT_FILE: ['http', 'tlsCertFile'],
  RADTRIAGE_TLS_KEY_FILE: ['http', 'tlsKeyFile'],
  RADTRIAGE_TRUST_PROXY: ['http', 'trustProxy'],
  RADTRIAGE_METRICS_HOST: ['metrics', 'host'],
  RADTRIAGE_METRICS_LISTENER_PORT: ['metrics', 'listenerPort'],
  RADTRIAGE_METRICS_WORKER_PORT: ['metrics', 'workerPort'],
  RADTRIAGE_METRICS_TOKEN: ['metrics', 'token'],
  RADTRIAGE_QUIET_SECONDS: ['assembly', 'quietSeconds'],
  RADTRIAGE_STUDY_AGE_LIMIT_DAYS: ['assembly', 'studyAgeLimitDays'],
  RADTRIAGE_COMPLETENESS_RULE_FILE: ['assembly', 'completenessRuleFile'],
  RADTRIAGE_MODEL_DIRECTORIES: ['inference', 'modelDirectories'],
  RADTRIAGE_BUILT_IN_MODELS: ['inference', 'builtInModels'],
  RADTRIAGE_EXECUTION_PROVIDERS: ['inference', 'executionProviders'],
  RADTRIAGE_INFERENCE_PROCESSES: ['inference', 'processes'],
  RADTRIAGE_DECODER_PROCESSES: ['inference', 'decoders'],
  RADTRIAGE_INFERENCE_JOB_TIMEOUT_MS: ['inference', 'jobTimeoutMs'],
  RADTRIAGE_INFERENCE_MEMORY_LIMIT_MB: ['inference', 'memoryLimitMb'],
  RADTRIAGE_LIBRARY_PATH: ['inference', 'libraryPath'],
  RADTRIAGE_TENSORRT_FP16: ['inference', 'tensorrt', 'fp16'],
  RADTRIAGE_TENSORRT_ENGINE_CACHE: ['inference', 'tensorrt', 'engineCache'],
  RADTRIAGE_PRIORITY_RULE_FILE: ['priorityRuleFile'],
  RADTRIAGE_ADMIN_TOKEN: ['adminToken'],
};

/** The quiet time of a modality, seconds, where the site sets none. Long acquisitions get longer gaps. */
export const DEFAULT_QUIET_SECONDS: Readonly<Record<string, number>> = {
  CR: 5,
  DX: 5,
  MG: 30,
  CT: 30,
  MR: 60,
  US: 60,
};
export const FALLBACK_QUIET_SECONDS = 60;
