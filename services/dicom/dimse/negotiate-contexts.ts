import { findTransferSyntax, IMPLICIT_VR_LITTLE_ENDIAN } from '../part10/transfer-syntaxes.ts';
import type { AnsweredContext, ProposedContext } from './associate-codec.ts';
import { isStorageSopClass, VERIFICATION_SOP_CLASS } from './storage-sop-classes.ts';

/** An accepted presentation context. */
export interface AcceptedContext {
  readonly contextId: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
}

/** Results of PS3.8 table 9-18. */
const ACCEPTED = 0;
const ABSTRACT_SYNTAX_NOT_SUPPORTED = 3;
const TRANSFER_SYNTAXES_NOT_SUPPORTED = 4;

/** Judges each proposed context by itself; of the syntaxes that we take, the proposer's first is chosen. */
export function negotiateContexts(proposed: readonly ProposedContext[]): {
  answers: AnsweredContext[];
  accepted: AcceptedContext[];
} {
  const accepted: AcceptedContext[] = [];
  const answers = proposed.map((context): AnsweredContext => {
    const { contextId, abstractSyntax } = context;
    if (abstractSyntax !== VERIFICATION_SOP_CLASS && !isStorageSopClass(abstractSyntax)) {
      return refuse(contextId, ABSTRACT_SYNTAX_NOT_SUPPORTED);
    }
    const transferSyntax = context.transferSyntaxes.find((uid) => {
      const syntax = findTransferSyntax(uid);
      if (syntax === undefined) return false;
      return abstractSyntax !== VERIFICATION_SOP_CLASS || !syntax.encapsulated;
    });
    if (transferSyntax === undefined) return refuse(contextId, TRANSFER_SYNTAXES_NOT_SUPPORTED);
    accepted.push({ contextId, abstractSyntax, transferSyntax });
    return { contextId, result: ACCEPTED, transferSyntax };
  });
  return { answers, accepted };
}

/** The transfer syntax of a refused context is not significant, but has to be there (PS3.8 9.3.3.2). */
function refuse(contextId: number, result: number): AnsweredContext {
  return { contextId, result, transferSyntax: IMPLICIT_VR_LITTLE_ENDIAN };
}
