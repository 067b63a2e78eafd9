import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { conformanceStatement } from '#cli/conformance/statement.ts';
import { productVersion } from '#cli/version.ts';
import type { DimseService } from '#dicom/dimse/dimse-service.ts';
import { OFFERED_SERVICES, requireDescribed } from '#listener/offered-services.ts';
import { configSchema } from '#platform/config/schema.ts';

const PATH = resolve(import.meta.dirname, '../../../docs/conformance-statement.md');

describe('the conformance statement', () => {
  test('in docs is what the code says today (else: radtriage conformance > docs/conformance-statement.md)', () => {
    const statement = conformanceStatement(configSchema.parse({}), productVersion());
    expect(readFileSync(PATH, 'utf8')).toBe(statement);
  });

  test('says what a site has chosen', () => {
    const dicom = {
      port: null,
      tls: { port: 2762, keyFile: 'k', certFile: 'c' },
      aeTitles: ['TRIAGE_A'],
      moreStorageClasses: ['1.3.12.2.1107.5.9.1'],
      maxAssociations: 7,
      services: { mpps: ['CT1'] },
    };
    const statement = conformanceStatement(configSchema.parse({ dicom }), '1');
    for (const part of [
      '`TRIAGE_A`',
      '| (listed by the site) | 1.3.12.2.1107.5.9.1 |',
      '| Associations at once | 7 |',
      '| Modality Performed Procedure Step | 1.2.840.10008.3.1.2.3.3 | No | Yes |',
      'Port without TLS: none (`dicom.port`); with TLS 2762.',
    ]) {
      expect(statement).toContain(part);
    }
    expect(statement).not.toMatch(/undefined|NaN|\[object/);
  });

  test('knows every service that is offered: one that it does not know is not started', () => {
    const service = (uid: string): DimseService => ({
      sopClassUids: [uid],
      handle: () => Promise.resolve({ status: 0 }),
    });
    requireDescribed(OFFERED_SERVICES.map(({ sopClassUid }) => service(sopClassUid)));
    expect(() => requireDescribed([service('1.2.3')])).toThrowError(/1\.2\.3/);
  });
});
