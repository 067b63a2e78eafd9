export const target = 'worklist';
