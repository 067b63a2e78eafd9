import type { RefusalCause } from '#core/refusal.ts';

/** One association, as far as it has come. */
export interface AssociationEntry {
  readonly associationId: number;
  readonly callingAe: string;
  readonly calledAe: string;
  readonly peerAddress: string;
  readonly tls: boolean;
  readonly contextsAccepted: number;
  readonly contextsRefused: number;
  readonly startedAt: Date;
  activeAt: Date;
  stored: number;
  failed: number;
  echoes: number;
  readonly failures: Record<string, number>;
  bytesStored: number;
  bytesReceived: number;
  bytesPerSecond: number;
  endedAt: Date | null;
  endHow: string | null;
  endDetail: string | null;
}

export interface RefusalEntry {
  readonly peerAddress: string;
  readonly callingAe: string;
  readonly calledAe: string;
  readonly cause: RefusalCause;
  why: string;
  count: number;
  readonly firstAt: Date;
  lastAt: Date;
}

export interface TrafficEntry {
  readonly callingAe: string;
  readonly peerAddress: string;
  associations: number;
  brokenOff: number;
  stored: number;
  failed: number;
  bytesStored: number;
  lastAt: Date;
  lastStoredAt: Date | null;
  lastFailedAt: Date | null;
  lastFailure: string | null;
}

/** What waits to be written down. */
export interface DoorNews {
  readonly associations: AssociationEntry[];
  readonly refusals: RefusalEntry[];
  readonly traffic: TrafficEntry[];
}
