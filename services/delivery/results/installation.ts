import type { Kysely } from 'kysely';
import type { ProducingDevice } from '#dicom/objects/types.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import type { Config } from '#platform/config/config.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

/** Who makes the objects. */
export interface Installation {
  /** Never changes, and never leaves: UIDs are derived from it, so that those of two sites never meet. */
  readonly id: string;
  readonly device: ProducingDevice;
}

export async function readInstallation(
  database: Kysely<DatabaseSchema>,
  config: Pick<Config, 'site' | 'dicom'>,
  softwareVersion: string,
): Promise<Installation> {
  const { installationId } = await database
    .selectFrom('installation')
    .select('installationId')
    .executeTakeFirstOrThrow();
  return {
    id: installationId,
    device: {
      deviceUid: deriveUid(['installation', installationId]),
      stationName: config.dicom.aeTitles[0] ?? 'RADTRIAGE',
      softwareVersion,
      institutionName: config.site === '' ? undefined : config.site,
    },
  };
}

/** Minutes east of Greenwich at a time in an IANA zone. */
export function utcOffsetMinutes(timeZone: string, at: Date): number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  // "GMT" alone stands for no offset.
  const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
