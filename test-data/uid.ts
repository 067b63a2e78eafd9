/** For generated studies too: the same seed gives the same UIDs. */
export { deriveUid } from '#dicom/part10/derive-uid.ts';
