/** What tells one patient from another. Names never do: they are spelled in as many ways as there are scanners. */
export interface PatientFacts {
  readonly patientId: string | null | undefined;
  /** IssuerOfPatientID, or the issuer that the site has configured for the sender. */
  readonly issuer: string | null | undefined;
  /** Where the id comes from when nobody issues it: ids are taken to be unique within one site. */
  readonly site: string;
  /** Raw DA, `YYYYMMDD`. */
  readonly birthDate: string | null | undefined;
}

/** Ids that stand for nobody, compared in capitals without blanks: they must never join two people. */
const DUMMY_IDS: readonly RegExp[] = [
  /^$/,
  /^ANON(YM(OUS|OUSE|IZED|ISED)?)?[-_.:#]*\d*$/,
  /^(PATIENT|PAT|PID|ID)?[-_.:#]*(UNKNOWN|UNKNOW|UNK|NONE|NIL|NULL|UNDEFINED|NOID|NOPATIENTID)[-_.:#]*\d*$/,
  /^(NA|N\/A|N\.A\.)$/,
  /^(TEST|TESTPATIENT|PATIENTTEST|DUMMY|DEMO|PHANTOM|SERVICE|QA|QC)[-_.:#]*\d*$/,
  /^(PATIENTID|PATID|PATIENT|ID|NONAME|NN|JOHNDOE|JANEDOE|DOE)$/,
  // One sign over and over: 0, 000, 99999, XX, ---.
  /^0+$/,
  /^X+$/,
  /^(.)\1{3,}$/,
  /^[^\p{L}\p{N}]*$/u,
];

function normalise(id: string): string {
  return id.replaceAll(/\s/gu, '').toUpperCase();
}

/** @param siteDummies ids that a site knows to stand for nobody; blanks and case make no difference. */
export function isDummyPatientId(id: string, siteDummies: readonly string[] = []): boolean {
  const plain = normalise(id);
  return (
    DUMMY_IDS.some((pattern) => pattern.test(plain)) ||
    siteDummies.some((dummy) => normalise(dummy) === plain)
  );
}

function clean(value: string | null | undefined): string {
  return (value ?? '').replaceAll('\0', '').trim();
}

/**
 * The key that the studies of one patient share: who issues the id, and the id, as they are written (LO is case
 * sensitive, PS3.5 6.2). Undefined when the id names nobody: such a study has no priors.
 */
export function patientKeyOf(
  facts: Omit<PatientFacts, 'birthDate'>,
  siteDummies: readonly string[] = [],
): string | undefined {
  const id = clean(facts.patientId);
  if (isDummyPatientId(id, siteDummies)) return undefined;
  const issuer = clean(facts.issuer);
  // Written as JSON: no issuer and id can be cut in another place to give the same text.
  return JSON.stringify(issuer === '' ? ['site', facts.site, id] : ['issuer', issuer, id]);
}

/** A raw DA as eight digits, or undefined when it is absent or no date: then it says nothing. */
function dayOf(birthDate: string | null | undefined): string | undefined {
  const match = /^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(clean(birthDate));
  if (match === null) return undefined;
  const [, year = '', month = '', day = ''] = match;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  const isDate = !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
  return isDate ? year + month + day : undefined;
}

/** Whether two birth dates contradict each other; one that is not known contradicts nothing. */
export function birthDatesDisagree(
  one: string | null | undefined,
  other: string | null | undefined,
): boolean {
  const first = dayOf(one);
  const second = dayOf(other);
  return first !== undefined && second !== undefined && first !== second;
}

/** Whether both are the same patient: one key, and no birth date that says otherwise. */
export function isSamePatient(
  one: PatientFacts,
  other: PatientFacts,
  siteDummies: readonly string[] = [],
): boolean {
  const key = patientKeyOf(one, siteDummies);
  if (key === undefined || key !== patientKeyOf(other, siteDummies)) return false;
  return !birthDatesDisagree(one.birthDate, other.birthDate);
}
