import { useNow } from '../design/clock.ts';
import { formatAgo, formatInstant, formatWait } from '../design/format.ts';

/** Ticks by itself: what stands around it is not drawn again each second. */
export function Ago({ at }: { readonly at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={formatInstant(at)}>
      {formatAgo(at, now)}
    </time>
  );
}

export function Elapsed({ since }: { readonly since: string }) {
  const now = useNow();
  return (
    <time dateTime={since} title={formatInstant(since)}>
      {formatWait(now - Date.parse(since))}
    </time>
  );
}
