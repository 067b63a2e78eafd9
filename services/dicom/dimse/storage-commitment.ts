/** Storage Commitment Push Model (PS3.4 J.3): the class, and its one well-known instance. */
export const STORAGE_COMMITMENT_PUSH_MODEL = '1.2.840.10008.1.20.1';
export const STORAGE_COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';
/** Of the failure reasons (PS3.3 C.14.1.1): the transaction UID stands for other objects already. */
export const DUPLICATE_TRANSACTION_UID = 0x0131;

/** Action type of a request for storage commitment (PS3.4 J.3.2). */
export const REQUEST_STORAGE_COMMITMENT = 1;
