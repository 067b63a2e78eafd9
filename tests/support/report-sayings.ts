/** An item of a structured report as Orthanc's simplified tags have it. */
interface Item {
  readonly [attribute: string]: unknown;
  readonly ConceptNameCodeSequence?: readonly { readonly CodeMeaning: string }[];
  readonly ConceptCodeSequence?: readonly { readonly CodeMeaning: string }[];
  readonly TextValue?: string;
  readonly PersonName?: string;
  readonly ContentSequence?: readonly Item[];
}

/** Every name and value of a report's tree, as "name: value". */
export function sayingsOf(item: Item): string[] {
  const name = item.ConceptNameCodeSequence?.[0]?.CodeMeaning ?? '';
  const value = item.ConceptCodeSequence?.[0]?.CodeMeaning ?? item.TextValue ?? item.PersonName;
  const own = value === undefined ? [] : [`${name}: ${value}`];
  return [...own, ...(item.ContentSequence ?? []).flatMap(sayingsOf)];
}
