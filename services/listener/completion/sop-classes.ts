/** Modality Performed Procedure Step (PS3.4 annex F). */
export const MODALITY_PERFORMED_PROCEDURE_STEP = '1.2.840.10008.3.1.2.3.3';
/** Instance Availability Notification (PS3.4 annex R). */
export const INSTANCE_AVAILABILITY_NOTIFICATION = '1.2.840.10008.5.1.4.33';
/** Error ID of a step that has ended (PS3.4 table F.7.2-2). */
export const STEP_MAY_NO_LONGER_BE_UPDATED = 0xa710;
