export interface ProcessSettings {
  readonly nodeFlags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}
export const PROCESS_SETTINGS: Readonly<Record<string, ProcessSettings>>;
export function keepToSettings(name: string | undefined): void;
