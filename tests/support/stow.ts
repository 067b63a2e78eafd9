import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { z } from 'zod';

const item = z.record(
  z.string(),
  z.object({ vr: z.string(), Value: z.array(z.unknown()).optional() }),
);
type Item = z.output<typeof item>;

export interface StowAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A part's headers and its bytes. */
export function stowPart(boundary: string, contentType = 'application/dicom'): Buffer {
  return Buffer.from(`--${boundary}\r\nContent-Type: ${contentType}\r\n\r\n`);
}

/** A whole body of DICOM parts. */
export function stowBody(boundary: string, files: readonly Buffer[], contentType?: string): Buffer {
  const parts = files.flatMap((file) => [
    stowPart(boundary, contentType),
    file,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

export interface StowRequest {
  readonly url: string;
  readonly token: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Sent in chunked encoding when it is a stream. */
  readonly body: Buffer | Readable;
  readonly agent?: Agent;
}

/** Posts multipart/related as a DICOMweb client does, and reads the answer even when it comes early. */
export function postStow(options: StowRequest, boundary = 'BOUNDARY'): Promise<StowAnswer> {
  const headers = {
    authorization: `Bearer ${options.token}`,
    accept: 'application/dicom+json',
    'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
    ...options.headers,
  };
  const known = Object.fromEntries(
    Object.entries(headers).filter(([, value]) => value !== undefined),
  );
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      options.url,
      { method: 'POST', headers: known, agent: options.agent },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    request.on('error', reject);
    if (options.body instanceof Readable) {
      options.body.once('error', (error) => request.destroy(error));
      options.body.pipe(request);
    } else request.end(options.body);
  });
}

function sequenceOf(answer: Item, tag: string): Item[] {
  return (answer[tag]?.Value ?? []).map((each) => item.parse(each));
}

const firstValue = (each: Item, tag: string): unknown => each[tag]?.Value?.[0];

/** What the Store Instances Response says (PS3.18 table I.2-1). */
export function readStowAnswer({ text }: StowAnswer) {
  const answer = item.parse(JSON.parse(text));
  const describe = (each: Item) => ({
    sopInstanceUid: firstValue(each, '00081155'),
    reason: firstValue(each, '00081197'),
    warning: firstValue(each, '00081196'),
    url: firstValue(each, '00081190'),
  });
  return {
    tags: Object.keys(answer),
    studyUrl: firstValue(answer, '00081190'),
    failed: sequenceOf(answer, '00081198').map(describe),
    stored: sequenceOf(answer, '00081199').map(describe),
    other: sequenceOf(answer, '0008119A').map(describe),
  };
}
