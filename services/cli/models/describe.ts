import { defaultOperatingPoint, type Label } from '#models/manifest/labels.ts';
import type { Manifest } from '#models/manifest/schema.ts';
import type { RegisteredModel } from '#models/registry/registry.ts';

/** How a model is told of on the terminal. */

export function nameOf({ id, version }: Pick<RegisteredModel, 'id' | 'version'>): string {
  return version === '' ? id : `${id}@${version}`;
}

/** `0.912 (0.893-0.930), n 3014`, or a dash. */
export function describeAuc({ validation }: Pick<Label, 'validation'>): string {
  if (validation === undefined) return '-';
  const [low, high] = validation.aucInterval;
  return `${validation.auc.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)}), n ${validation.n}`;
}

function describePoint({ operatingPoints }: Label): string {
  const chosen = defaultOperatingPoint({ operatingPoints });
  return operatingPoints
    .map((point) => {
      const figures = [
        ...(point.sensitivity === undefined ? [] : [`sensitivity ${point.sensitivity}`]),
        ...(point.specificity === undefined ? [] : [`specificity ${point.specificity}`]),
      ].join(', ');
      const mark = point.id === chosen.id ? ' (in use)' : '';
      return `${point.id} from score ${point.threshold}${mark}${figures === '' ? '' : `: ${figures}`}`;
    })
    .join('; ');
}

function describeSelection({ select }: Manifest): string {
  const conditions = select.all.map(
    (one) => `${one.attribute} ${one.in?.join('|') ?? `not ${one.notIn?.join('|')}`}`,
  );
  const { minimumAgeYears: youngest, maximumAgeYears: oldest, minimumSlices } = select;
  return [
    select.level === 'image' ? 'images' : 'series as stacks',
    ...conditions,
    ...(youngest === undefined ? [] : [`from ${youngest} years of age`]),
    ...(oldest === undefined ? [] : [`up to ${oldest} years of age`]),
    ...(minimumSlices === undefined ? [] : [`${minimumSlices} slices at least`]),
  ].join(', ');
}

function describeInputCheck({ inputCheck }: Manifest): [string, string][] {
  if (inputCheck === undefined) return [['Input check', 'none: it scores whatever it is given']];
  const rates = (inputCheck.detector?.errorRates ?? []).map(
    ({ class: kind, n, refused }) => `${kind}: ${refused} of ${n} refused`,
  );
  const untested = inputCheck.detector?.untested ?? [];
  return [
    ['Input check', rates.length === 0 ? 'limits on the pixels, no error rates' : rates.join('; ')],
    ...(untested.length === 0
      ? []
      : [['Untested', untested.join('; ')] satisfies [string, string]]),
  ];
}

/** What someone has to know of a model before it is let in: rows of a name and a value. */
export function describeManifest(manifest: Manifest): [string, string][] {
  const labels = manifest.labels.flatMap((label): [string, string][] => [
    [`Finds ${label.label}`, `${label.code.scheme} ${label.code.value}; ${describePoint(label)}`],
    ['  AUC (95%)', describeAuc(label)],
  ]);
  return [
    ['Model', `${manifest.title}, ${manifest.id} ${manifest.version}`],
    ...(manifest.demonstration
      ? [['Demonstration', 'not for patients'] satisfies [string, string]]
      : []),
    ['Licence', manifest.licence],
    ['Intended use', manifest.intendedUse],
    ...(manifest.attribution.length === 0
      ? []
      : [['Attribution', manifest.attribution.join('; ')] satisfies [string, string]]),
    ['Takes', describeSelection(manifest)],
    ...labels,
    ...describeInputCheck(manifest),
    ['SHA-256', manifest.sha256],
  ];
}

/** As JSON, for scripts. */
export function modelJson(model: RegisteredModel) {
  const { id, version, role, folder, sha256, manifestSha256, pinned, problem, manifest } = model;
  return {
    ...{ id, version, role, folder, sha256, manifestSha256, pinned },
    title: manifest?.title ?? null,
    demonstration: manifest?.demonstration ?? null,
    licence: manifest?.licence ?? null,
    intendedUse: manifest?.intendedUse ?? null,
    labels: manifest?.labels ?? [],
    problem: problem === undefined ? null : { code: problem.code, message: problem.message },
    changedBy: model.changedBy ?? null,
    changedAt: model.changedAt?.toISOString() ?? null,
    note: model.note ?? null,
    evaluation: model.evaluation ?? null,
  };
}
