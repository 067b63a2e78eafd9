import { RadTriageError } from '#core/errors.ts';
import type { FailedItem, StoredItem, StoreResults } from './store-results.ts';

/** Sent with answers that ask to try again, seconds. */
export const RETRY_AFTER_SECONDS = 30;

/**
 * The status of the whole (PS3.18 table 10.5.3-1): 200 when everything is stored without a warning, 202 when
 * something is, and when nothing is, what all failures have in common, or 409.
 */
export function statusOf(results: StoreResults): number {
  const codes = [...results.failuresByCode.keys()];
  if (codes.length === 0) return results.warnings === 0 ? 200 : 202;
  if (results.stored.length > 0) return 202;
  const errors = codes.map((code) => new RadTriageError(code, code));
  if (errors.every((error) => error.retryable)) return 503;
  if (codes.every((code) => code === 'DICOM_TOO_LARGE')) return 413;
  return codes.every((code) => code === 'INTERNAL') ? 500 : 409;
}

function element(tag: string, vr: string, value: string | number): string {
  return `"${tag}":{"vr":"${vr}","Value":[${JSON.stringify(value)}]}`;
}

/** Retrieve URL is of type 2: empty while it is not known. */
function retrieveUrl(url: string | undefined): string {
  return url === undefined ? '"00081190":{"vr":"UR"}' : element('00081190', 'UR', url);
}

function storedItem(item: StoredItem, base: string): string {
  const { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid, warning } = item;
  const url =
    studyInstanceUid === undefined || seriesInstanceUid === undefined
      ? undefined
      : `${base}/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`;
  const elements = [
    element('00081150', 'UI', sopClassUid),
    element('00081155', 'UI', sopInstanceUid),
    retrieveUrl(url),
    ...(warning === undefined ? [] : [element('00081196', 'US', warning)]),
  ];
  return `{${elements.join(',')}}`;
}

function failedItem({ sopClassUid, sopInstanceUid, reason }: FailedItem): string {
  const elements = [
    ...(sopClassUid === undefined ? [] : [element('00081150', 'UI', sopClassUid)]),
    ...(sopInstanceUid === undefined ? [] : [element('00081155', 'UI', sopInstanceUid)]),
    element('00081197', 'US', reason),
  ];
  return `{${elements.join(',')}}`;
}

async function* sequence(tag: string, items: AsyncIterable<string>): AsyncGenerator<string> {
  let before = `,"${tag}":{"vr":"SQ","Value":[`;
  for await (const item of items) {
    yield before + item;
    before = ',';
  }
  if (before === ',') yield ']}';
}

async function* map<From>(items: AsyncIterable<From>, to: (item: From) => string) {
  for await (const item of items) yield to(item);
}

/**
 * The Store Instances Response (PS3.18 table I.2-1) as DICOM JSON, written while it is sent: Retrieve URL, Failed SOP,
 * Referenced SOP and Other Failures Sequence.
 * @param base address of our DICOMweb service, without a slash at the end
 */
export async function* answerJson(
  results: StoreResults,
  base: string,
): AsyncGenerator<string, void> {
  const { study } = results;
  yield `{${retrieveUrl(study === undefined ? undefined : `${base}/studies/${study}`)}`;
  yield* sequence('00081198', map(results.failed.read(), failedItem));
  yield* sequence(
    '00081199',
    map(results.stored.read(), (item) => storedItem(item, base)),
  );
  yield* sequence('0008119A', map(results.unnamed.read(), failedItem));
  yield '}';
}
