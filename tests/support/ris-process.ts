/** A door for HL7 in a process of its own, to be killed: `node ris-process.ts DATABASE_URL`; writes its port. */
import { hl7 } from '#platform/config/hl7.ts';
import { connectDatabase } from '#platform/database/connect.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { startRis } from '#ris/start-ris.ts';

const config = hl7.parse({ port: 0, senders: [{ name: 'RIS', addresses: ['127.0.0.1'] }] });
const ris = await startRis({
  config: { ...config, port: 0 },
  rules: { sessionIdleMinutes: 60, dicom: { dummyPatientIds: [] }, hl7: { waitForStudyDays: 7 } },
  database: connectDatabase(process.argv[2] ?? ''),
  logger: createLogger({ level: 'silent', process: 'ris' }),
});
process.stdout.write(`${ris.port}\n`);
