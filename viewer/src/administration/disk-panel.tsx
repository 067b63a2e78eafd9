import { useQuery } from '@tanstack/react-query';
import type { DiskStatus } from '#contracts/site-status.ts';
import { formatBytes, formatCount, formatPercent } from '../design/format.ts';
import { DataPanel, EmptyLine } from './data-panel.tsx';
import { siteStatusQuery } from './queries.ts';
import { SITE_TEXT as T } from './site-text.ts';
import { Ago } from './time-cells.tsx';

function describeFill({ fillBytesPerDay }: DiskStatus): string {
  if (fillBytesPerDay === null) return T.notKnownYet;
  return fillBytesPerDay <= 0 ? T.doesNotFill : formatBytes(fillBytesPerDay);
}

function describeDays({ daysLeft, fillBytesPerDay }: DiskStatus): string {
  if (daysLeft !== null) return T.days(formatCount(Math.floor(daysLeft)));
  return fillBytesPerDay === null ? T.notKnownYet : T.doesNotFill;
}

/** Images, other files and free space as one bar; the figures stand beside it in words. */
export function DiskBar({ disk }: { readonly disk: DiskStatus }) {
  const { sizeBytes, freeBytes } = disk;
  const used = sizeBytes - freeBytes;
  const archive = Math.min(used, disk.archiveBytes ?? 0);
  const percent = (bytes: number) => `${(100 * bytes) / Math.max(1, sizeBytes)}%`;
  const share = formatPercent(used / Math.max(1, sizeBytes));
  return (
    <div className="disk-bar" role="img" aria-label={T.bar(share)}>
      <i className="disk-archive" style={{ width: percent(archive) }} />
      <i className="disk-other" style={{ width: percent(used - archive) }} />
    </div>
  );
}

function Fact(props: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt className="quiet small">{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

export function DiskPanel() {
  const status = useQuery(siteStatusQuery);
  return (
    <DataPanel
      title={T.diskPanel}
      testId="disk"
      query={status}
      empty={({ disk }) => (disk === null ? <EmptyLine text={T.diskEmpty} /> : undefined)}
    >
      {({ disk }) =>
        disk === null ? null : (
          <div className="panel-body">
            <DiskBar disk={disk} />
            <p className="disk-legend small second">
              <span className="disk-archive">{T.barArchive}</span>
              <span className="disk-other">{T.barOther}</span>
              <span className="disk-free">{T.barFree}</span>
            </p>
            <dl className="model-facts">
              <Fact name={T.diskFacts.free}>{formatBytes(disk.freeBytes)}</Fact>
              <Fact name={T.diskFacts.size}>{formatBytes(disk.sizeBytes)}</Fact>
              <Fact name={T.diskFacts.archive}>
                {disk.archiveBytes === null ? T.notKnownYet : formatBytes(disk.archiveBytes)}
              </Fact>
              <Fact name={T.diskFacts.fill}>{describeFill(disk)}</Fact>
              <Fact name={T.diskFacts.days}>{describeDays(disk)}</Fact>
              <Fact name={T.diskFacts.measured}>
                <Ago at={disk.measuredAt} />
              </Fact>
            </dl>
          </div>
        )
      }
    </DataPanel>
  );
}

export function BacklogPanel() {
  const status = useQuery(siteStatusQuery);
  return (
    <DataPanel
      title={T.backlog}
      lead={T.backlogDetail}
      testId="backlog"
      query={status}
      empty={({ backlog }) => {
        if (backlog === null) return <EmptyLine text={T.backlogUnknown} />;
        return backlog.objects === 0 ? <EmptyLine text={T.backlogNone} /> : undefined;
      }}
    >
      {({ backlog }) => (
        <div className="panel-body">
          <dl className="model-facts">
            <Fact name={T.backlogFacts.objects}>{formatCount(backlog?.objects ?? 0)}</Fact>
            <Fact name={T.backlogFacts.oldest}>{formatCount(backlog?.oldestSeconds ?? 0)} s</Fact>
          </dl>
        </div>
      )}
    </DataPanel>
  );
}
