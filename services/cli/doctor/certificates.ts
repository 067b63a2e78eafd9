import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toRadTriageError } from '#core/errors.ts';
import type { Finding } from './finding.ts';

const DAY_MS = 24 * 3600 * 1000;
const SOON_DAYS = 30;

/** How long a certificate is still good for. A file may hold a chain: the first to end counts. */
export function checkCertificate(what: string, file: string, now: Date = new Date()): Finding {
  try {
    const text = readFileSync(file, 'utf8');
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) return { level: 'fault', what, detail: `${file} is no certificate` };
    const ends = blocks.map((block) => new X509Certificate(block).validToDate.getTime());
    const days = Math.floor((Math.min(...ends) - now.getTime()) / DAY_MS);
    if (days < 0) return { level: 'fault', what, detail: `expired ${-days} days ago: ${file}` };
    const level = days < SOON_DAYS ? 'warning' : 'ok';
    return { level, what, detail: `${days} days left: ${file}` };
  } catch (error) {
    return { level: 'fault', what, detail: toRadTriageError(error).message };
  }
}
