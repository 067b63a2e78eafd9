import { randomBytes } from 'node:crypto';
import { RadTriageError } from '#core/errors.ts';
import type { Hl7Sender } from '#platform/config/hl7.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { ReportRules } from '#platform/outside-reports/act-on-report.ts';
import { takeMerges } from '#platform/outside-reports/take-merges.ts';
import { type TakenReport, takeReports } from '#platform/outside-reports/take-reports.ts';
import { type AnswerCode, type Answered, buildAnswer } from './hl7/acknowledge.ts';
import { decodeText, headerOf } from './hl7/decode-text.ts';
import { MessageFault } from './hl7/message-fault.ts';
import { readMessage, type Segment } from './hl7/read-message.ts';
import { bearsNames, namesAsked } from './listed-senders.ts';
import { isMerge, readMerges } from './read-merges.ts';
import { readReports } from './read-reports.ts';
import type { RefusalLog } from './refusal-log.ts';

export interface AnswerOptions {
  readonly database: Database;
  readonly rules: ReportRules;
  readonly logger: Logger;
  /** The senders that may have sent it, by address and certificate. */
  readonly senders: readonly Hl7Sender[];
  readonly address: string;
  readonly refusals: RefusalLog;
}

const UNKNOWN: Answered = {
  controlId: '',
  parties: ['', '', '', ''],
  version: '',
  processingId: '',
};

function answeredOf(header: Segment): Answered {
  return {
    controlId: header.value(10),
    parties: [header.value(3), header.value(4), header.value(5), header.value(6)],
    version: header.value(12),
    processingId: header.value(11),
  };
}

/** @throws MessageFault unless one of those listed bears the names: where several may, the one that asks for most */
function chooseSender(header: Segment, { senders, address, refusals }: AnswerOptions): Hl7Sender {
  const names = [header.value(3), header.value(4)] as const;
  const [sender] = senders
    .filter((each) => bearsNames(each, names))
    .toSorted((one, other) => namesAsked(other) - namesAsked(one));
  if (sender !== undefined) return sender;
  const why = 'MSH-3 and MSH-4 name no sender that is listed';
  refusals.refuse({ cause: 'hl7-sender', why, address, named: names.join('^') });
  throw new MessageFault('AR', why);
}

interface Verdict {
  readonly code: AnswerCode;
  readonly text: string;
  /** Plain facts, without patient data. */
  readonly facts: Readonly<Record<string, unknown>>;
}

function judge(taken: readonly TakenReport[], facts: Verdict['facts']): Verdict {
  const refused = taken.find(({ state }) => state === 'refused' || state === 'dismissed');
  const states = taken.map(({ state }) => state);
  return refused === undefined
    ? { code: 'AA', text: states.join(' '), facts: { ...facts, states } }
    : { code: 'AE', text: refused.reason ?? 'refused', facts: { ...facts, states } };
}

function judgeMerges(studies: number, facts: Verdict['facts']): Verdict {
  if (studies === 0) return { code: 'AA', text: 'no study to look at', facts };
  const text = `merges are not followed: an administrator has to look at studies here (${studies})`;
  return { code: 'AE', text, facts: { ...facts, studies } };
}

async function take(
  bytes: Buffer,
  options: AnswerOptions,
  learn: (answered: Answered) => void,
): Promise<Verdict> {
  const { database, rules } = options;
  // The character set may hang on the sender, and the sender stands in the header: that is read as bytes first.
  const { header } = readMessage(headerOf(bytes));
  learn(answeredOf(header));
  const sender = chooseSender(header, options);
  const message = readMessage(decodeText(bytes, sender.characterSet));
  const facts = { sender: sender.name, controlId: header.value(10) };
  if (isMerge(message)) {
    const studies = await takeMerges(database, readMerges(message, sender), rules);
    return judgeMerges(studies, facts);
  }
  const { reports, ignored } = readReports(message, sender);
  return judge(await takeReports(database, reports, rules), { ...facts, ignored });
}

/** The answer to one message, built only after what it asked for is durable. Never throws. */
export async function answerMessage(bytes: Buffer, options: AnswerOptions): Promise<Buffer> {
  const { logger } = options;
  let to = UNKNOWN;
  let verdict: Verdict;
  try {
    verdict = await take(bytes, options, (answered) => {
      to = answered;
    });
    logger.info(verdict.facts, `HL7 message answered ${verdict.code}`);
  } catch (error) {
    verdict = onFailure(error);
    const facts = { controlId: to.controlId, why: verdict.text };
    if (error instanceof MessageFault) logger.warn(facts, `HL7 message answered ${verdict.code}`);
    else logger.error({ ...facts, err: error }, 'HL7 message could not be taken');
  }
  const own = { now: new Date(), controlId: randomBytes(8).toString('hex').toUpperCase() };
  return buildAnswer(to, verdict, own);
}

function onFailure(error: unknown): Verdict {
  if (error instanceof MessageFault) return { code: error.answer, text: error.message, facts: {} };
  // Not the message's fault (HL7 v2.5.1 2.9.2.2): it may be sent again as it is.
  const code = error instanceof RadTriageError ? error.code : 'INTERNAL';
  return { code: 'AR', text: `it could not be kept, send it again (${code})`, facts: {} };
}
