import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { WaitingStudy } from '#contracts/site-status.ts';
import { Chip, type Tone } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { waitingQuery } from './queries.ts';
import { SITE_TEXT as T, WAITING_STATE_WORDS } from './site-text.ts';
import { Elapsed } from './time-cells.tsx';

const TONES: Readonly<Partial<Record<WaitingStudy['status'], Tone>>> = {
  receiving: 'accent',
  failed: 'bad',
};

export function WaitingTable() {
  const waiting = useQuery(waitingQuery);
  const { data } = waiting;
  const isCut = data !== undefined && data.items.length < data.total;
  return (
    <DataPanel
      title={T.waiting}
      lead={T.waitingLead}
      testId="waiting"
      query={waiting}
      head={
        isCut ? (
          <span className="quiet small">{T.waitingMore(data.items.length, data.total)}</span>
        ) : null
      }
      empty={({ items }) => (items.length === 0 ? <EmptyLine text={T.waitingEmpty} /> : undefined)}
    >
      {({ items }) => (
        <table className="table dense">
          <TableHead columns={T.waitingColumns} numbers={['images', 'since']} />
          <tbody>
            {items.map((study) => (
              <tr key={study.studyInstanceUid} data-testid="waiting-study">
                <td>
                  <Chip tone={TONES[study.status] ?? 'plain'}>
                    {WAITING_STATE_WORDS[study.status] ?? study.status}
                  </Chip>
                </td>
                <td>
                  <Link className="mono" href={`/studies/${study.studyInstanceUid}`}>
                    {study.studyInstanceUid}
                  </Link>
                </td>
                <td>{study.modality}</td>
                <td className="number">{study.imageCount}</td>
                <td>{study.site}</td>
                <td className="number nowrap">
                  <Elapsed since={study.since} />
                </td>
                <td>{fromServer(study.why)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
