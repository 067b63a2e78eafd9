import { memo, useState } from 'react';
import { Link } from 'wouter';
import type { WorklistItem } from '#contracts/study.ts';
import type { WorklistColumn } from '#contracts/worklist-views.ts';
import { studyPath } from '../api/queries.ts';
import { useNow } from '../design/clock.ts';
import { ELSEWHERE_TEXT as E } from '../design/elsewhere-text.ts';
import {
  formatAge,
  formatAgo,
  formatDicomDate,
  formatPersonName,
  formatScore,
  formatSexLetter,
  formatWait,
  formatWhen,
} from '../design/format.ts';
import { Chip, Meter, PriorityChip } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { describeAi } from './ai-word.ts';
import { describeNotification } from './notification-word.ts';
import { READING_WORDS, WORKLIST_TEXT as T } from './text.ts';

/** Pictures that are only passed by are not asked for. */
function Thumbnail({ item, scrolling }: Pick<RowProps, 'item' | 'scrolling'>) {
  const [broken, setBroken] = useState(false);
  const [seen, setSeen] = useState(!scrolling);
  if (!seen && !scrolling) setSeen(true);
  if (!item.hasThumbnail || broken || !seen) return <span className="thumbnail" />;
  // The number of images makes a new address when late images bring a new picture.
  const source = `${studyPath(item.studyInstanceUid)}/thumbnail?images=${item.imageCount}`;
  return (
    <img
      className="thumbnail"
      src={source}
      alt=""
      width={44}
      height={44}
      onError={() => setBroken(true)}
    />
  );
}

function Patient({ item }: { readonly item: WorklistItem }) {
  const age = formatAge(item.patientAge, item.patientBirthDate, new Date());
  const facts = [item.patientId, age, formatSexLetter(item.patientSex)].filter(
    (fact) => fact !== null,
  );
  return (
    <td>
      <Link
        className="row-link clip"
        href={`/studies/${item.studyInstanceUid}`}
        onClick={(event) => event.stopPropagation()}
      >
        {formatPersonName(item.patientName)}
      </Link>
      <div className="clip second small">{facts.join(' · ')}</div>
    </td>
  );
}

function Study({ item }: { readonly item: WorklistItem }) {
  const facts = [
    item.studyDescription === null ? null : item.bodyPartExamined,
    formatDicomDate(item.studyDate),
    item.accessionNumber,
  ].filter((fact) => fact !== null && fact !== '');
  return (
    <td>
      <div className="clip">
        <Chip>{item.modality ?? '?'}</Chip> {item.studyDescription ?? item.bodyPartExamined ?? ''}
      </div>
      <div className="clip second small">{facts.join(' · ')}</div>
    </td>
  );
}

function Ai({ item }: { readonly item: WorklistItem }) {
  const word = describeAi(item);
  return (
    <td className="ai" data-tone={word.tone} data-testid="ai">
      {word.score === null ? null : (
        <span className="ai-score">
          <strong>{formatScore(word.score)}</strong>
          <Meter score={word.score} flagged={item.flagged} />
        </span>
      )}
      <span className="two" title={[word.primary, word.secondary ?? []].flat().join(': ')}>
        <span className="ai-word">{word.primary}</span>
        {word.secondary === null ? null : (
          <span className="clip second small">{word.secondary}</span>
        )}
      </span>
    </td>
  );
}

function Reason({ item }: { readonly item: WorklistItem }) {
  const { notification } = item;
  const reason = fromServer(item.reason);
  const word = notification === null ? null : describeNotification(notification);
  return (
    <td title={[reason, ...(word === null ? [] : [word.text])].join('\n')}>
      <div className="reason second small" data-lines={word === null ? 2 : 1}>
        {reason}
      </div>
      {word === null ? null : (
        <div className="notified small" data-tone={word.tone} data-testid="notified">
          {word.text}
        </div>
      )}
    </td>
  );
}

function Waiting({ item }: { readonly item: WorklistItem }) {
  const now = useNow();
  const { receivedAt, reviewedAt, readingStatus } = item;
  if (reviewedAt !== null) {
    return (
      <td title={T.turnaroundHint} data-testid="turnaround">
        {formatWait(Date.parse(reviewedAt) - Date.parse(receivedAt))}
        <div className="second small">{T.turnaround}</div>
      </td>
    );
  }
  // Reported elsewhere: it waits no more, and nobody here knows since when.
  if (readingStatus === 'reported-elsewhere') return <td />;
  return (
    <td>
      <strong>{formatWait(now - Date.parse(receivedAt))}</strong>
      {item.overdue ? (
        <div className="overdue small" title={T.overdueHint}>
          {T.overdue}
        </div>
      ) : null}
    </td>
  );
}

