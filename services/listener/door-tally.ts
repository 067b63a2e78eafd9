import type { RefusalCause } from '#core/refusal.ts';
import type { ScpEvent } from '#dicom/dimse/scp-types.ts';
import type { AssociationEntry, DoorNews, RefusalEntry, TrafficEntry } from './door-news.ts';
import { NameBudget } from './name-budget.ts';

type EventOf<Type extends ScpEvent['type']> = Extract<ScpEvent, { type: Type }>;

/** In the place of a title or an address where there were too many different ones. */
export const VARIOUS = '(various)';

/** Different senders kept apart in an hour; a flood of made-up titles or addresses is counted together. */
const MAX_REFUSED_ADDRESSES = 100;
const MAX_REFUSED_TITLES = 10;
const MAX_PEER_ADDRESSES = 500;
const MAX_PEER_TITLES = 50;
/** Associations that wait for a database that is away. Beyond, those that have ended are dropped and counted. */
const MAX_WAITING = 2_000;
const MAX_TEXT = 200;
/** Kinds of failure kept apart for one association. */
const MAX_FAILURE_KINDS = 20;

const STATUS_SUCCESS = 0x0000;
/** Bxxx is a warning: it was stored (PS3.4 table B.2-1). */
const isKept = (status: number): boolean =>
  status === STATUS_SUCCESS || (status & 0xf000) === 0xb000;

/**
 * Counts what happens at the door, in memory alone: the hot path costs a look-up and a few additions. What is new is
 * taken out now and then by whoever writes it down, and given back when that failed.
 */
export class DoorTally {
  readonly #open = new Map<number, AssociationEntry>();
  readonly #changed = new Set<AssociationEntry>();
  #refusals = new Map<string, RefusalEntry>();
  #traffic = new Map<string, TrafficEntry>();
  readonly #senders = new NameBudget(MAX_REFUSED_ADDRESSES, MAX_REFUSED_TITLES);
  readonly #peers = new NameBudget(MAX_PEER_ADDRESSES, MAX_PEER_TITLES);
  #dropped = 0;

  /** Associations whose row was given up because the database was away for too long. */
  get dropped(): number {
    return this.#dropped;
  }

  get open(): number {
    return this.#open.size;
  }

