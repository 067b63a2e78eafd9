import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../part10/implementation.ts';
import {
  type AssociateRequest,
  DICOM_APPLICATION_CONTEXT,
  encodeAssociateAnswer,
} from './associate-codec.ts';
import { type AcceptedContext, negotiateContexts } from './negotiate-contexts.ts';
import { REJECTIONS } from './pdu-codec.ts';
import type { AssociationPolicy, AssociationVerdict } from './scp-types.ts';
import type { SopClassTable } from './sop-class-table.ts';
import type { PeerCertificate } from './tls-server.ts';
import type { UserInformation } from './user-information.ts';

/** Who asks, below the level of DICOM. */
export interface Connection {
  readonly associationId: number;
  readonly peerAddress: string;
  readonly tls: boolean;
  readonly certificate: PeerCertificate | undefined;
}

type Verdict = AssociationVerdict | Promise<AssociationVerdict>;

/** Judges what the protocol asks for, then asks the policy. */
export function judgeRequest(
  request: AssociateRequest,
  connection: Connection,
  policy: AssociationPolicy,
): Verdict {
  if ((request.protocolVersion & 1) === 0) {
    const why = 'protocol version';
    return { accepted: false, rejection: REJECTIONS.protocolVersion, cause: 'protocol', why };
  }
  if (request.applicationContext !== DICOM_APPLICATION_CONTEXT) {
    const why = 'application context';
    return { accepted: false, rejection: REJECTIONS.applicationContext, cause: 'protocol', why };
  }
  const { callingAe, calledAe, user } = request;
  return policy.judgeAssociation({
    callingAe,
    calledAe,
    peerAddress: connection.peerAddress,
    implementationClassUid: user.implementationClassUid,
    implementationVersion: user.implementationVersion,
    certificate: connection.certificate,
    userIdentity: user.userIdentity,
  });
}

/** The A-ASSOCIATE-AC for a request that was accepted, and the contexts it opens. */
export function encodeAcceptance(
  request: AssociateRequest,
  own: { maxPduBytes: number; classes: SopClassTable; identified: boolean },
): { pdu: Buffer; accepted: AcceptedContext[] } {
  const { answers, accepted, roles } = negotiateContexts(request, own.classes);
  const { asyncWindow, userIdentity } = request.user;
  const user: UserInformation = {
    maxPduBytes: own.maxPduBytes,
    implementationClassUid: IMPLEMENTATION_CLASS_UID,
    implementationVersion: IMPLEMENTATION_VERSION_NAME,
    // One operation at a time, either way.
    ...(asyncWindow === undefined ? {} : { asyncWindow: { invoked: 1, performed: 1 } }),
    roles,
    // An identity that nobody looked at is not confirmed; that is how a requestor can tell (PS3.7 D.3.3.7).
    ...(own.identified && userIdentity?.positiveResponseRequested === true
      ? { userIdentityResponse: Buffer.alloc(0) }
      : {}),
  };
  const { titleBytes } = request;
  return { pdu: encodeAssociateAnswer({ titleBytes, contexts: answers, user }), accepted };
}
