/**
 * The closed set of errors that RadTriage answers with. Each code carries whether trying again can help, and the
 * status it has on either door: HTTP for the page and its API, DIMSE (PS3.7 Annex C) for a DICOM peer.
 */
interface ErrorKind {
  readonly retryable: boolean;
  readonly http: number;
  /** DIMSE status of a C-STORE response (PS3.4 table B.2-1; PS3.7 annex C). */
  readonly dimse: number;
}

export const ERROR_KINDS = {
  // Configuration and start
  CONFIG_INVALID: { retryable: false, http: 500, dimse: 0x0110 },
  DATA_FOLDER_UNUSABLE: { retryable: false, http: 500, dimse: 0xa700 },
  PORT_IN_USE: { retryable: false, http: 500, dimse: 0x0110 },
  // What we are given
  DICOM_NOT_PART10: { retryable: false, http: 400, dimse: 0xc000 },
  DICOM_TRUNCATED: { retryable: false, http: 400, dimse: 0xc001 },
  DICOM_STRUCTURE: { retryable: false, http: 400, dimse: 0xc002 },
  DICOM_UID_INVALID: { retryable: false, http: 400, dimse: 0x0117 },
  DICOM_UID_MISMATCH: { retryable: false, http: 400, dimse: 0xa900 },
  DICOM_ATTRIBUTE_MISSING: { retryable: false, http: 400, dimse: 0xa900 },
  DICOM_TOO_LARGE: { retryable: false, http: 413, dimse: 0xa700 },
  DICOM_UNSUPPORTED: { retryable: false, http: 415, dimse: 0x0122 },
  PIXELS_MISSING: { retryable: false, http: 422, dimse: 0xc010 },
  PIXELS_TOO_LARGE: { retryable: false, http: 422, dimse: 0xc011 },
  PIXELS_UNDECODABLE: { retryable: false, http: 422, dimse: 0xc012 },
  // Resources
  STORAGE_FULL: { retryable: true, http: 507, dimse: 0xa700 },
  STORAGE_FAILED: { retryable: true, http: 500, dimse: 0xa700 },
  DATABASE_UNAVAILABLE: { retryable: true, http: 503, dimse: 0xa700 },
  QUEUE_UNAVAILABLE: { retryable: true, http: 503, dimse: 0xa700 },
  // Network
  ASSOCIATION_FAILED: { retryable: true, http: 502, dimse: 0x0110 },
  ASSOCIATION_REJECTED: { retryable: false, http: 502, dimse: 0x0110 },
  RECEIVER_UNREACHABLE: { retryable: true, http: 502, dimse: 0x0110 },
  ADDRESS_FORBIDDEN: { retryable: true, http: 502, dimse: 0x0110 },
  // Models and analysis
  MODEL_MANIFEST_INVALID: { retryable: false, http: 422, dimse: 0x0110 },
  MODEL_MISSING: { retryable: false, http: 404, dimse: 0x0110 },
  MODEL_ALTERED: { retryable: false, http: 422, dimse: 0x0110 },
  MODEL_FAILED: { retryable: true, http: 500, dimse: 0x0110 },
  ANALYSIS_TIMEOUT: { retryable: true, http: 504, dimse: 0x0110 },
  ANALYSIS_MEMORY: { retryable: true, http: 507, dimse: 0x0110 },
  RULE_INVALID: { retryable: false, http: 422, dimse: 0x0110 },
  // Application
  REQUEST_INVALID: { retryable: false, http: 400, dimse: 0x0110 },
  UNAUTHENTICATED: { retryable: false, http: 401, dimse: 0x0124 },
  FORBIDDEN: { retryable: false, http: 403, dimse: 0x0124 },
  LOCATION_WITHHELD: { retryable: false, http: 403, dimse: 0x0124 },
  /** Of a study that its reader reads blind first: the AI's word waits for the reader's own impression. */
  AI_WITHHELD: { retryable: false, http: 403, dimse: 0x0124 },
  NOT_FOUND: { retryable: false, http: 404, dimse: 0x0112 },
  NOT_ACCEPTABLE: { retryable: false, http: 406, dimse: 0x0122 },
  STALE_VERSION: { retryable: false, http: 409, dimse: 0x0110 },
  ILLEGAL_TRANSITION: { retryable: false, http: 409, dimse: 0x0110 },
  STUDY_HELD: { retryable: false, http: 409, dimse: 0x0110 },
  TOO_MANY_REQUESTS: { retryable: true, http: 429, dimse: 0xa700 },
  INTERNAL: { retryable: false, http: 500, dimse: 0x0110 },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** An error with a closed code. `message` is for people and never holds patient data. */
export class RadTriageError extends Error {
  readonly code: ErrorCode;
  /** Facts for the log and the API; never patient data. */
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, string | number | boolean> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RadTriageError';
    this.code = code;
    this.details = Object.freeze({ ...options.details });
  }

  get retryable(): boolean {
    return ERROR_KINDS[this.code].retryable;
  }

  get httpStatus(): number {
    return ERROR_KINDS[this.code].http;
  }

  get dimseStatus(): number {
    return ERROR_KINDS[this.code].dimse;
  }
}

/** Wraps anything thrown as a RadTriageError, keeping it as the cause. */
export function toRadTriageError(thrown: unknown, code: ErrorCode = 'INTERNAL'): RadTriageError {
  if (thrown instanceof RadTriageError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new RadTriageError(code, message, { cause: thrown });
}
