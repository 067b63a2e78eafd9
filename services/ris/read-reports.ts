import type { OutsidePatient, OutsidePatientId } from '#core/outside-report.ts';
import type { Hl7Sender } from '#platform/config/hl7.ts';
import type { OutsideReport } from '#platform/outside-reports/take-reports.ts';
import { MessageFault } from './hl7/message-fault.ts';
import type { Hl7Message, Segment } from './hl7/read-message.ts';

/** OBR-25 (table 0123): final, and corrected after it was final. */
const REPORTED = new Set(['F', 'C']);
/** Ordered, scheduled, in progress, preliminary, not verified, partial: nobody has answered for it yet. */
const NOT_YET = new Set(['O', 'S', 'I', 'A', 'P', 'R']);

export interface ReadReports {
  readonly reports: readonly OutsideReport[];
  /** Orders that say nothing of a report: cancelled, unknown to the sender, another status. */
  readonly ignored: number;
}

/** One order within a message, with the segments that it stands under. */
interface Order {
  readonly patient: Segment | undefined;
  readonly common: Segment | undefined;
  readonly request: Segment | undefined;
}

/** ORC comes before its OBRs, and counts until the next (HL7 v2.5.1 chapters 4 and 7). An ORC alone is an order too. */
function readOrders({ segments }: Hl7Message): Order[] {
  const orders: Order[] = [];
  let patient: Segment | undefined;
  let common: Segment | undefined;
  let isUsed = true;
  const endCommon = (): void => {
    if (!isUsed) orders.push({ patient, common, request: undefined });
    common = undefined;
    isUsed = true;
  };
  for (const segment of segments) {
    if (segment.name === 'PID') {
      endCommon();
      patient = segment;
    } else if (segment.name === 'ORC') {
      endCommon();
      common = segment;
      isUsed = false;
    } else if (segment.name === 'OBR') {
      orders.push({ patient, common, request: segment });
      isUsed = true;
    }
  }
  endCommon();
  return orders;
}

function readId(
  { split }: Hl7Message,
  repetition: string,
  sender: Hl7Sender,
): OutsidePatientId | undefined {
  // CX: the id in its first component, in the fourth its assigning authority (HD: namespace, universal id, its kind).
  const [id = ''] = split(repetition, 1);
  if (id === '') return undefined;
  const [namespace = '', universal = ''] = split(repetition, 4);
  const named = [namespace, universal].filter((issuer) => issuer !== '');
  const known = named.length > 0 ? named : [sender.issuerOfPatientId ?? []].flat();
  return {
    id,
    issuers: [...new Set(known.flatMap((issuer) => [issuer, sender.issuers[issuer] ?? []].flat()))],
  };
}

function readPatient(message: Hl7Message, pid: Segment, sender: Hl7Sender): OutsidePatient {
  const ids = pid
    .repetitions(3)
    .map((repetition) => readId(message, repetition, sender))
    .filter((id) => id !== undefined);
  const birthDate = pid.value(7).slice(0, 8);
  return { ids, birthDate: /^\d{8}$/.test(birthDate) ? birthDate : null };
}

function readAccession({ common, request }: Order, sender: Hl7Sender): string {
  const [name = '', field = '', component = '1'] = sender.accessionNumber.split(/[-.]/);
  const segment = name === 'ORC' ? common : request;
  return segment?.value(Number(field), Number(component)) ?? '';
}

/** What the order says of its report; undefined when it says nothing. */
function wordOf(kind: string, { common, request }: Order, sender: Hl7Sender) {
  if (kind !== 'ORU') {
    const isCompleted = common?.value(5) === 'CM';
    return isCompleted && sender.completedOrderMeansReported ? 'reported' : undefined;
  }
  if (request === undefined) return undefined;
  const status = request.value(25);
  if (status === '') throw new MessageFault('AE', 'OBR-25, the result status, is empty');
  if (REPORTED.has(status)) return 'reported';
  return NOT_YET.has(status) ? 'open' : undefined;
}

function requireForUs({ header }: Hl7Message): string {
  const kind = header.value(9);
  const event = header.value(9, 2);
  const isKnown =
    (kind === 'ORU' && event === 'R01') ||
    (kind === 'ORM' && event === 'O01') ||
    (kind === 'OMG' && event === 'O19');
  if (!isKnown) throw new MessageFault('AR', 'MSH-9: only ORU^R01, ORM^O01 and OMG^O19 are taken');
  const processing = header.value(11);
  if (processing !== '' && processing !== 'P') {
    throw new MessageFault('AR', 'MSH-11: only messages of production (P) are taken');
  }
  if (!/^2(\.\d){1,2}$|^$/.test(header.value(12))) {
    throw new MessageFault('AR', 'MSH-12: only HL7 version 2 is taken');
  }
  return kind;
}

/**
 * What a message says of studies.
 * @throws MessageFault when it is not for us, or lacks what its orders are known by
 */
export function readReports(message: Hl7Message, sender: Hl7Sender): ReadReports {
  const kind = requireForUs(message);
  const messageId = message.header.value(10);
  if (messageId === '') throw new MessageFault('AE', 'MSH-10, the message control id, is empty');
  const orders = readOrders(message);
  if (orders.length === 0) throw new MessageFault('AE', 'the message holds no order');
  const reports: OutsideReport[] = [];
  for (const order of orders) {
    const word = wordOf(kind, order, sender);
    if (word === undefined) continue;
    const accessionNumber = readAccession(order, sender);
    if (accessionNumber === '') {
      throw new MessageFault('AE', `${sender.accessionNumber}, the accession number, is empty`);
    }
    if (accessionNumber.length > 64) {
      throw new MessageFault('AE', `${sender.accessionNumber} is longer than any accession number`);
    }
    const patient = order.patient && readPatient(message, order.patient, sender);
    if (patient === undefined || patient.ids.length === 0) {
      throw new MessageFault('AE', 'PID-3 names no patient id');
    }
    const status = order.request?.value(25) ?? '';
    const changedAt = order.request?.value(22) ?? '';
    reports.push({
      ...{ source: sender.name, via: 'hl7', messageId, word, accessionNumber, patient },
      studyInstanceUid: null,
      madeAt: kind !== 'ORU' || changedAt === '' ? null : `${status} ${changedAt}`,
      site: sender.site ?? null,
    });
  }
  return { reports, ignored: orders.length - reports.length };
}
