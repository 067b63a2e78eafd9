import { formatDecimal } from '../design/format.ts';
import { MEASURED_TEXT } from './measured-text.ts';

/** What stands beside a measurement, line by line. @param targetId what was measured on */
type TextLines = (data: unknown, targetId: string) => string[] | undefined;

const WORDS: ReadonlyMap<string, string> = new Map(Object.entries(MEASURED_TEXT));

/** `Mean: 40.5 HU`, as the image library writes it, in the language of the page. */
export function writeMeasured(line: string): string {
  const [, word = '', value = line] = /^([A-Za-z ]+): (.*)$/s.exec(line) ?? [];
  const [, mark = '.'] = /^0(.)5$/.exec(formatDecimal(0.5, 1)) ?? [];
  const written = value.replace(/(\d)\.(\d)/, `$1${mark}$2`);
  return word === '' ? written : `${WORDS.get(word) ?? word}: ${written}`;
}

/** The same lines in the language of the page. */
export function inOwnWords(lines: TextLines): TextLines {
  return (data, targetId) => lines(data, targetId)?.map(writeMeasured);
}
