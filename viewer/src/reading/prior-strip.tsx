import type { StudyDetail } from '#contracts/study.ts';
import { wordsOfInterval, wordsOfPrior } from './prior-words.ts';
import { PRIORS_TEXT as T } from './priors-text.ts';
import type { OpenPrior, PriorsControl } from './use-priors.ts';

function StripButton(props: {
  readonly words: string;
  readonly sign: string;
  readonly disabled?: boolean;
  readonly testId: string;
  readonly onPress: () => void;
}) {
  return (
    <button
      type="button"
      className="prior-button"
      title={props.words}
      aria-label={props.words}
      disabled={props.disabled}
      data-testid={props.testId}
      onClick={(event) => {
        if (event.detail > 0) event.currentTarget.blur();
        props.onPress();
      }}
    >
      {props.sign}
    </button>
  );
}

/** What a pane shows is a prior, and of when: on it for as long as it stands. */
export function PriorStrip(props: {
  readonly study: StudyDetail;
  readonly priors: PriorsControl;
  readonly open: OpenPrior;
  readonly isActive: boolean;
}) {
  const { priors, open } = props;
  const count = priors.list?.length ?? 0;
  return (
    <header className="prior-strip" data-testid="prior-strip">
      <strong className="clip">
        {T.prior}, {wordsOfInterval(open.prior, props.study)}
      </strong>
      <span className="prior-what clip" title={wordsOfPrior(open.prior)}>
        {wordsOfPrior(open.prior)}
      </span>
      <span className="prior-rests" title={T.noVerdicts} data-active={props.isActive}>
        {T.rests}
      </span>
      <span className="prior-steps">
        <StripButton
          words={T.previous}
          sign="‹"
          disabled={open.place === count - 1}
          testId="prior-before"
          onPress={() => priors.step(1)}
        />
        {T.place(open.place + 1, count)}
        <StripButton words={T.next} sign="›" testId="prior-after" onPress={() => priors.step(-1)} />
        <StripButton
          words={T.close}
          sign="×"
          testId="prior-close"
          onPress={() => priors.choose(null)}
        />
      </span>
    </header>
  );
}
