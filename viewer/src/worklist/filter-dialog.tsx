import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { STUDY_STATUSES } from '#core/study-state.ts';
import { worklistFacetsQuery } from '../api/queries.ts';
import { formatCount } from '../design/format.ts';
import { Button, Dialog } from '../design/ui.tsx';
import { useSession } from '../session/session-context.tsx';
import { FILTER_TEXT as T } from './filter-text.ts';
import { type Filters, NO_FILTERS, toQuery } from './filters.ts';
import { STATUS_WORDS } from './text.ts';
import './filter-dialog.css';

type Counts = readonly { readonly value: string; readonly count: number }[];

/** What is chosen is always there, also when nothing in the list has it any more. */
function withChosen(counts: Counts, chosen: readonly string[]): Counts {
  const known = new Set(counts.map(({ value }) => value));
  return [
    ...counts,
    ...chosen.filter((each) => !known.has(each)).map((value) => ({ value, count: 0 })),
  ];
}

interface ChoicesProps {
  readonly title: string;
  readonly counts: Counts;
  readonly chosen: readonly string[];
  readonly onChange: (chosen: string[]) => void;
  /** What a value is called; itself without it. */
  readonly nameOf?: (value: string) => string;
}

function Choices({ title, counts, chosen, onChange, nameOf }: ChoicesProps) {
  const shown = withChosen(counts, chosen);
  return (
    <fieldset className="choices">
      <legend>{title}</legend>
      {shown.length === 0 ? <p className="second small">{T.none}</p> : null}
      {shown.map(({ value, count }) => (
        <label key={value} className="checked">
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={({ target }) => {
              const others = chosen.filter((each) => each !== value);
              onChange(target.checked ? [...others, value] : others);
            }}
          />
          <span className="clip">{nameOf?.(value) ?? value}</span>
          <span className="second">{formatCount(count)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function AgeField(props: {
  readonly label: string;
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
}) {
  return (
    <label className="labelled">
      {props.label}
      <input
        className="field age-field"
        type="number"
        min={0}
        max={150}
        value={props.value ?? ''}
        onChange={({ target }) => {
          const years = target.valueAsNumber;
          const isAge = Number.isInteger(years) && years >= 0 && years <= 150;
          props.onChange(isAge ? years : null);
        }}
      />
    </label>
  );
}

interface FilterDialogProps {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
  readonly onClose: () => void;
}

/** Filters by what the list holds, with how many studies each choice would give. They act at once. */
export default function FilterDialog({ filters, onChange, onClose }: FilterDialogProps) {
  const { site } = useSession();
  const asked = toQuery({ filters, sort: null });
  const facets = useQuery({ ...worklistFacetsQuery(asked), placeholderData: keepPreviousData });
  const counts = facets.data;
  return (
    <Dialog title={T.title} description={T.description} onClose={onClose}>
      <div className="choice-columns">
        <Choices
          title={T.modality}
          counts={counts?.modality ?? []}
          chosen={filters.modalities}
          onChange={(modalities) => onChange({ ...filters, modalities })}
        />
        <Choices
          title={T.site}
          counts={counts?.site ?? []}
          chosen={filters.sites}
          onChange={(sites) => onChange({ ...filters, sites })}
        />
        <Choices
          title={T.bodyPart}
          counts={counts?.bodyPart ?? []}
          chosen={filters.bodyParts}
          onChange={(bodyParts) => onChange({ ...filters, bodyParts })}
        />
        {site.aiInLists ? (
          <Choices
            title={T.finding}
            counts={counts?.finding ?? []}
            chosen={filters.findings}
            onChange={(findings) => onChange({ ...filters, findings })}
          />
        ) : null}
        <Choices
          title={T.status}
          counts={counts?.status ?? []}
          chosen={filters.statuses}
          onChange={(chosen) =>
            onChange({
              ...filters,
              statuses: STUDY_STATUSES.filter((each) => chosen.includes(each)),
            })
          }
          nameOf={(value) =>
            STATUS_WORDS[STUDY_STATUSES.find((each) => each === value) ?? 'queued']
          }
        />
        <fieldset className="choices">
          <legend>{T.age}</legend>
          <AgeField
            label={T.from}
            value={filters.ageFrom}
            onChange={(ageFrom) => onChange({ ...filters, ageFrom })}
          />
          <AgeField
            label={T.to}
            value={filters.ageTo}
            onChange={(ageTo) => onChange({ ...filters, ageTo })}
          />
          <p className="second small">{T.ageHint}</p>
        </fieldset>
      </div>
      <div className="dialog-actions">
        <Button onClick={() => onChange({ ...NO_FILTERS, search: filters.search })}>
          {T.clear}
        </Button>
        <Button kind="primary" onClick={onClose}>
          {T.done}
        </Button>
      </div>
    </Dialog>
  );
}
