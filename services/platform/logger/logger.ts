import { pino } from 'pino';

/** Structured lines on standard error. Callers pass UIDs, keys, codes and counts; never names, ids or dates of birth. */
export type Logger = Pick<
  ReturnType<typeof pino>,
  'debug' | 'info' | 'warn' | 'error' | 'child' | 'level'
>;

/** Values under these keys are removed, should a caller ever pass a whole attribute set by mistake. */
const PATIENT_KEYS = [
  'patientName',
  'patientId',
  'patientBirthDate',
  'patientSex',
  'accessionNumber',
  'authorization',
  'cookie',
  'password',
  'token',
];

export function createLogger(options: { level: string; process: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { process: options.process },
      redact: { paths: PATIENT_KEYS.flatMap((key) => [key, `*.${key}`]), remove: true },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
