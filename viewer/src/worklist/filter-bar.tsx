import type { RefObject } from 'react';
import { PRIORITIES } from '#core/priority.ts';
import { READING_STATUSES } from '#core/study-state.ts';
import { formatCount } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { Button, Key } from '../design/ui.tsx';
import { useSession } from '../session/session-context.tsx';
import {
  countMore,
  type Filters,
  isFiltered,
  NO_FILTERS,
  toggleMine,
  togglePriority,
} from './filters.ts';
import { READING_WORDS, WORKLIST_TEXT as T } from './text.ts';
import type { Detail } from './use-detail.ts';

interface FilterBarProps {
  readonly filters: Filters;
  readonly onChange: (filters: Filters) => void;
  readonly total: number | null;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly onMore: () => void;
  readonly onViews: () => void;
  readonly detail: Pick<Detail, 'isOpen' | 'toggle'>;
  readonly onHelp: () => void;
}

function Count({ total }: Pick<FilterBarProps, 'total'>) {
  if (total === null) return <p className="counts" />;
  return (
    <p className="counts" data-testid="counts">
      <strong>{formatCount(total)}</strong> {T.studies(total)}
    </p>
  );
}

function ReadingSelect({ filters, onChange }: Pick<FilterBarProps, 'filters' | 'onChange'>) {
  const reading = READING_STATUSES.find.bind(READING_STATUSES);
  return (
    <select
      className="field"
      aria-label={T.reading}
      value={filters.reading}
      onChange={({ target }) =>
        onChange({
          ...filters,
          reading:
            reading((each) => each === target.value) ??
            (target.value === 'all' ? 'all' : 'to-read'),
        })
      }
    >
      <option value="to-read">{T.toRead}</option>
      {READING_STATUSES.map((each) => (
        <option key={each} value={each}>
          {READING_WORDS[each]}
        </option>
      ))}
      <option value="all">{T.all}</option>
    </select>
  );
}

export function FilterBar(props: FilterBarProps) {
  const { site } = useSession();
  const { filters, onChange } = props;
  const more = countMore(filters);
  return (
    <section className="filter-bar" aria-label={T.filters}>
      <input
        ref={props.search}
        className="field search"
        type="search"
        aria-label={T.search}
        placeholder={`${T.search}   /`}
        maxLength={64}
        value={filters.search}
        data-testid="search"
        onChange={({ target }) => onChange({ ...filters, search: target.value })}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Escape' || key === 'Enter') currentTarget.blur();
        }}
      />
      <fieldset className="toggles">
        <legend className="visually-hidden">{T.priority}</legend>
        {PRIORITIES.map((each) => (
          <Button
            key={each}
            size="small"
            aria-pressed={filters.priorities.includes(each)}
            onClick={() => onChange(togglePriority(filters, each))}
          >
            {each}
          </Button>
        ))}
      </fieldset>
      {site.aiInLists ? (
        <Button
          size="small"
          aria-pressed={filters.flagged}
          onClick={() => onChange({ ...filters, flagged: !filters.flagged })}
        >
          {T.flaggedOnly}
        </Button>
      ) : null}
      <Button
        size="small"
        aria-pressed={filters.mine}
        title={T.mineHint}
        onClick={() => onChange(toggleMine(filters))}
        data-testid="mine"
      >
        {T.mine}
      </Button>
      <ReadingSelect filters={filters} onChange={onChange} />
      <Button
        size="small"
        aria-pressed={more > 0}
        onClick={props.onMore}
        data-testid="more-filters"
      >
        {T.more}
        {more === 0 ? null : ` (${more})`}
      </Button>
      <Button
        kind="quiet"
        size="small"
        // Its place is kept: nothing moves under the hand that sets a filter.
        style={{ visibility: isFiltered(filters) ? 'visible' : 'hidden' }}
        title={T.clear}
        aria-label={T.clear}
        onClick={() => onChange(NO_FILTERS)}
      >
        <span aria-hidden="true">×</span> {T.filters}
      </Button>
      <Count total={props.total} />
      <Button
        kind="quiet"
        size="small"
        aria-pressed={props.detail.isOpen}
        onClick={props.detail.toggle}
      >
        {T.detail} <Key>D</Key>
      </Button>
      <Button kind="quiet" size="small" onClick={props.onViews} data-testid="views">
        {T.views}
      </Button>
      <Button kind="quiet" size="small" onClick={props.onHelp}>
        {TEXT.keys} <Key>?</Key>
      </Button>
    </section>
  );
}