/** Since when somebody has a study open; ticks on its own. */
function OpenedBy({ by, at }: { readonly by: string; readonly at: string | null }) {
  const now = useNow();
  const since = at === null ? '' : `, ${formatAgo(at, now)}`;
  return (
    <div className="clip second" title={`${T.openedBy} ${by}${since}`}>
      {by}
      {since}
    </div>
  );
}

/** Who said that it was reported elsewhere, and when. */
function ReportedBy({ item }: { readonly item: WorklistItem }) {
  const { reportedElsewhere } = item;
  if (reportedElsewhere === null) return null;
  const { by, at } = reportedElsewhere;
  const when = formatWhen(at, new Date());
  return (
    <div className="clip second" title={E.by(by, when)}>
      {E.source(by, when)}
    </div>
  );
}

/** Why it is on the list again. */
function TakenBack({ item }: { readonly item: WorklistItem }) {
  const { reportTakenBack } = item;
  if (reportTakenBack === null) return null;
  const { by, at, as } = reportTakenBack;
  return (
    <div
      className="clip taken-back"
      title={E.takenBack(by, formatWhen(at, new Date()), as)}
      data-testid="taken-back"
    >
      {E.takenBackShort(as)}
    </div>
  );
}

function Reading({ item }: { readonly item: WorklistItem }) {
  const openBy = item.readingStatus === 'open' ? item.openedBy : null;
  return (
    <td className="small" data-reading={item.readingStatus} data-testid="reading">
      <div className="clip">{openBy === null ? READING_WORDS[item.readingStatus] : T.openedBy}</div>
      {openBy === null ? null : <OpenedBy by={openBy} at={item.openedAt} />}
      <ReportedBy item={item} />
      <TakenBack item={item} />
    </td>
  );
}

/** One column of a row. */
function Cell({
  column,
  ...rest
}: Pick<RowProps, 'item' | 'scrolling'> & { column: WorklistColumn }) {
  const { item } = rest;
  switch (column) {
    case 'priority':
      return (
        <td>
          <PriorityChip priority={item.priority} />
        </td>
      );
    case 'image':
      return (
        <td>
          <Thumbnail {...rest} />
        </td>
      );
    case 'patient':
      return <Patient item={item} />;
    case 'study':
      return <Study item={item} />;
    case 'ai':
      return <Ai item={item} />;
    case 'reason':
      return <Reason item={item} />;
    case 'received':
      return (
        <td>
          <div>{formatWhen(item.receivedAt, new Date())}</div>
          <div className="clip second small">{item.site}</div>
        </td>
      );
    case 'waiting':
      return <Waiting item={item} />;
    case 'reading':
      return <Reading item={item} />;
    default:
      return <td className="clip">{plainText(column, item)}</td>;
  }
}

function plainText(column: WorklistColumn, item: WorklistItem): string | null {
  switch (column) {
    case 'modality':
      return item.modality;
    case 'age':
      return formatAge(item.patientAge, item.patientBirthDate, new Date());
    case 'accession':
      return item.accessionNumber;
    case 'study-date':
      return formatDicomDate(item.studyDate);
    case 'site':
      return item.site;
    case 'images':
      return String(item.imageCount);
    default:
      return null;
  }
}

interface RowProps {
  readonly item: WorklistItem;
  readonly columns: readonly WorklistColumn[];
  readonly place: number;
  readonly top: number;
  readonly selected: boolean;
  readonly scrolling: boolean;
  readonly onOpen: (uid: string) => void;
}

export const WorklistRow = memo(function WorklistRow(props: RowProps) {
  const { item } = props;
  return (
    <tr
      className="grid-row study-row"
      aria-rowindex={props.place + 2}
      aria-current={props.selected}
      data-testid="worklist-row"
      data-uid={item.studyInstanceUid}
      data-status={item.status}
      data-priority={item.priority}
      style={{ transform: `translateY(${props.top}px)` }}
      onClick={() => props.onOpen(item.studyInstanceUid)}
    >
      {props.columns.map((column) => (
        <Cell key={column} column={column} item={item} scrolling={props.scrolling} />
      ))}
    </tr>
  );
});

/** Stands where a study will stand, at the same height. */
export function EmptyRow(props: Pick<RowProps, 'place' | 'top' | 'selected'>) {
  return (
    <tr
      className="grid-row study-row"
      aria-rowindex={props.place + 2}
      aria-current={props.selected}
      aria-busy="true"
      data-testid="empty-row"
      style={{ transform: `translateY(${props.top}px)` }}
    >
      <td className="row-loading" aria-label={T.rowLoading} />
    </tr>
  );
}
