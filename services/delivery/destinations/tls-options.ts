import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { RadTriageError } from '#core/errors.ts';
import { fitsCertificate } from '#dicom/dimse/fits-certificate.ts';
import { describeCertificate, strictTls } from '#dicom/dimse/tls-server.ts';
import type { WebDestination } from '#platform/config/destinations.ts';

type OwnTls = NonNullable<WebDestination['tls']>;

/**
 * TLS as a destination wants it; its files are read anew for each connection.
 * @throws RadTriageError CONFIG_INVALID naming the first file that cannot be read
 */
export async function tlsOptions(tls: OwnTls): Promise<ConnectionOptions> {
  const { caFile, certFile, keyFile, certificate } = tls;
  return {
    ...strictTls(),
    ca: await read(caFile),
    ...(certFile === undefined ? {} : { cert: await read(certFile) }),
    ...(keyFile === undefined ? {} : { key: await read(keyFile) }),
    ...(certificate === undefined
      ? {}
      : {
          checkServerIdentity: (_host, shown) =>
            fitsCertificate(certificate, describeCertificate(shown))
              ? undefined
              : new Error('the peer shows another certificate than the one listed'),
        }),
  };
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason';
    throw new RadTriageError('CONFIG_INVALID', `${path} cannot be read (${reason})`, { cause });
  }
}
