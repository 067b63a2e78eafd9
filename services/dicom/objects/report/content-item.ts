import type { NewElement } from '../../attributes/encode-data-set.ts';
import { decimalString, toElements } from '../../attributes/keywords.ts';
import { codeItem } from '../codes.ts';
import { imageReference, objectReference } from '../references.ts';
import type { Code, InstanceReference, SourceImage } from '../types.ts';

export type Relationship =
  | 'CONTAINS'
  | 'HAS ACQ CONTEXT'
  | 'HAS CONCEPT MOD'
  | 'HAS OBS CONTEXT'
  | 'HAS PROPERTIES'
  | 'INFERRED FROM'
  | 'SELECTED FROM';

type ItemValue =
  | { readonly type: 'CONTAINER'; readonly template?: string }
  | { readonly type: 'TEXT'; readonly text: string }
  | { readonly type: 'CODE'; readonly code: Code | readonly NewElement[] }
  | { readonly type: 'NUM'; readonly number: number; readonly unit: Code }
  | { readonly type: 'UIDREF'; readonly uid: string }
  | { readonly type: 'PNAME'; readonly name: string }
  | { readonly type: 'DATETIME'; readonly dateTime: string }
  | { readonly type: 'IMAGE'; readonly image: SourceImage; readonly frame?: number }
  /** Any other object, or an image of our own. */
  | { readonly type: 'IMAGE' | 'COMPOSITE'; readonly object: InstanceReference }
  /** A closed line through (column, row) points; the upper left corner of the first pixel is 0\0 (PS3.3 C.18.6). */
  | { readonly type: 'SCOORD'; readonly points: readonly number[] };

/** One node of a content tree (PS3.3 C.17.3). */
export type ContentItem = ItemValue & {
  readonly relationship?: Relationship;
  readonly concept?: Code;
  readonly children?: readonly ContentItem[];
};

/** The elements of the root, or of one item of a ContentSequence. */
export function encodeContentItem(item: ContentItem): NewElement[] {
  const children = item.children ?? [];
  return [
    ...toElements({
      RelationshipType: item.relationship,
      ValueType: item.type,
      ConceptNameCodeSequence: item.concept === undefined ? undefined : [codeItem(item.concept)],
      ContentSequence: children.length === 0 ? undefined : children.map(encodeContentItem),
    }),
    ...encodeValue(item),
  ];
}

function encodeValue(item: ContentItem): NewElement[] {
  switch (item.type) {
    case 'CONTAINER':
      return toElements({
        ContinuityOfContent: 'SEPARATE',
        ContentTemplateSequence:
          item.template === undefined ? undefined : [template(item.template)],
      });
    case 'TEXT':
      return toElements({ TextValue: item.text });
    case 'CODE':
      return toElements({
        ConceptCodeSequence: ['value' in item.code ? codeItem(item.code) : item.code],
      });
    case 'NUM':
      return toElements({ MeasuredValueSequence: [measuredValue(item.number, item.unit)] });
    case 'UIDREF':
      return toElements({ UID: item.uid });
    case 'PNAME':
      return toElements({ PersonName: item.name });
    case 'DATETIME':
      return toElements({ DateTime: item.dateTime });
    case 'IMAGE':
    case 'COMPOSITE':
      return toElements({
        ReferencedSOPSequence: [
          'image' in item ? imageReference(item.image, item.frame) : objectReference(item.object),
        ],
      });
    case 'SCOORD':
      return toElements({ GraphicType: 'POLYLINE', GraphicData: item.points });
  }
}

/** MappingResource is DCMR for templates of PS3.16. */
function template(identifier: string): NewElement[] {
  return toElements({ MappingResource: 'DCMR', TemplateIdentifier: identifier });
}

function measuredValue(number: number, unit: Code): NewElement[] {
  return toElements({
    NumericValue: decimalString(number),
    MeasurementUnitsCodeSequence: [codeItem(unit)],
  });
}
