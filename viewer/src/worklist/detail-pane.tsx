import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { StudyDetail, WorklistItem } from '#contracts/study.ts';
import { messageOf } from '../api/client.ts';
import { studyPath, studyQuery } from '../api/queries.ts';
import { useNow } from '../design/clock.ts';
import { ELSEWHERE_TEXT as E } from '../design/elsewhere-text.ts';
import { formatAgo, formatPersonName, formatScore, formatWhen } from '../design/format.ts';
import { OutsideLinks } from '../design/outside-links.tsx';
import { TEXT } from '../design/text.ts';
import { Button, Key, Notice } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { AI_TEXT } from './ai-text.ts';
import { describeAi } from './ai-word.ts';
import { DETAIL_TEXT as T } from './detail-text.ts';
import { describeModel, describePlace } from './detail-words.ts';
import { KeyImage, keyPlaceOf } from './key-image.tsx';
import { describeNotification } from './notification-word.ts';
import { READING_WORDS, WORKLIST_TEXT } from './text.ts';
import './detail-pane.css';

function Part(props: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section>
      <h3>{props.title}</h3>
      {props.children}
    </section>
  );
}

function Lines({ lines, empty }: { readonly lines: readonly string[]; readonly empty?: string }) {
  if (lines.length === 0) return <p className="second small">{empty}</p>;
  return (
    <ul className="detail-lines">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function describeReading(item: WorklistItem, now: number): string {
  const { readingStatus, openedBy, openedAt, reportedElsewhere } = item;
  if (reportedElsewhere !== null) {
    return E.by(reportedElsewhere.by, formatWhen(reportedElsewhere.at, new Date(now)));
  }
  if (readingStatus !== 'open' || openedBy === null) return READING_WORDS[readingStatus];
  const since = openedAt === null ? '' : `, ${formatAgo(openedAt, now)}`;
  return `${WORKLIST_TEXT.openedBy} ${openedBy}${since}`;
}

function describeTakenBack({ reportTakenBack }: WorklistItem, now: number): string[] {
  if (reportTakenBack === null) return [];
  const { by, at, as } = reportTakenBack;
  return [E.takenBack(by, formatWhen(at, new Date(now)), as)];
}

/** What models found, or that it waits for the reader's own word. */
function AiParts({ study }: { readonly study: StudyDetail }) {
  if (study.aiWithheld) return <p>{T.withheld}</p>;
  const newest = study.analysisRuns.find((run) => run.imageRevision === study.imageRevision);
  const findings = study.findings.map(({ label, score, seenBy }) =>
    T.finding(label, formatScore(score), seenBy.map((each) => each.modelId).join(', ')),
  );
  return (
    <>
      <Part title={T.findings}>
        <Lines lines={[...new Set(findings)]} empty={T.noFindings} />
      </Part>
      <Part title={T.models}>
        <Lines lines={(newest?.models ?? []).map(describeModel)} empty={T.noModels} />
      </Part>
    </>
  );
}

interface DetailPaneProps {
  /** Undefined while its row is not loaded. */
  readonly item: WorklistItem | undefined;
  /** Whether it is the one that the keys open, and not the one that the pointer is on. */
  readonly chosen: boolean;
  readonly onOpen: (uid: string) => void;
  readonly onClose: () => void;
}

/** What there is to know of the chosen study before it is opened. */
export default function DetailPane({ item, chosen, onOpen, onClose }: DetailPaneProps) {
  const now = useNow();
  const uid = item?.studyInstanceUid ?? '';
  const detail = useQuery({ ...studyQuery(uid), enabled: uid !== '' });
  const word = item === undefined ? null : describeAi(item);
  const key = detail.data === undefined ? null : keyPlaceOf(detail.data);
  return (
    <aside className="detail" aria-label={T.title} data-testid="detail">
      <div className="detail-head">
        <h2 className="clip">
          {item === undefined ? T.title : formatPersonName(item.patientName)}
        </h2>
        <Button kind="quiet" size="small" onClick={onClose}>
          {TEXT.close} <Key>D</Key>
        </Button>
      </div>
      {item === undefined || word === null ? (
        <p>{T.nothing}</p>
      ) : (
        <>
          {key !== null ? <KeyImage key={key.address} place={key} /> : null}
          {key === null && item.hasThumbnail ? (
            <figure>
              <img
                src={`${studyPath(uid)}/thumbnail?images=${item.imageCount}`}
                alt=""
                width={200}
                height={200}
              />
              <figcaption className="second small">{T.notDiagnostic}</figcaption>
            </figure>
          ) : null}
          <Part title={T.reason}>
            <Lines lines={describePlace(item, now)} />
          </Part>
          <Part title={T.images}>
            <Lines
              lines={[
                [word.primary, word.secondary ?? []].flat().join(': '),
                ...completion(detail.data),
              ]}
            />
          </Part>
          {detail.isError ? <Notice tone="bad">{messageOf(detail.error)}</Notice> : null}
          {detail.data === undefined ? null : <AiParts study={detail.data} />}
          {item.notification === null ? null : (
            <Part title={T.notifications}>
              <Lines lines={[describeNotification(item.notification).text]} />
            </Part>
          )}
          <Part title={T.reading}>
            <Lines lines={[describeReading(item, now), ...describeTakenBack(item, now)]} />
          </Part>
          <Button kind="primary" onClick={() => onOpen(uid)}>
            {T.open} {chosen ? <Key>Enter</Key> : null}
          </Button>
          <OutsideLinks study={item} />
        </>
      )}
    </aside>
  );
}

/** Why its images counted as complete. */
function completion(study: StudyDetail | undefined): string[] {
  const newest = study?.imageRevisions[0];
  if (newest === undefined) return [];
  const images = AI_TEXT.images(newest.imageCount);
  const reason = newest.completionReason === null ? [] : [fromServer(newest.completionReason)];
  return [[images, ...reason].join(', ')];
}
