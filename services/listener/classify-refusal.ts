import type { RefusalCause } from '#core/refusal.ts';
import { REJECTIONS, type Rejection } from '#dicom/dimse/pdu-codec.ts';

const SOURCE_ACSE = 2;
const SOURCE_PRESENTATION = 3;

/** The cause behind an A-ASSOCIATE-RJ of ours: its source and reason, and for calling AE titles what was said. */
export function classifyRejection(rejection: Rejection, why: string): RefusalCause {
  const { source, reason } = rejection;
  if (source === SOURCE_PRESENTATION) return 'limit';
  if (source === SOURCE_ACSE) {
    return reason === REJECTIONS.protocolVersion.reason ? 'protocol' : 'identity';
  }
  if (reason === REJECTIONS.calledAe.reason) return 'called-ae';
  if (reason === REJECTIONS.applicationContext.reason) return 'protocol';
  if (/certificate|TLS/i.test(why)) return 'certificate';
  if (/user|identity|password/i.test(why)) return 'identity';
  if (/address/i.test(why)) return 'address';
  return reason === REJECTIONS.callingAe.reason ? 'calling-ae' : 'other';
}
