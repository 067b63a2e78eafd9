import { useQuery } from '@tanstack/react-query';
import type { Association } from '#contracts/site-status.ts';
import { formatBytes, formatCount } from '../design/format.ts';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { FailuresCell } from './failures-cell.tsx';
import { AddressCell, PeerCell } from './peer-cell.tsx';
import { doorQuery, siteStatusQuery } from './queries.ts';
import { SITE_TEXT as T } from './site-text.ts';
import { Ago, Elapsed } from './time-cells.tsx';

function Row({ association }: { readonly association: Association }) {
  const { stored, failed, failures, bytesReceived, bytesPerSecond } = association;
  return (
    <tr data-testid="association-now" data-ae={association.callingAe}>
      <td>
        <PeerCell callingAe={association.callingAe} calledAe={association.calledAe} />
      </td>
      <td>
        <AddressCell address={association.peerAddress} tls={association.tls} />
      </td>
      <td className="number">
        <Elapsed since={association.startedAt} />
      </td>
      <td className="number">
        {T.contexts(association.contextsAccepted, association.contextsRefused)}
      </td>
      <td className="number">{formatCount(stored)}</td>
      <td className="number">
        <FailuresCell failed={failed} failures={failures} />
      </td>
      <td className="number">{formatBytes(bytesReceived)}</td>
      <td className="number">
        {bytesPerSecond === 0 ? (
          <span className="quiet">–</span>
        ) : (
          `${formatBytes(bytesPerSecond)}/s`
        )}
      </td>
      <td className="number">
        <Ago at={association.activeAt} />
      </td>
    </tr>
  );
}

export function AssociationsNow() {
  const door = useQuery(doorQuery);
  const { data: status } = useQuery(siteStatusQuery);
  const place = status === undefined ? '' : `${status.dicom.host}:${status.dicom.port}`;
  const titles = status?.dicom.aeTitles.join(T.or) ?? '';
  return (
    <DataPanel
      title={T.now}
      testId="associations-now"
      query={door}
      empty={({ now }) =>
        now.length > 0 ? undefined : (
          <EmptyLine text={T.nowEmpty} detail={T.nowEmptyDetail(titles, place)} />
        )
      }
    >
      {({ now }) => (
        <table className="table dense">
          <TableHead
            columns={T.nowColumns}
            numbers={['open', 'contexts', 'stored', 'failed', 'bytes', 'rate', 'activity']}
          />
          <tbody>
            {now.map((association) => (
              <Row key={association.id} association={association} />
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
