import { type Command, InvalidArgumentError, Option } from 'commander';
import { RadTriageError } from '#core/errors.ts';
import { type Config, loadConfigFromProcess } from '#platform/config/config.ts';

/** `--data DIR`, which every command that touches the site's data takes. */
export function withDataOption(command: Command): Command {
  return command.addOption(
    new Option('--data <dir>', 'data directory (RADTRIAGE_DATA; ./data without either)'),
  );
}

export interface DataOption {
  readonly data?: string;
}

/** The configuration, with what the command line says on top. */
export function configFor(options: DataOption, overrides: Record<string, unknown> = {}): Config {
  return loadConfigFromProcess({
    ...(options.data === undefined ? {} : { dataDirectory: options.data }),
    ...overrides,
  });
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('a port is a number from 0 to 65535 (0: any free one)');
  }
  return port;
}

export interface DicomAddress {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
}

/** @throws RadTriageError REQUEST_INVALID unless the text is AET@host:port */
export function parseDicomAddress(text: string): DicomAddress {
  const match = /^([^@\\]{1,16})@(\[[^\]]+\]|[^:@]+):(\d{1,5})$/.exec(text.trim());
  const [, aeTitle, host, port] = match ?? [];
  if (aeTitle === undefined || host === undefined || port === undefined || Number(port) > 65_535) {
    throw new RadTriageError('REQUEST_INVALID', `a DICOM address is AET@host:port, not ${text}`);
  }
  return { aeTitle, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
