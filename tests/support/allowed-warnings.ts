/** Warnings of the validators that our objects may draw, and why each is no fault. Any other one fails a test. */
const ALLOWED: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  {
    pattern: /Unrecognized defined term <(99RADTRIAGE|RFC5646|UMLS)> .*Coding Scheme Designator/,
    reason: 'private scheme, declared in CodingSchemeIdentificationSequence; the others are newer',
  },
  {
    pattern: /\(0x0018,0x1002\) UI Device UID/,
    reason: 'IHE AIR asks for it in ContributingEquipmentSequence; the validator is older',
  },
  {
    pattern: /attributes not present in standard DICOM IOD - this is a Standard Extended SOP Class/,
    reason: 'follows from the one above',
  },
  {
    pattern: /Different information entities for attribute - Element=<\w+> IE <\w+> versus <\w+>/,
    reason: 'dcentvfy counts the items of ReferencedRequestSequence to another entity',
  },
  {
    pattern: /only permitted to be empty when actually unknown.*<Laterality>/,
    reason: 'it is unknown where the images name no body part',
  },
  { pattern: /^W: Check for template constraints not yet supported/, reason: 'of dsrdump itself' },
  {
    pattern: /^W: The VR checker does not support this Specific Character Set/,
    reason: 'of dsrdump itself: then it does not check the characters of texts',
  },
  {
    pattern: /^W: Reading unknown\/unsupported SpecificCharacterSet \(\\ISO 2022 IR (58|87|149)\)/,
    reason: 'dsrdump does not know the set; it is that of the images, and pydicom reads it',
  },
  {
    pattern: /^W: patientName absent or empty in presentation state/,
    reason: 'dcmpschk wants a name where the standard allows none; the images have none',
  },
];

/** Those of the warnings that no entry allows. */
export function unexpected(warnings: readonly string[]): string[] {
  return warnings.filter((warning) => !ALLOWED.some(({ pattern }) => pattern.test(warning)));
}
