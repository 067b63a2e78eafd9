import { listTransferSyntaxes } from '#dicom/part10/transfer-syntaxes.ts';
import { findPixelSyntax } from '#dicom/pixels/transfer-syntaxes.ts';
import type { Config } from '#platform/config/config.ts';
import { FRAME_MEDIA_TYPES } from '#worklist/dicomweb/retrieve/frame-choice.ts';
import { LEVELS, QUERY_KEYS } from '#worklist/dicomweb/search/query-keys.ts';
import { table } from './markdown.ts';

const MATCHING = {
  uid: 'single value, list of UIDs',
  text: 'single value, wildcards; case counts',
  name: 'single value, wildcards, component groups; case does not count; fuzzy where asked for',
  date: 'single value, range',
  time: 'single value, range',
  number: 'single value',
  modalities: 'single value, list, wildcards',
  count: 'none: returned alone',
} as const;

function queryKeys(): string {
  const rows = LEVELS.flatMap((level) =>
    QUERY_KEYS.filter((key) => key.level === level).map(({ keyword, tag, matching }) => [
      keyword,
      tag,
      level,
      MATCHING[matching],
    ]),
  );
  return table(['Attribute', 'Tag', 'Level', 'Matching'], rows);
}

function decodable(): string {
  const rows = listTransferSyntaxes().map(({ uid, name }) => {
    const syntax = findPixelSyntax(uid);
    const given = syntax === undefined ? 'as kept alone' : 'as kept, Explicit VR Little Endian';
    return [name, uid, given];
  });
  return table(['Kept in', 'UID', 'Retrieved'], rows);
}

/** The DICOMweb services in the form of PS3.2, from the tables that they go by. */
export function webServices(config: Config): string {
  return `#### 4.2.4 Web

As origin server of the Studies Service (PS3.18 section 10), below \`/dicomweb\`, over HTTP/1.1, port ${config.http.port} (\`http.port\`), with TLS 1.2 or 1.3 where a certificate is configured. Access by bearer token or by the session of a person who is logged in; storing by a token of the role \`service\` alone.

##### 4.2.4.1 Search Transaction (QIDO-RS)

Studies, series and instances, within a study or series or everywhere. Media type \`application/dicom+json\`. \`limit\` (at most 1,000; 100 without it), \`offset\`, \`includefield\` (with \`all\`) and \`fuzzymatching\` are supported, \`emptyvaluematching\` and \`multiplevaluematching\` are not. Keys of a lower level than the one searched for, and those that are not in this table, are left out of the search and named in a Warning header; what is no attribute of DICOM is refused with 400.

${queryKeys()}

##### 4.2.4.2 Retrieve Transaction (WADO-RS)

Study, series and instance, metadata, frames, bulk data, rendered and thumbnail resources. Media types: \`application/dicom\`; \`application/dicom+json\`; of frames ${FRAME_MEDIA_TYPES.map((type) => `\`${type}\``).join(', ')}; rendered \`image/jpeg\` and \`image/png\`. Of the rendering parameters \`viewport\`, \`window\` and \`quality\` are supported, \`annotation\` and \`iccprofile\` are not. Without a transfer syntax in the request, Explicit VR Little Endian is given, unless the instance was compressed with a loss.

${decodable()}

##### 4.2.4.3 Store Transaction (STOW-RS)

\`multipart/related; type="application/dicom"\`, in every transfer syntax and for every SOP class that the Listener takes. Metadata with bulk data beside it is not taken.`;
}
