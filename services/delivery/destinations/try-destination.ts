import { openAssociation } from '#dicom/dimse/scu.ts';
import { VERIFICATION_SOP_CLASS } from '#dicom/dimse/storage-sop-classes.ts';
import { IMPLICIT_VR_LITTLE_ENDIAN } from '#dicom/part10/transfer-syntaxes.ts';
import type { Config } from '#platform/config/config.ts';
import type {
  Destination,
  StoreDestination,
  WebDestination,
} from '#platform/config/destinations.ts';
import { describeTrouble } from './describe-trouble.ts';
import { describeStatus } from './judge-status.ts';
import { callOf } from './store-link.ts';
import { sendRequest } from './web-request.ts';

export interface Trial {
  readonly reachable: boolean;
  /** In words, without secrets. */
  readonly detail: string;
  readonly milliseconds: number;
}

type DicomConfig = Pick<Config['dicom'], 'aeTitles' | 'tls'>;

/** Asks a destination whether it is there: C-ECHO (PS3.4 annex A), or OPTIONS on its STOW-RS service. Never throws. */
export async function tryDestination(destination: Destination, dicom: DicomConfig): Promise<Trial> {
  const startedAt = performance.now();
  const trial = await (destination.kind === 'C-STORE'
    ? echo(destination, dicom)
    : askOptions(destination)
  ).catch((error: unknown) => ({ reachable: false, detail: describeTrouble(error) }));
  return { ...trial, milliseconds: Math.round(performance.now() - startedAt) };
}

async function echo(destination: StoreDestination, dicom: DicomConfig) {
  const association = await openAssociation({
    ...(await callOf(destination, dicom)),
    contexts: [
      { abstractSyntax: VERIFICATION_SOP_CLASS, transferSyntaxes: [IMPLICIT_VR_LITTLE_ENDIAN] },
    ],
  });
  try {
    if (association.accepted.length === 0) {
      return { reachable: true, detail: 'takes associations, but no C-ECHO' };
    }
    const status = await association.echo();
    const detail = `C-ECHO answered ${describeStatus(status)}`;
    return { reachable: status === 0, detail };
  } finally {
    await association.release().catch(() => association.abort());
  }
}

/** Statuses of a server that is there but answers no OPTIONS. */
const NO_OPTIONS: ReadonlySet<number> = new Set([400, 405, 415, 501]);

async function askOptions(destination: WebDestination) {
  const { signal } = new AbortController();
  const request = { method: 'OPTIONS', path: '/studies', headers: {}, signal } as const;
  const { status } = await sendRequest(destination, request);
  const reachable = (status >= 200 && status < 300) || NO_OPTIONS.has(status);
  return { reachable, detail: `OPTIONS answered HTTP ${status}` };
}
