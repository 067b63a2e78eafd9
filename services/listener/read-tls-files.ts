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
  const [key, cert, ca] = await Promise.all([
    read('keyFile', keyFile),
    read('certFile', certFile),
    caFile === undefined ? undefined : read('caFile', caFile),
  ]);
  if (faults.length > 0) throw new RadTriageError('CONFIG_INVALID', faults.join('; '));
  return { key, cert, ...(ca === undefined ? {} : { ca }) };
}
