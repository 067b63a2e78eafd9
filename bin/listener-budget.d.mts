export const LISTENER_NODE_FLAGS: readonly string[];
export const LISTENER_ENVIRONMENT: Readonly<Record<string, string>>;
export function keepToBudget(): void;
