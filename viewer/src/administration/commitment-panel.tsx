import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  type StorageCommitment,
  type StorageCommitments,
  storageCommitmentRetrySchema,
} from '#contracts/storage-commitment.ts';
import type { CommitmentState } from '#core/commitment-state.ts';
import { messageOf, request } from '../api/client.ts';
import { formatCount, formatWhen } from '../design/format.ts';
import { showToast } from '../design/toasts.tsx';
import { Button, Chip, type Tone } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { COMMITMENT_STATE_WORDS, FINDING_WORDS, COMMITMENT_TEXT as T } from './commitment-text.ts';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { AddressCell, PeerCell } from './peer-cell.tsx';
import { commitmentsQuery } from './queries.ts';
import { Ago } from './time-cells.tsx';

const TONES: Readonly<Record<CommitmentState, Tone>> = {
  checking: 'accent',
  reporting: 'accent',
  delivered: 'good',
  'given-up': 'bad',
};

function totalOf({ counts }: StorageCommitments): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function Promised({ objects, kept }: StorageCommitment) {
  if (kept === null) return <span className="quiet">{T.looking(formatCount(objects))}</span>;
  return T.of(formatCount(kept), formatCount(objects));
}

function Refused({ refusals }: StorageCommitment) {
  return refusals.map(({ finding, objects }) => (
    <div key={finding} className={finding.startsWith('file-') ? 'bad' : undefined}>
      {formatCount(objects)} × {FINDING_WORDS[finding]}
    </div>
  ));
}

/** How the answer got to the peer, or why it did not. */
function Report(commitment: StorageCommitment) {
  const { attempts, lastError, settledAt, nextAttemptAt, state } = commitment;
  const waits = state === 'reporting' && lastError !== null && nextAttemptAt !== null;
  return (
    <>
      {attempts === 0 ? null : T.tries(attempts)}
      {settledAt === null ? null : (
        <>
          {', '}
          <Ago at={settledAt} />
        </>
      )}
      {waits ? `, ${T.next} ${formatWhen(nextAttemptAt, new Date())}` : null}
      {lastError === null ? null : <div className="quiet small">{fromServer(lastError)}</div>}
    </>
  );
}

function Row({ commitment }: { readonly commitment: StorageCommitment }) {
  const queries = useQueryClient();
  const { key, state, callingAe, calledAe, peerAddress, transactionUid, requestedAt } = commitment;
  const retry = useMutation({
    mutationFn: () =>
      request(storageCommitmentRetrySchema, `/api/admin/storage-commitments/${key}/retry`, {
        method: 'POST',
      }),
    onSuccess: () => showToast(T.retried),
    onError: (error) => showToast(messageOf(error), { tone: 'bad' }),
    onSettled: () => queries.invalidateQueries({ queryKey: commitmentsQuery.queryKey }),
  });
  return (
    <tr data-testid="commitment" data-state={state}>
      <td>
        <Chip tone={TONES[state]}>{COMMITMENT_STATE_WORDS[state]}</Chip>
      </td>
      <td>
        <PeerCell callingAe={callingAe} calledAe={calledAe} />
      </td>
      <td>
        <AddressCell address={peerAddress} />
      </td>
      <td className="nowrap" title={`${T.transaction} ${transactionUid}`}>
        <Ago at={requestedAt} />
      </td>
      <td className="number">
        <Promised {...commitment} />
      </td>
      <td>
        <Refused {...commitment} />
      </td>
      <td>
        <Report {...commitment} />
      </td>
      <td>
        {state === 'given-up' ? (
          <Button size="small" disabled={retry.isPending} onClick={() => retry.mutate()}>
            {T.retry}
          </Button>
        ) : null}
      </td>
    </tr>
  );
}

function describeEmpty({ enabled, items }: StorageCommitments) {
  if (items.length > 0) return undefined;
  return enabled ? <EmptyLine text={T.empty} /> : <EmptyLine text={T.off} detail={T.offDetail} />;
}

/** @param days undefined while it is not known, or of no consequence; null when nothing is declared to be kept */
function describePromise(days: number | null | undefined): string {
  if (days === undefined) return T.lead;
  return `${T.lead} ${days === null ? T.noRetention : T.promise(days)}`;
}

/** What peers want us to promise, what became of it, and who could not be told. */
export function CommitmentPanel() {
  const commitments = useQuery(commitmentsQuery);
  const { data } = commitments;
  const days = data?.enabled === true ? data.keepAtLeastDays : undefined;
  const isCut = data !== undefined && data.items.length < totalOf(data);
  return (
    <DataPanel
      title={T.title}
      lead={describePromise(days)}
      testId="commitments"
      query={commitments}
      head={
        <>
          {days === null ? <Chip tone="warn">{T.nothingPromised}</Chip> : null}
          {isCut ? (
            <span className="quiet small">{T.more(data.items.length, totalOf(data))}</span>
          ) : null}
        </>
      }
      empty={describeEmpty}
    >
      {({ items }) => (
        <table className="table dense">
          <TableHead columns={T.columns} numbers={['kept']} />
          <tbody>
            {items.map((commitment) => (
              <Row key={commitment.key} commitment={commitment} />
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
