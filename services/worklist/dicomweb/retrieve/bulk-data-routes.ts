import { z } from 'zod';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '#dicom/part10/transfer-syntaxes.ts';
import { type Route, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../../access.ts';
import type { WebContext } from '../../context.ts';
import { keepPrivately } from '../caching.ts';
import { findInstance } from '../find-instances.ts';
import { Multipart } from '../multipart.ts';
import { readBulk } from '../read-object.ts';
import { wishesOf } from './accept.ts';
import { INSTANCE, instancePath } from './addresses.ts';
import { chooseFrames, OCTETS } from './frame-choice.ts';
import { recordLook } from './record-retrieve.ts';

const NATIVE = { transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN, isCompressed: false };

/** WADO-RS: Retrieve Transaction, bulk data (PS3.18 10.4.1.1.5). */
export function bulkDataRoutes(context: WebContext): Route[] {
  const route = rawRoute(
    {
      method: 'GET',
      path: `${INSTANCE}/bulkdata/*`,
      access: EVERYONE,
      summary: 'WADO-RS: a large binary value that the metadata points to',
      input: z.object({ params: instancePath.extend({ '*': z.string().max(400) }) }),
      produces: ['multipart/related', OCTETS],
    },
    async ({ params }, { principal, request, reply }) => {
      const row = await findInstance(context, principal, params);
      const choice = chooseFrames(NATIVE, wishesOf(request), 1);
      await recordLook(context, { principal, request }, params.study);
      const parts = ['bulkdata', row.sha256, params['*'], choice.packaging];
      if (keepPrivately(request, reply, parts)) return reply.send();
      const bytes = readBulk(context, row, params['*']);
      if (choice.packaging === 'single') {
        void reply.type(`${OCTETS}; transfer-syntax=${EXPLICIT_VR_LITTLE_ENDIAN}`);
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      }
      const multipart = new Multipart();
      void reply.type(multipart.contentType(OCTETS, EXPLICIT_VR_LITTLE_ENDIAN));
      const head = multipart.partHead({ ...choice, length: bytes.length });
      return Buffer.concat([head, bytes, multipart.partEnd, multipart.end]);
    },
  );
  return [route];
}
