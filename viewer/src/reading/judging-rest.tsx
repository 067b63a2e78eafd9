import { Button, Key } from '../design/ui.tsx';
import { MPR_TEXT as T } from './mpr-text.ts';
import { MPR_KEY, type Mpr } from './use-mpr.ts';

/** Whether verdicts can be given now, and if not, whether that is because the three planes cover the slices. */
export interface Judgeable {
  readonly ready: boolean;
  readonly covered: boolean;
}

const REST_ID = 'judging-rests';

/** What a control that judges takes: while the planes cover the slices it rests, and says why. */
export function restOf({ ready, covered }: Judgeable) {
  if (!covered) return { disabled: !ready };
  return { disabled: true, title: T.rests, 'aria-describedby': REST_ID };
}

/** Why nothing is judged now, with the way back; nothing while the slices are in sight. */
export function JudgingRest({ mpr }: { readonly mpr: Mpr }) {
  if (mpr.start === null) return null;
  return (
    <div className="side-part judging-rest" role="status" data-testid="judging-rests">
      <p id={REST_ID}>{T.rests}</p>
      <Button data-testid="judging-back" onClick={mpr.leave}>
        {T.close} <Key>{MPR_KEY}</Key>
      </Button>
    </div>
  );
}
