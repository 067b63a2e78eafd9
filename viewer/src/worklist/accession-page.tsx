import { useQuery } from '@tanstack/react-query';
import { Link, Redirect } from 'wouter';
import { messageOf } from '../api/client.ts';
import { worklistQuery } from '../api/queries.ts';
import { formatDicomDate, formatPersonName } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { Button, State } from '../design/ui.tsx';
import { accessionQuery } from './filters.ts';
import { WORKLIST_TEXT as T } from './text.ts';

/** The router leaves `%2F` and its like as they stand in the address. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address by which a PACS or RIS opens a study: the one with this accession number, or a list to choose from. */
export default function AccessionPage({ part }: { readonly part: string }) {
  const number = decode(part);
  const found = useQuery({ ...worklistQuery(accessionQuery(number)), refetchInterval: 5000 });
  if (found.isPending) return <State title={TEXT.loading} />;
  if (found.data === undefined) {
    const again = <Button onClick={() => void found.refetch()}>{TEXT.retry}</Button>;
    return <State title={messageOf(found.error)} action={again} />;
  }
  const { items } = found.data;
  const [only] = items;
  if (only === undefined) {
    const toList = <Link href="/">{TEXT.toWorklist}</Link>;
    return <State title={T.noAccession(number)} detail={T.noAccessionDetail} action={toList} />;
  }
  if (items.length === 1) return <Redirect to={`/studies/${only.studyInstanceUid}`} replace />;
  return (
    <section className="accession" data-testid="accession">
      <h1>{T.severalOfAccession(items.length, number)}</h1>
      <ul>
        {items.map((item) => {
          const facts = [
            formatDicomDate(item.studyDate),
            item.modality,
            item.studyDescription,
            item.site,
          ].filter((fact) => fact !== null && fact !== '');
          return (
            <li key={item.studyInstanceUid}>
              <Link href={`/studies/${item.studyInstanceUid}`}>
                {formatPersonName(item.patientName)}
              </Link>{' '}
              <span className="second">{facts.join(' · ')}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
