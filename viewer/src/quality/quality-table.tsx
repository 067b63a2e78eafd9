import { Link } from 'wouter';
import type { QualityItem } from '#contracts/quality.ts';
import type { Review } from '#contracts/study.ts';
import { formatPersonName, formatScore, formatWhen } from '../design/format.ts';
import { Button, Chip } from '../design/ui.tsx';
import { describeAi } from '../worklist/ai-word.ts';
import { QUALITY_TEXT as T } from './text.ts';

function signedOf(item: QualityItem, kind: Review['kind']): Review | undefined {
  return item.reviews.find((review) => review.kind === kind && review.state === 'signed');
}

function countVerdicts(review: Review): string {
  const words = { confirm: T.confirmed, reject: T.rejected, amend: T.amended, add: T.added };
  return Object.entries(words)
    .map(([verdict, word]) => ({
      word,
      count: review.verdicts.filter((each) => each.verdict === verdict).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ word, count }) => `${count} ${word}`)
    .join(', ');
}

function ReviewCell({ review }: { readonly review: Review | undefined }) {
  if (review === undefined) return <span className="quiet">{T.unread}</span>;
  return (
    <>
      <div>{review.positive ? T.positive : T.negative}</div>
      <div className="second small">
        {[countVerdicts(review), review.reader, formatWhen(review.createdAt, new Date())]
          .filter((part) => part !== '')
          .join(' · ')}
      </div>
      {review.comment === null ? null : <div className="second small">{review.comment}</div>}
    </>
  );
}

function AiCell({ item }: { readonly item: QualityItem }) {
  const word = describeAi(item.study);
  return (
    <>
      <div>
        {word.score === null ? null : <strong>{formatScore(word.score)} </strong>}
        {word.primary}
      </div>
      <div className="second small">
        {item.findings.map((finding) => finding.label).join(', ') || item.study.scoreModel}
      </div>
    </>
  );
}

function Agreement({ agreement }: { readonly agreement: boolean | null }) {
  if (agreement === null) return <span className="quiet">–</span>;
  return <Chip tone={agreement ? 'good' : 'warn'}>{agreement ? T.agree : T.disagree}</Chip>;
}

export function QualityTable(props: {
  readonly items: readonly QualityItem[];
  readonly onSecondReading: (item: QualityItem) => void;
}) {
  return (
    <table className="table">
      <thead>
        <tr>
          {T.columns.map((column) => (
            <th key={column} scope="col">
              {column === '' ? <span className="visually-hidden">{T.second}</span> : column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.items.map((item) => {
          const { study } = item;
          const second = signedOf(item, 'second-reading');
          return (
            <tr key={study.studyInstanceUid} data-testid="quality-row">
              <td>
                <Link href={`/studies/${study.studyInstanceUid}`}>
                  {formatPersonName(study.patientName)}
                </Link>
                <div className="second small">
                  {[study.modality, study.studyDescription, study.patientId]
                    .filter((part) => part !== null)
                    .join(' · ')}
                </div>
              </td>
              <td>
                <AiCell item={item} />
              </td>
              <td>
                <ReviewCell review={signedOf(item, 'reading')} />
              </td>
              <td>
                <Agreement agreement={item.agreement} />
              </td>
              <td>
                {second === undefined ? (
                  <span className="quiet">–</span>
                ) : (
                  <ReviewCell review={second} />
                )}
              </td>
              <td>
                <Button
                  size="small"
                  data-testid="second-reading"
                  onClick={() => props.onSecondReading(item)}
                >
                  {T.second}
                </Button>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
