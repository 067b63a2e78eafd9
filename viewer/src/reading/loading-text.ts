export const LOADING_TEXT = {
  loading: 'Images loaded',
} as const;