  observe(event: ScpEvent): void {
    switch (event.type) {
      case 'association-accepted':
        this.#begin(event);
        return;
      case 'association-rejected':
        this.#refuse(event, event.cause, event.why);
        return;
      case 'association-ended':
        this.#end(event);
        return;
      case 'store-answered':
        this.#store(event);
        return;
      case 'echo-answered':
        this.#touch(event.associationId, (entry) => {
          entry.echoes += 1;
        });
        return;
      case 'connection-evicted':
        this.#refuse(event, 'evicted', 'made way for newer connections without a word');
        return;
      case 'tls-failed':
        this.#refuse(event, 'tls', event.detail);
    }
  }

  /** Takes the present bytes of the open associations, and from them how fast each is. */
  measure(received: ReadonlyMap<number, number>, seconds: number): void {
    for (const entry of this.#open.values()) {
      const bytes = received.get(entry.associationId) ?? entry.bytesReceived;
      const momentary = Math.max(0, bytes - entry.bytesReceived) / seconds;
      if (bytes === entry.bytesReceived && entry.bytesPerSecond === 0) continue;
      const smoothed = 0.5 * entry.bytesPerSecond + 0.5 * momentary;
      entry.bytesPerSecond = smoothed < 1024 ? 0 : smoothed;
      if (bytes > entry.bytesReceived) entry.activeAt = new Date();
      entry.bytesReceived = bytes;
      this.#changed.add(entry);
    }
  }

  /** What is new since the last call; undefined when nothing is. */
  take(): DoorNews | undefined {
    if (this.#changed.size + this.#refusals.size + this.#traffic.size === 0) return undefined;
    const news = {
      associations: [...this.#changed],
      refusals: [...this.#refusals.values()],
      traffic: [...this.#traffic.values()],
    };
    this.#changed.clear();
    this.#refusals = new Map();
    this.#traffic = new Map();
    return news;
  }

  /** What could not be written: it joins what has become new meanwhile. */
  giveBack(news: DoorNews): void {
    for (const entry of news.associations) this.#changed.add(entry);
    for (const entry of news.refusals) this.#countRefusal(entry);
    for (const entry of news.traffic) addTraffic(this.#trafficOf(entry), entry);
    for (const entry of this.#changed) {
      if (this.#changed.size <= MAX_WAITING) break;
      if (entry.endedAt === null) continue;
      this.#changed.delete(entry);
      this.#dropped += 1;
    }
  }

  /** Everything that is open is to be written again. */
  repeatOpen(): void {
    for (const entry of this.#open.values()) this.#changed.add(entry);
  }

  #begin(event: EventOf<'association-accepted'>): void {
    const now = new Date();
    const { associationId, callingAe, calledAe, peerAddress, tls } = event;
    const entry: AssociationEntry = {
      ...{ associationId, callingAe, calledAe, peerAddress, tls },
      contextsAccepted: event.contexts,
      contextsRefused: event.refusedContexts,
      startedAt: now,
      activeAt: now,
      ...{ stored: 0, failed: 0, echoes: 0, failures: {} },
      ...{ bytesStored: 0, bytesReceived: 0, bytesPerSecond: 0 },
      ...{ endedAt: null, endHow: null, endDetail: null },
    };
    this.#open.set(associationId, entry);
    this.#changed.add(entry);
    const traffic = this.#trafficOf(entry);
    traffic.associations += 1;
    traffic.lastAt = now;
    if (event.contexts === 0) this.#refuse(event, 'no-context', 'no presentation context accepted');
  }

  #end(event: EventOf<'association-ended'>): void {
    const entry = this.#open.get(event.associationId);
    if (entry === undefined) {
      // It never was an association: something else spoke to our port.
      this.#refuse(event, 'protocol', event.end.detail);
      return;
    }
    this.#open.delete(event.associationId);
    const now = new Date();
    entry.endedAt = now;
    entry.activeAt = now;
    entry.endHow = event.end.how;
    entry.endDetail = event.end.detail.slice(0, MAX_TEXT);
    entry.bytesReceived = event.bytesReceived;
    entry.bytesPerSecond = 0;
    this.#changed.add(entry);
    const traffic = this.#trafficOf(entry);
    traffic.lastAt = now;
    if (event.end.how !== 'released') traffic.brokenOff += 1;
  }

  #store(event: EventOf<'store-answered'>): void {
    this.#touch(event.associationId, (entry) => {
      const traffic = this.#trafficOf(entry);
      traffic.lastAt = entry.activeAt;
      if (isKept(event.status)) {
        entry.stored += 1;
        entry.bytesStored += event.bytes;
        traffic.stored += 1;
        traffic.bytesStored += event.bytes;
        traffic.lastStoredAt = entry.activeAt;
        return;
      }
      entry.failed += 1;
      const failure = nameFailure(event);
      const known = failure in entry.failures;
      const kind = known || Object.keys(entry.failures).length < MAX_FAILURE_KINDS;
      const name = kind ? failure : VARIOUS;
      entry.failures[name] = (entry.failures[name] ?? 0) + 1;
      traffic.failed += 1;
      traffic.lastFailedAt = entry.activeAt;
      traffic.lastFailure = failure;
    });
  }

  #touch(associationId: number, change: (entry: AssociationEntry) => void): void {
    const entry = this.#open.get(associationId);
    if (entry === undefined) return;
    entry.activeAt = new Date();
    change(entry);
    this.#changed.add(entry);
  }

  #refuse(
    peer: { peerAddress?: string; callingAe?: string; calledAe?: string },
    cause: RefusalCause,
    why: string,
  ): void {
    const now = new Date();
    const { peerAddress = '', callingAe = '', calledAe = '' } = peer;
    const said = why.slice(0, MAX_TEXT);
    const times = { count: 1, firstAt: now, lastAt: now };
    this.#countRefusal({ peerAddress, callingAe, calledAe, cause, why: said, ...times });
  }

  #countRefusal(refusal: RefusalEntry): void {
    const placed = this.#placeRefusal(refusal);
    const key = refusalKey(placed);
    const known = this.#refusals.get(key);
    if (known === undefined) {
      this.#refusals.set(key, placed);
      return;
    }
    known.count += placed.count;
    if (placed.lastAt > known.lastAt) known.lastAt = placed.lastAt;
    known.why = placed.why;
  }

  /** As it is, or under a common name when there are too many different ones in this hour. */
  #placeRefusal(refusal: RefusalEntry): RefusalEntry {
    const { peerAddress, callingAe, calledAe } = refusal;
    if (this.#senders.admits(peerAddress, `${callingAe}\n${calledAe}`)) return refusal;
    const unnamed = { ...refusal, callingAe: VARIOUS, calledAe: VARIOUS };
    return this.#senders.knows(peerAddress) ? unnamed : { ...unnamed, peerAddress: VARIOUS };
  }

  #trafficOf(peer: { callingAe: string; peerAddress: string; lastAt?: Date }): TrafficEntry {
    const isNamed = this.#peers.admits(peer.peerAddress, peer.callingAe);
    const callingAe = isNamed ? peer.callingAe : VARIOUS;
    const peerAddress = isNamed ? peer.peerAddress : VARIOUS;
    const key = `${callingAe}\n${peerAddress}`;
    const known = this.#traffic.get(key);
    if (known !== undefined) return known;
    const made: TrafficEntry = {
      ...{ callingAe, peerAddress },
      ...{ associations: 0, brokenOff: 0, stored: 0, failed: 0, bytesStored: 0 },
      lastAt: peer.lastAt ?? new Date(),
      ...{ lastStoredAt: null, lastFailedAt: null, lastFailure: null },
    };
    this.#traffic.set(key, made);
    return made;
  }
}

function refusalKey(refusal: RefusalEntry): string {
  const { peerAddress, callingAe, calledAe, cause } = refusal;
  return `${peerAddress}\n${callingAe}\n${calledAe}\n${cause}`;
}

function nameFailure(event: EventOf<'store-answered'>): string {
  const status = event.status.toString(16).toUpperCase().padStart(4, '0');
  return event.code === undefined ? `0x${status}` : `0x${status} ${event.code}`;
}

function latest(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

function addTraffic(to: TrafficEntry, from: TrafficEntry): void {
  to.associations += from.associations;
  to.brokenOff += from.brokenOff;
  to.stored += from.stored;
  to.failed += from.failed;
  to.bytesStored += from.bytesStored;
  if (from.lastAt > to.lastAt) to.lastAt = from.lastAt;
  to.lastStoredAt = latest(to.lastStoredAt, from.lastStoredAt);
  to.lastFailedAt = latest(to.lastFailedAt, from.lastFailedAt);
  to.lastFailure ??= from.lastFailure;
}
