/** Names this implementation to peers and in file meta (PS3.7 D.3.3.2, PS3.10 7.1): a UUID-derived UID, PS3.5 B.2. */
export const IMPLEMENTATION_CLASS_UID = '2.25.6746408377159044700609772392997192154';
/** SH, up to 16 characters. */
export const IMPLEMENTATION_VERSION_NAME = 'RADTRIAGE_010';
