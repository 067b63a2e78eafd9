import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#platform/config/config.ts';
import { archiveDirectory } from '../site.ts';
import type { Finding } from './finding.ts';

/** Files that a listener found torn when it started, and set aside. */
export function checkTornFiles(config: Config): Finding[] {
  const folder = join(archiveDirectory(config), 'quarantine');
  const count = existsSync(folder) ? readdirSync(folder).length : 0;
  if (count === 0) return [];
  const detail = `${count} files in ${folder}: a start after a crash found them torn. Their senders had no Success; see docs/durability.md, then delete them`;
  return [{ level: 'warning', what: 'torn files', detail }];
}
