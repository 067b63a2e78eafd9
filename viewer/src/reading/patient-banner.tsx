import { useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { formatAge, formatDicomDate, formatPersonName, formatSex } from '../design/format.ts';
import { OutsideLinks } from '../design/outside-links.tsx';
import { TEXT } from '../design/text.ts';
import { Button, Chip, PriorityChip } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { READING_TEXT as T } from './text.ts';

function Fact(props: { readonly name: string; readonly value: string | null }) {
  return (
    <div className="banner-fact">
      <dt>{props.name}</dt>
      <dd>{props.value ?? TEXT.unknown}</dd>
    </div>
  );
}

/** The class, and for what reason: on pointing at it, by a tap or by key. */
function WhyHere({ study }: { readonly study: StudyDetail }) {
  const [isOpen, setOpen] = useState(false);
  const reason = fromServer(study.reason);
  return (
    <div className="why-here">
      <button
        type="button"
        title={reason}
        aria-expanded={isOpen}
        data-testid="why-here"
        onClick={() => setOpen(!isOpen)}
        onBlur={() => setOpen(false)}
      >
        <PriorityChip priority={study.priority} />
      </button>
      {isOpen ? (
        <p role="status" data-testid="why-here-words">
          {reason}
        </p>
      ) : null}
    </div>
  );
}

/** Who is on the screen: large, always whole, and never of another study than the image below it. */
export function PatientBanner(props: {
  readonly study: StudyDetail;
  readonly onLeave: () => void;
}) {
  const { study } = props;
  return (
    <header className="banner" data-testid="banner-patient" data-uid={study.studyInstanceUid}>
      <Button kind="quiet" size="small" onClick={props.onLeave} title="q">
        ← {T.worklist}
      </Button>
      <h1 className="banner-name" title={formatPersonName(study.patientName)}>
        {formatPersonName(study.patientName)}
      </h1>
      <dl className="banner-facts">
        <Fact name={T.patientId} value={study.patientId} />
        <Fact name={T.birthDate} value={formatDicomDate(study.patientBirthDate)} />
        <Fact
          name={T.age}
          value={formatAge(study.patientAge, study.patientBirthDate, new Date())}
        />
        <Fact name={T.sex} value={formatSex(study.patientSex)} />
        <Fact name={T.accession} value={study.accessionNumber} />
      </dl>
      <div className="banner-study">
        <span className="clip">
          <Chip>{study.modality ?? '?'}</Chip> {study.studyDescription ?? study.bodyPartExamined}
        </span>
        <span className="second small">{formatDicomDate(study.studyDate)}</span>
      </div>
      <OutsideLinks study={study} />
      <WhyHere study={study} />
    </header>
  );
}
