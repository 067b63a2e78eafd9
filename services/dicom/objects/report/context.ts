import { itemsOf } from '../../attributes/element-values.ts';
import type { NewElement } from '../../attributes/encode-data-set.ts';
import { OWN_MODEL_NAME } from '../../attributes/read-attributes.ts';
import { MODALITIES } from '../codes.ts';
import type { ElementCopier } from '../copy-elements.ts';
import type { Algorithm, Code, ProducingDevice, SourceImage } from '../types.ts';
import * as concept from './concepts.ts';
import type { ContentItem, Relationship } from './content-item.ts';

export function text(relationship: Relationship, name: Code, value: string): ContentItem {
  return { type: 'TEXT', relationship, concept: name, text: value };
}

export function code(relationship: Relationship, name: Code, value: Code): ContentItem {
  return { type: 'CODE', relationship, concept: name, code: value };
}

/** TID 1004: our installation is who observed, not one of its models. */
export function deviceObserver(device: ProducingDevice): ContentItem[] {
  return [
    code('HAS OBS CONTEXT', concept.OBSERVER_TYPE, concept.DEVICE),
    {
      type: 'UIDREF',
      relationship: 'HAS OBS CONTEXT',
      concept: concept.DEVICE_OBSERVER_UID,
      uid: device.deviceUid,
    },
    text('HAS OBS CONTEXT', concept.DEVICE_OBSERVER_NAME, device.stationName),
    text('HAS OBS CONTEXT', concept.DEVICE_OBSERVER_MANUFACTURER, 'RadTriage'),
    text('HAS OBS CONTEXT', concept.DEVICE_OBSERVER_MODEL_NAME, OWN_MODEL_NAME),
  ];
}

/** TID 1003 */
export function personObserver(name: string): ContentItem[] {
  return [
    code('HAS OBS CONTEXT', concept.OBSERVER_TYPE, concept.PERSON),
    {
      type: 'PNAME',
      relationship: 'HAS OBS CONTEXT',
      concept: concept.PERSON_OBSERVER_NAME,
      name,
    },
  ];
}

/** TID 4019. What makes a score repeatable is in the parameters: the weights, and the threshold where there is one. */
export function algorithmIdentification(algorithm: Algorithm, threshold?: number): ContentItem[] {
  const parameters = [`weights SHA-256 = ${algorithm.sha256}`];
  if (threshold !== undefined) parameters.push(`threshold = ${threshold}`);
  return [
    text('HAS CONCEPT MOD', concept.ALGORITHM_NAME, `${algorithm.title} (${algorithm.id})`),
    text('HAS CONCEPT MOD', concept.ALGORITHM_VERSION, algorithm.version),
    ...parameters.map((each) => text('HAS CONCEPT MOD', concept.ALGORITHM_PARAMETERS, each)),
    text('HAS CONCEPT MOD', concept.ALGORITHM_MANUFACTURER, algorithm.manufacturer ?? 'RadTriage'),
  ];
}

const PROCEDURE_CODE_SEQUENCE = 0x00081032;

/** The imaging procedure, not the analysis (IHE AIR): as the images name it, else by their modalities. */
export function proceduresReported(
  images: readonly SourceImage[],
  copier: ElementCopier,
): ContentItem[] {
  const [first] = images;
  const stated = first === undefined ? [] : itemsOf(first.header, PROCEDURE_CODE_SEQUENCE);
  const modalities = [...new Set(images.map(({ modality }) => modality))];
  const codes: (Code | NewElement[])[] =
    stated.length > 0
      ? stated.map((item) => copier.copyItem(item))
      : modalities.map((modality) => concept.PROCEDURES[modality] ?? concept.IMAGING_PROCEDURE);
  // CR and DX are one procedure.
  const different = [...new Set(codes)];
  return different.map((value) => ({
    type: 'CODE',
    relationship: 'HAS CONCEPT MOD',
    concept: concept.PROCEDURE_REPORTED,
    code: value,
  }));
}

/** TID 1600: every image that was looked at, by modality. */
export function imageLibrary(images: readonly SourceImage[]): ContentItem {
  const groups = Map.groupBy(images, ({ modality }) => modality);
  return {
    type: 'CONTAINER',
    relationship: 'CONTAINS',
    concept: concept.IMAGE_LIBRARY,
    children: [...groups].map(([modality, members]) => libraryGroup(modality, members)),
  };
}

function libraryGroup(modality: string, members: readonly SourceImage[]): ContentItem {
  const known = MODALITIES[modality];
  const images = members.map(
    (image): ContentItem => ({ type: 'IMAGE', relationship: 'CONTAINS', image }),
  );
  return {
    type: 'CONTAINER',
    relationship: 'CONTAINS',
    concept: concept.IMAGE_LIBRARY_GROUP,
    children: [
      ...(known === undefined ? [] : [code('HAS ACQ CONTEXT', concept.MODALITY, known)]),
      ...images,
    ],
  };
}
