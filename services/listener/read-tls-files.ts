import { readFile } from 'node:fs/promises';
import { RadTriageError } from '#core/errors.ts';
import type { ScpTls, TlsIdentity } from '#dicom/dimse/tls-server.ts';
import type { Config } from '#platform/config/config.ts';

type TlsConfig = NonNullable<Config['dicom']['tls']>;

/** TLS as configured; its files are read anew whenever they are asked for. */
export function tlsFrom(config: TlsConfig): ScpTls {
  const { port, requireClientCertificate } = config;
  return {
    port,
    load: () => readTlsFiles(config),
    ...(requireClientCertificate === undefined ? {} : { requireClientCertificate }),
  };
}

/** @throws RadTriageError CONFIG_INVALID naming every file that cannot be read */
export async function readTlsFiles({ keyFile, certFile, caFile }: TlsConfig): Promise<TlsIdentity> {
  // One after the other, so that faults are named in the same order each time.
  const faults: string[] = [];
  const read = async (setting: string, path: string): Promise<Buffer> => {
    try {
      return await readFile(path);
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? error.code : error;
      faults.push(`dicom.tls.${setting}: ${path} cannot be read (${reason})`);
      return Buffer.alloc(0);
    }
  };
  const key = await read('keyFile', keyFile);
  const cert = await read('certFile', certFile);
  const ca = caFile === undefined ? {} : { ca: await read('caFile', caFile) };
  if (faults.length > 0) throw new RadTriageError('CONFIG_INVALID', faults.join('; '));
  return { key, cert, ...ca };
}
