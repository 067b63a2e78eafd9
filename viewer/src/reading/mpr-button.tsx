import { Key } from '../design/ui.tsx';
import { MPR_TEXT as T } from './mpr-text.ts';
import { MPR_KEY, type Mpr } from './use-mpr.ts';

/** The way to the three planes; where there are none it says why, and can still be reached to read that. */
export function MprButton({ mpr }: { readonly mpr: Mpr }) {
  if (mpr.verdict === 'few') return null;
  const why = T.verdicts[mpr.verdict];
  return (
    <button
      type="button"
      className="preset mpr-button"
      aria-disabled={why !== ''}
      title={why === '' ? T.withKey(T.open, MPR_KEY) : why}
      data-testid="mpr-button"
      onClick={(event) => {
        if (event.detail > 0) event.currentTarget.blur();
        mpr.toggle();
      }}
    >
      {T.open} <Key>{MPR_KEY}</Key>
      {why === '' ? null : <span className="mpr-why">{why}</span>}
    </button>
  );
}
