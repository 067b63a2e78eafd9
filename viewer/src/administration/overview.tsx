import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Problem, SiteStatus } from '#contracts/site-status.ts';
import { messageOf } from '../api/client.ts';
import { formatBytes, formatCount, formatTime } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { Button, Notice, State } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { DiskBar } from './disk-panel.tsx';
import { siteStatusQuery } from './queries.ts';
import { SITE_TEXT as T, WAITING_STATE_WORDS } from './site-text.ts';
import { Ago } from './time-cells.tsx';

type TileTone = 'good' | 'warn' | 'bad' | 'plain';

function Tile(props: {
  readonly name: string;
  readonly value: ReactNode;
  readonly detail: ReactNode;
  readonly tone?: TileTone;
  readonly testId?: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="tile" data-tone={props.tone ?? 'plain'} data-testid={props.testId}>
      <h2 className="tile-name">{props.name}</h2>
      <p className="tile-value">{props.value}</p>
      {props.children}
      <p className="second small">{props.detail}</p>
    </div>
  );
}

function DoorTile({ status }: { readonly status: SiteStatus }) {
  const { listener, openAssociations, bytesPerSecond, lastStoredAt } = status;
  const last =
    lastStoredAt === null ? (
      T.never
    ) : (
      <>
        {T.idle('')}
        <Ago at={lastStoredAt} />
      </>
    );
  if (!listener.alive) {
    return <Tile name={T.door} value={T.doorDown} detail={last} tone="bad" testId="tile-door" />;
  }
  const busy = openAssociations > 0 && bytesPerSecond > 0;
  const idle = openAssociations > 0 ? T.openIdle(openAssociations) : last;
  return (
    <Tile
      name={T.door}
      value={busy ? T.doorReceiving : T.doorReady}
      detail={busy ? T.busy(formatBytes(bytesPerSecond), openAssociations) : idle}
      tone="good"
      testId="tile-door"
    />
  );
}

function TrafficTile(props: { readonly name: string; readonly traffic: SiteStatus['lastDay'] }) {
  const { stored, bytesStored, failed, refused } = props.traffic;
  const details = [
    formatBytes(bytesStored),
    ...(failed > 0 ? [T.refusedObjects(formatCount(failed))] : []),
    ...(refused > 0 ? [T.turnedAway(formatCount(refused))] : []),
  ];
  return (
    <Tile
      name={props.name}
      value={T.objects(stored, formatCount(stored))}
      detail={details.join(', ')}
    />
  );
}

function WaitingTile({ studies }: Pick<SiteStatus, 'studies'>) {
  const states = Object.entries(studies).filter(([, count]) => count > 0);
  const details = states.map(
    ([state, count]) => `${formatCount(count)} ${WAITING_STATE_WORDS[state]}`,
  );
  return (
    <Tile
      name={T.waiting}
      value={formatCount(states.reduce((sum, [, count]) => sum + count, 0))}
      detail={details.length === 0 ? T.noneWaiting : details.join(', ')}
      tone={studies.failed > 0 ? 'warn' : 'plain'}
    />
  );
}

function DiskTile({ disk }: Pick<SiteStatus, 'disk'>) {
  if (disk === null) {
    return <Tile name={T.disk} value={T.diskUnknown} detail={T.diskUnknownDetail} />;
  }
  const days =
    disk.daysLeft === null
      ? T.ofDisk(formatBytes(disk.sizeBytes))
      : T.lastsAbout(formatCount(Math.floor(disk.daysLeft)));
  return (
    <Tile name={T.disk} value={T.free(formatBytes(disk.freeBytes))} detail={days}>
      <DiskBar disk={disk} />
    </Tile>
  );
}

function IndexTile({ backlog }: Pick<SiteStatus, 'backlog'>) {
  if (backlog === null) {
    return <Tile name={T.index} value={T.indexUnknown} detail={T.diskUnknownDetail} />;
  }
  const late = backlog.oldestSeconds > 10;
  return (
    <Tile
      name={T.index}
      value={late ? T.indexBehind(formatCount(backlog.objects)) : T.indexCurrent}
      detail={late ? T.indexOldest(formatCount(backlog.oldestSeconds)) : T.indexDetail}
      tone={late ? 'warn' : 'plain'}
    />
  );
}

function ProblemRow({ problem }: { readonly problem: Problem }) {
  return (
    <li className="problem" data-level={problem.level} data-testid="problem">
      <span className="problem-mark">
        <span aria-hidden="true">{problem.level === 'fault' ? '●' : '▲'}</span>
        <span className="visually-hidden">{problem.level === 'fault' ? T.fault : T.warning}</span>
      </span>
      <p>
        <strong>{fromServer(problem.what)}</strong>{' '}
        <span className="second">{fromServer(problem.detail)}</span>
      </p>
      <p className="second">{problem.advice === null ? null : fromServer(problem.advice)}</p>
    </li>
  );
}

function Problems({ status }: { readonly status: SiteStatus }) {
  const { problems } = status;
  return (
    <section className="panel" aria-label={T.problems} data-testid="problems">
      <div className="panel-head">
        <h2>
          {T.problems}{' '}
          {problems.length === 0 ? null : <span className="quiet small">{problems.length}</span>}
        </h2>
        <span className="quiet small">{T.asOf(formatTime(status.generatedAt))}</span>
      </div>
      {problems.length === 0 ? (
        <p className="panel-line second">{T.noProblems}</p>
      ) : (
        <ul className="problems">
          {problems.map((problem) => (
            <ProblemRow key={`${fromServer(problem.what)} ${problem.detail}`} problem={problem} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Are we receiving, and what needs attention: the same on every view. */
export function Overview() {
  const { data: status, isError, error, refetch } = useQuery(siteStatusQuery);
  if (status === undefined) {
    return isError ? (
      <State
        title={messageOf(error)}
        action={<Button onClick={() => void refetch()}>{TEXT.retry}</Button>}
      />
    ) : (
      <State title={TEXT.loading} />
    );
  }
  return (
    <>
      {isError ? (
        <Notice tone="bad" testId="status-stale">
          {T.stale(formatTime(status.generatedAt))}
        </Notice>
      ) : null}
      <section className="tiles" aria-label={T.overview} data-testid="overview">
        <DoorTile status={status} />
        <TrafficTile name={T.since(formatTime(status.thisHour.since))} traffic={status.thisHour} />
        <TrafficTile name={T.lastDay} traffic={status.lastDay} />
        <WaitingTile studies={status.studies} />
        <IndexTile backlog={status.backlog} />
        <DiskTile disk={status.disk} />
      </section>
      <Problems status={status} />
    </>
  );
}
