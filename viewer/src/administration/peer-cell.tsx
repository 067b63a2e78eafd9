import { Chip } from '../design/ui.tsx';
import { SITE_TEXT as T } from './site-text.ts';

export function PeerCell(props: { readonly callingAe: string; readonly calledAe: string }) {
  return (
    <>
      {props.callingAe === '' ? (
        <span className="quiet">{T.noTitle}</span>
      ) : (
        <strong>{props.callingAe}</strong>
      )}
      {props.calledAe === '' ? null : <div className="quiet small">{T.calls(props.calledAe)}</div>}
    </>
  );
}

export function AddressCell(props: { readonly address: string; readonly tls?: boolean }) {
  return (
    <span className="address">
      <span className="mono">{props.address === '' ? T.unknownAddress : props.address}</span>
      {props.tls === true ? <Chip tone="good">{T.tls}</Chip> : null}
    </span>
  );
}
