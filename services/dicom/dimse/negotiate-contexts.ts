import {
  EXPLICIT_VR_LITTLE_ENDIAN,
  findTransferSyntax,
  IMPLICIT_VR_LITTLE_ENDIAN,
} from '../part10/transfer-syntaxes.ts';
import type { AnsweredContext, AssociateRequest, ProposedContext } from './associate-codec.ts';
import type { DimseService } from './dimse-service.ts';
import type { SopClassTable } from './sop-class-table.ts';
import { VERIFICATION_SOP_CLASS } from './storage-sop-classes.ts';
import type { RoleSelection } from './user-information.ts';

/** What the requestor of the association is for one SOP class. */
interface RequestorRoles {
  readonly scu: boolean;
  readonly scp: boolean;
}

/** An accepted presentation context. */
export interface AcceptedContext {
  readonly contextId: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
  readonly requestorRoles: RequestorRoles;
}

/** Results of PS3.8 table 9-18. */
const ACCEPTED = 0;
const USER_REJECTION = 1;
const ABSTRACT_SYNTAX_NOT_SUPPORTED = 3;
const TRANSFER_SYNTAXES_NOT_SUPPORTED = 4;

/** Without a word on roles the requestor is SCU and the acceptor SCP (PS3.7 D.3.3.4). */
export const DEFAULT_ROLES: RequestorRoles = { scu: true, scp: false };

/** The data sets of services are small, and read by the services themselves: no need for more. */
export const SERVICE_SYNTAXES: ReadonlySet<string> = new Set([
  IMPLICIT_VR_LITTLE_ENDIAN,
  EXPLICIT_VR_LITTLE_ENDIAN,
]);

interface Negotiated {
  readonly answers: AnsweredContext[];
  readonly accepted: AcceptedContext[];
  /** To be answered: one for each class whose roles were proposed and that was accepted. */
  readonly roles: RoleSelection[];
}

/** Judges each proposed context by itself; of the syntaxes that we take, the proposer's first is chosen. */
export function negotiateContexts(
  request: Pick<AssociateRequest, 'contexts' | 'user'>,
  classes: SopClassTable,
): Negotiated {
  const proposedRoles = new Map(request.user.roles?.map((role) => [role.sopClassUid, role]));
  const accepted: AcceptedContext[] = [];
  const roles = new Map<string, RoleSelection>();
  const answers = request.contexts.map((context): AnsweredContext => {
    const { contextId, abstractSyntax } = context;
    if (!isTaken(abstractSyntax, classes)) return refuse(contextId, ABSTRACT_SYNTAX_NOT_SUPPORTED);
    const transferSyntax = chooseSyntax(context, classes);
    if (transferSyntax === undefined) return refuse(contextId, TRANSFER_SYNTAXES_NOT_SUPPORTED);
    const proposed = proposedRoles.get(abstractSyntax);
    const requestorRoles = agreeOnRoles(proposed, classes.findService(abstractSyntax));
    // Neither role is left: the class cannot be used on this association.
    if (!requestorRoles.scu && !requestorRoles.scp) return refuse(contextId, USER_REJECTION);
    if (proposed !== undefined) {
      roles.set(abstractSyntax, { sopClassUid: abstractSyntax, ...requestorRoles });
    }
    accepted.push({ contextId, abstractSyntax, transferSyntax, requestorRoles });
    return { contextId, result: ACCEPTED, transferSyntax };
  });
  return { answers, accepted, roles: [...roles.values()] };
}

function isTaken(uid: string, classes: SopClassTable): boolean {
  return (
    uid === VERIFICATION_SOP_CLASS ||
    classes.isStorage(uid) ||
    classes.findService(uid) !== undefined
  );
}

function chooseSyntax(context: ProposedContext, classes: SopClassTable): string | undefined {
  const { abstractSyntax, transferSyntaxes } = context;
  if (classes.isStorage(abstractSyntax)) {
    return transferSyntaxes.find((uid) => findTransferSyntax(uid) !== undefined);
  }
  if (abstractSyntax === VERIFICATION_SOP_CLASS) {
    return transferSyntaxes.find((uid) => findTransferSyntax(uid)?.encapsulated === false);
  }
  return transferSyntaxes.find((uid) => SERVICE_SYNTAXES.has(uid));
}

function agreeOnRoles(
  proposed: RoleSelection | undefined,
  service: DimseService | undefined,
): RequestorRoles {
  if (proposed === undefined) return DEFAULT_ROLES;
  const possible = service?.requestorRoles ?? ['scu'];
  return {
    scu: proposed.scu && possible.includes('scu'),
    scp: proposed.scp && possible.includes('scp'),
  };
}

/** The transfer syntax of a refused context is not significant, but has to be there (PS3.8 9.3.3.2). */
function refuse(contextId: number, result: number): AnsweredContext {
  return { contextId, result, transferSyntax: IMPLICIT_VR_LITTLE_ENDIAN };
}
