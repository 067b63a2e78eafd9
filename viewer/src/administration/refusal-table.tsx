import { useQuery } from '@tanstack/react-query';
import { formatCount } from '../design/format.ts';
import { fromServer } from '../languages/server-words.ts';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { AddressCell, PeerCell } from './peer-cell.tsx';
import { doorQuery } from './queries.ts';
import { SITE_TEXT as T } from './site-text.ts';
import { Ago } from './time-cells.tsx';

export function RefusalTable() {
  const door = useQuery(doorQuery);
  return (
    <DataPanel
      title={T.refused}
      lead={T.refusedLead}
      testId="refusals"
      query={door}
      empty={({ refusals }) =>
        refusals.length === 0 ? <EmptyLine text={T.refusedEmpty} /> : undefined
      }
    >
      {({ refusals }) => (
        <table className="table dense">
          <TableHead columns={T.refusedColumns} numbers={['times', 'last']} />
          <tbody>
            {refusals.map((refusal) => (
              <tr
                key={`${refusal.cause} ${refusal.peerAddress} ${refusal.callingAe} ${refusal.calledAe}`}
                data-testid="refusal"
                data-ae={refusal.callingAe}
                data-cause={refusal.cause}
              >
                <td>
                  <PeerCell callingAe={refusal.callingAe} calledAe={refusal.calledAe} />
                </td>
                <td>
                  <AddressCell address={refusal.peerAddress} />
                </td>
                <td>{fromServer(refusal.why)}</td>
                <td className="number">{formatCount(refusal.count)}</td>
                <td className="number nowrap">
                  <Ago at={refusal.lastAt} />
                </td>
                <td className="advice">{fromServer(refusal.advice)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
