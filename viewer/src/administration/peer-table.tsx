import { useQuery } from '@tanstack/react-query';
import type { Peer } from '#contracts/site-status.ts';
import { formatBytes, formatCount } from '../design/format.ts';
import { Chip, type Tone } from '../design/ui.tsx';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { doorQuery } from './queries.ts';
import { SITE_TEXT as T } from './site-text.ts';
import { Ago } from './time-cells.tsx';

const SHOWN_ADDRESSES = 3;

function stateOf(peer: Peer): { tone: Tone; word: string } {
  if (peer.failing) return { tone: 'bad', word: T.peerFailing };
  if (peer.lastAt === null) return { tone: 'plain', word: T.peerNever };
  if (peer.lastStoredAt === null) return { tone: 'plain', word: T.peerNoImages };
  return { tone: 'good', word: T.peerFine };
}

function Addresses({ addresses }: Pick<Peer, 'addresses'>) {
  const more = addresses.length - SHOWN_ADDRESSES;
  return (
    <>
      {addresses.slice(0, SHOWN_ADDRESSES).map((address) => (
        <div key={address} className="mono">
          {address}
        </div>
      ))}
      {more > 0 ? <div className="quiet small">{T.more(more)}</div> : null}
    </>
  );
}

function Row({ peer, anyListed }: { readonly peer: Peer; readonly anyListed: boolean }) {
  const state = stateOf(peer);
  return (
    <tr data-testid="peer" data-ae={peer.aeTitle}>
      <td>
        <strong>{peer.aeTitle}</strong>
        {peer.site === null ? null : <div className="quiet small">{peer.site}</div>}
      </td>
      <td>
        <Chip tone={state.tone}>{state.word}</Chip>{' '}
        {anyListed && !peer.listed ? <Chip tone="warn">{T.notListed}</Chip> : null}
      </td>
      <td>
        <Addresses addresses={peer.addresses} />
      </td>
      <td className="number nowrap">
        {peer.lastStoredAt === null ? (
          <span className="quiet">–</span>
        ) : (
          <Ago at={peer.lastStoredAt} />
        )}
      </td>
      <td className="number">
        {formatCount(peer.associations)}
        {peer.brokenOff === 0 ? null : (
          <div className="quiet small nowrap">{T.brokenOff(formatCount(peer.brokenOff))}</div>
        )}
      </td>
      <td className="number">{formatCount(peer.stored)}</td>
      <td className="number">{formatBytes(peer.bytesStored)}</td>
      <td className="number">
        {peer.failed === 0 ? (
          <span className="quiet">0</span>
        ) : (
          <strong className="bad">{formatCount(peer.failed)}</strong>
        )}
      </td>
      <td>
        {peer.lastFailure === null ? null : (
          <>
            {peer.lastFailure}
            {peer.lastFailedAt === null ? null : (
              <div className="quiet small">
                <Ago at={peer.lastFailedAt} />
              </div>
            )}
          </>
        )}
      </td>
    </tr>
  );
}

export function PeerTable() {
  const door = useQuery(doorQuery);
  return (
    <DataPanel
      title={T.peers}
      lead={T.peersLead}
      testId="peers"
      query={door}
      empty={({ peers }) => (peers.length === 0 ? <EmptyLine text={T.peersEmpty} /> : undefined)}
    >
      {({ peers }) => (
        <table className="table dense">
          <TableHead
            columns={T.peerColumns}
            numbers={['last', 'associations', 'stored', 'bytes', 'failed']}
          />
          <tbody>
            {peers.map((peer) => (
              <Row key={peer.aeTitle} peer={peer} anyListed={peers.some(({ listed }) => listed)} />
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
