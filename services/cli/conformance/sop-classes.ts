import { SERVICE_SYNTAXES } from '#dicom/dimse/negotiate-contexts.ts';
import {
  listStorageSopClasses,
  storageSopClassName,
  VERIFICATION_SOP_CLASS,
} from '#dicom/dimse/storage-sop-classes.ts';
import { RESULT_SOP_CLASSES } from '#dicom/objects/assemble-object.ts';
import { findTransferSyntax, listTransferSyntaxes } from '#dicom/part10/transfer-syntaxes.ts';
import { findPixelSyntax } from '#dicom/pixels/transfer-syntaxes.ts';
import { OFFERED_SERVICES } from '#listener/offered-services.ts';
import type { Config } from '#platform/config/config.ts';
import { table } from './markdown.ts';

export function networkServices(config: Config): string {
  const services = OFFERED_SERVICES.map(({ name, sopClassUid, setting, isOn, asUser }) => [
    name,
    sopClassUid,
    asUser === undefined ? 'No' : yesOrOption(asUser.isOn(config), asUser.setting),
    yesOrOption(isOn(config), setting),
  ]);
  return table(
    ['SOP class', 'UID', 'User (SCU)', 'Provider (SCP)'],
    [
      ['Verification', VERIFICATION_SOP_CLASS, 'No', 'Yes'],
      ['Storage: all classes of section 4.2.1.4', '', 'Yes', 'Yes'],
      ...services,
    ],
  );
}

function yesOrOption(on: boolean, setting: string): string {
  return on ? 'Yes' : `Option (\`${setting}\`)`;
}

export function acceptedContexts(): string {
  const names = (uids: Iterable<string>): string =>
    [...uids].map((uid) => findTransferSyntax(uid)?.name ?? uid).join(', ');
  const uncompressed = listTransferSyntaxes()
    .filter(({ encapsulated }) => !encapsulated)
    .map(({ uid }) => uid);
  return table(
    ['Abstract syntax', 'Transfer syntaxes', 'Role', 'Extended negotiation'],
    [
      ['Verification', names(uncompressed), 'SCP', 'None'],
      ['Every storage SOP class below', 'Every transfer syntax below', 'SCP', 'None'],
      ...OFFERED_SERVICES.map(({ name, asUser }) =>
        asUser === undefined
          ? [name, names(SERVICE_SYNTAXES), 'SCP', 'None']
          : [name, names(SERVICE_SYNTAXES), 'SCP, SCU', 'SCP/SCU role selection'],
      ),
    ],
  );
}

export function transferSyntaxes(): string {
  return table(
    ['Transfer syntax', 'UID', 'Kept', 'Pixels decoded for analysis'],
    listTransferSyntaxes().map(({ uid, name }) => [
      name,
      uid,
      'as received',
      findPixelSyntax(uid) === undefined ? 'no' : 'yes',
    ]),
  );
}

export function storageClasses(config: Config): string {
  return table(
    ['SOP class', 'UID'],
    [
      ...listStorageSopClasses().map(([uid, keyword]) => [keyword, uid]),
      ...config.dicom.moreStorageClasses.map((uid) => ['(listed by the site)', uid]),
    ],
  );
}

/** Of what the builders of results make. */
export function createdClasses(): string {
  return table(
    ['SOP class', 'UID'],
    Object.values(RESULT_SOP_CLASSES).map((uid) => [storageSopClassName(uid) ?? uid, uid]),
  );
}

export function serviceConformance(): string {
  return OFFERED_SERVICES.map(({ name, taken, sent, refusals, setting, asUser }) =>
    [
      `##### ${name}`,
      '',
      `Off unless \`${setting}\` turns it on; then for the peers that the configuration names.`,
      ...(asUser === undefined
        ? []
        : [`As the user of the class, off unless \`${asUser.setting}\` turns it on.`]),
      '',
      table(
        ['Direction', 'Operation', 'Meaning'],
        [
          ...taken.map(([operation, meaning]) => ['taken', operation.toUpperCase(), meaning]),
          ...sent.map(([operation, meaning]) => ['sent', operation.toUpperCase(), meaning]),
        ],
      ),
      '',
      table(
        ['Status or failure reason', 'Meaning'],
        refusals.map(([code, meaning]) => [code, meaning]),
      ),
    ].join('\n'),
  ).join('\n\n');
}
