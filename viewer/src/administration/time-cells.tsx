import { useNow } from '../design/clock.ts';
import { formatAgo, formatWait } from '../design/format.ts';

/** Ticks by itself: what stands around it is not drawn again each second. */
export function Ago({ at }: { readonly at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {formatAgo(at, now)}
    </time>
  );
}

export function Elapsed({ since }: { readonly since: string }) {
  const now = useNow();
  return (
    <time dateTime={since} title={new Date(since).toLocaleString()}>
      {formatWait(now - Date.parse(since))}
    </time>
  );
}
