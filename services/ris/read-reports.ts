import type { OutsidePatient } from '#core/outside-report.ts';
import type { Hl7Sender } from '#platform/config/hl7.ts';
import type { OutsideReport } from '#platform/outside-reports/take-reports.ts';
import { MessageFault } from './hl7/message-fault.ts';
import type { Hl7Message, Segment } from './hl7/read-message.ts';
import { readIds } from './read-patient.ts';
import { requireProduction } from './require-production.ts';

/** OBR-25 (table 0123): final, and corrected after it was final. */
const REPORTED = new Set(['F', 'C']);
/** Ordered, scheduled, in progress, preliminary, not verified, partial: nobody answers for it yet, or any more. */
const NOT_YET = new Set(['O', 'S', 'I', 'A', 'P', 'R']);
/** No results: the order was cancelled. */
const CANCELLED = 'X';
/** ORC-5 (table 0038) where a completed order means a report: in process, scheduled, on hold, some results. */
const UNDER_WAY = new Set(['IP', 'SC', 'HD', 'A']);

export interface ReadReports {
  readonly reports: readonly OutsideReport[];
  /** Orders that say nothing of a report: unknown to the sender, another status. */
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

function readPatient(message: Hl7Message, pid: Segment, sender: Hl7Sender): OutsidePatient {
  const ids = readIds(message, pid.repetitions(3), sender);
  const birthDate = pid.value(7).slice(0, 8);
  return { ids, birthDate: /^\d{8}$/.test(birthDate) ? birthDate : null };
}

function readAccession({ common, request }: Order, sender: Hl7Sender): string {
  const [name = '', field = '', component = '1'] = sender.accessionNumber.split(/[-.]/);
  const segment = name === 'ORC' ? common : request;
  return segment?.value(Number(field), Number(component)) ?? '';
}

type Word = OutsideReport['word'];

function wordOfOrder(common: Segment | undefined, sender: Hl7Sender): Word | undefined {
  const status = common?.value(5) ?? '';
  if (status === 'CA') return 'cancelled';
  if (!sender.completedOrderMeansReported) return undefined;
  if (status === 'CM') return 'reported';
  return UNDER_WAY.has(status) ? 'open' : undefined;
}

/** What the order says of its report; undefined when it says nothing. */
function wordOf(kind: string, { common, request }: Order, sender: Hl7Sender): Word | undefined {
  if (kind !== 'ORU') return wordOfOrder(common, sender);
  if (request === undefined) return undefined;
  const status = request.value(25);
  if (status === '') throw new MessageFault('AE', 'OBR-25, the result status, is empty');
  if (REPORTED.has(status)) return 'reported';
  if (status === CANCELLED) return 'cancelled';
  return NOT_YET.has(status) ? 'open' : undefined;
}

function requireOrders(message: Hl7Message): string {
  const { header } = message;
  const kind = header.value(9);
  const event = header.value(9, 2);
  const isKnown =
    (kind === 'ORU' && event === 'R01') ||
    (kind === 'ORM' && event === 'O01') ||
    (kind === 'OMG' && event === 'O19');
  if (!isKnown) {
    const taken = 'ORU^R01, ORM^O01, OMG^O19, and ADT that merges patients';
    throw new MessageFault('AR', `MSH-9: only ${taken} are taken`);
  }
  requireProduction(message);
  return kind;
}

/**
 * What a message says of studies.
 * @throws MessageFault when it is not for us, or lacks what its orders are known by
 */
export function readReports(message: Hl7Message, sender: Hl7Sender): ReadReports {
  const kind = requireOrders(message);
  const messageId = message.header.value(10);
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
      saidAt: message.header.value(7) === '' ? null : message.header.value(7),
      site: sender.site ?? null,
    });
  }
  return { reports, ignored: orders.length - reports.length };
}
