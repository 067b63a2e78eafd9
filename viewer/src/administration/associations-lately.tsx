import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Association } from '#contracts/site-status.ts';
import {
  formatBytes,
  formatCount,
  formatInstant,
  formatWait,
  formatWhen,
} from '../design/format.ts';
import { Button, Chip } from '../design/ui.tsx';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { FailuresCell } from './failures-cell.tsx';
import { AddressCell, PeerCell } from './peer-cell.tsx';
import { associationsQuery } from './queries.ts';
import { END_WORDS, SITE_TEXT as T } from './site-text.ts';

function End({ association }: { readonly association: Association }) {
  const how = association.endHow ?? '';
  if (how === 'released') return <span className="second">{END_WORDS[how]}</span>;
  const detail = association.endDetail ?? '';
  const word = END_WORDS[how] ?? how;
  return (
    <>
      <Chip tone="warn">{word}</Chip>
      {detail === '' || detail === word ? null : <div className="quiet small">{detail}</div>}
    </>
  );
}

function Row({ association }: { readonly association: Association }) {
  const { startedAt, endedAt, bytesReceived, stored } = association;
  const lasted = Date.parse(endedAt ?? startedAt) - Date.parse(startedAt);
  return (
    <tr data-testid="association-lately" data-ae={association.callingAe}>
      <td>
        <PeerCell callingAe={association.callingAe} calledAe={association.calledAe} />
      </td>
      <td>
        <AddressCell address={association.peerAddress} tls={association.tls} />
      </td>
      <td className="number">
        <time dateTime={startedAt} title={formatInstant(startedAt)}>
          {formatWhen(startedAt, new Date())}
        </time>
      </td>
      <td className="number">{lasted < 1000 ? '< 1 s' : formatWait(lasted)}</td>
      <td className="number">{formatCount(stored)}</td>
      <td className="number">
        <FailuresCell failed={association.failed} failures={association.failures} />
      </td>
      <td className="number">{formatBytes(bytesReceived)}</td>
      <td className="number">
        {stored === 0 ? (
          <span className="quiet">–</span>
        ) : (
          `${formatBytes((1000 * bytesReceived) / Math.max(1, lasted))}/s`
        )}
      </td>
      <td>
        <End association={association} />
      </td>
    </tr>
  );
}

export function AssociationsLately() {
  const [trouble, setTrouble] = useState(false);
  const query = useInfiniteQuery(associationsQuery(trouble));
  return (
    <DataPanel
      title={T.lately}
      testId="associations-lately"
      query={query}
      head={
        <Button size="small" aria-pressed={trouble} onClick={() => setTrouble(!trouble)}>
          {T.onlyTrouble}
        </Button>
      }
      empty={({ pages }) =>
        pages[0]?.items.length === 0 ? (
          <EmptyLine text={trouble ? T.troubleEmpty : T.latelyEmpty} />
        ) : undefined
      }
    >
      {({ pages }) => (
        <>
          <table className="table dense">
            <TableHead
              columns={T.latelyColumns}
              numbers={['began', 'lasted', 'stored', 'failed', 'bytes', 'rate']}
            />
            <tbody>
              {pages
                .flatMap((page) => page.items)
                .map((association) => (
                  <Row key={association.id} association={association} />
                ))}
            </tbody>
          </table>
          {query.hasNextPage ? (
            <div className="panel-line">
              <Button
                size="small"
                disabled={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                {T.older}
              </Button>
            </div>
          ) : null}
        </>
      )}
    </DataPanel>
  );
}
