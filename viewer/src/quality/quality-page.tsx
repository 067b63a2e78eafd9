import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { QualityItem } from '#contracts/quality.ts';
import { messageOf } from '../api/client.ts';
import { type QualityFilter, qualityStudiesQuery, qualitySummaryQuery } from '../api/queries.ts';
import { TEXT } from '../design/text.ts';
import { Button, State } from '../design/ui.tsx';
import { BlindFirstPanel } from './blind-first-panel.tsx';
import { QualityTable } from './quality-table.tsx';
import { SecondReadingDialog } from './second-reading-dialog.tsx';
import { SummaryPanel } from './summary-panel.tsx';
import { FILTER_WORDS, QUALITY_TEXT as T } from './text.ts';
import './quality.css';

const FILTERS: readonly QualityFilter[] = [
  'flagged',
  'disagreement',
  'agreement',
  'missed',
  'second-read',
  'all',
];

export default function QualityPage() {
  const [filter, setFilter] = useState<QualityFilter>('flagged');
  const [reading, setReading] = useState<QualityItem | null>(null);
  const summary = useQuery(qualitySummaryQuery);
  const studies = useQuery(qualityStudiesQuery(filter));
  return (
    <div className="page-scroll">
      <div className="page" data-testid="quality-page">
        <div>
          <h1>{T.title}</h1>
          <p className="second">{T.lead}</p>
        </div>
        {summary.isError ? (
          <State
            title={messageOf(summary.error)}
            action={<Button onClick={() => void summary.refetch()}>{TEXT.retry}</Button>}
          />
        ) : null}
        {summary.data === undefined ? null : <SummaryPanel summary={summary.data} />}
        {summary.data === undefined ? null : <BlindFirstPanel minds={summary.data.blindFirst} />}
        <section className="panel" aria-label={T.studies}>
          <div className="panel-head">
            <h2>
              {T.studies}{' '}
              <span className="quiet small">
                {studies.data === undefined ? '' : studies.data.total}
              </span>
            </h2>
            <fieldset className="toggles" aria-label={T.filter}>
              {FILTERS.map((each) => (
                <Button
                  key={each}
                  size="small"
                  aria-pressed={each === filter}
                  onClick={() => setFilter(each)}
                  data-testid={`filter-${each}`}
                >
                  {FILTER_WORDS[each]}
                </Button>
              ))}
            </fieldset>
          </div>
          {studies.isPending ? <State title={TEXT.loading} /> : null}
          {studies.isError ? (
            <State
              title={messageOf(studies.error)}
              action={<Button onClick={() => void studies.refetch()}>{TEXT.retry}</Button>}
            />
          ) : null}
          {studies.data?.items.length === 0 ? (
            <State title={T.emptyTitle} detail={T.emptyDetail} />
          ) : null}
          {studies.data === undefined || studies.data.items.length === 0 ? null : (
            <QualityTable items={studies.data.items} onSecondReading={setReading} />
          )}
        </section>
        {reading === null ? null : (
          <SecondReadingDialog item={reading} onClose={() => setReading(null)} />
        )}
      </div>
    </div>
  );
}
