import { RadTriageError } from '../errors.ts';
import { type Interval, Z_95 } from './proportions.ts';

/** How two yes-or-no answers on the same cases fall together. */
export interface AgreementCounts {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
}

export interface Kappa {
  /** Share of cases in which both say the same. */
  readonly observed: number;
  /** The same, were the answers independent. */
  readonly expected: number;
  /** (observed - expected) / (1 - expected); null when both always give one and the same answer. */
  readonly kappa: number | null;
  /** 95%, from the large-sample standard error of Fleiss, Cohen and Everitt (Psychol Bull 1969;72:323). */
  readonly interval: Interval | null;
}

/**
 * Cohen's kappa (Educ Psychol Meas 1960;20:37).
 * @throws RadTriageError REQUEST_INVALID unless the counts are whole, none negative, and one at least is positive
 */
export function cohenKappa(counts: AgreementCounts): Kappa {
  const { both, onlyFirst, onlySecond, neither } = counts;
  const cells = [both, onlyFirst, onlySecond, neither];
  const total = cells.reduce((sum, cell) => sum + cell, 0);
  if (total <= 0 || !cells.every((cell) => Number.isInteger(cell) && cell >= 0)) {
    throw new RadTriageError('REQUEST_INVALID', 'agreement needs counts of cases, one at least');
  }
  const [p11, p10, p01, p00] = [
    both / total,
    onlyFirst / total,
    onlySecond / total,
    neither / total,
  ];
  const first = p11 + p10;
  const second = p11 + p01;
  const observed = p11 + p00;
  const expected = first * second + (1 - first) * (1 - second);
  if (expected === 1) return { observed, expected, kappa: null, interval: null };
  const kappa = (observed - expected) / (1 - expected);
  const rest = 1 - kappa;
  const diagonal =
    p11 * (1 - (first + second) * rest) ** 2 + p00 * (1 - (2 - first - second) * rest) ** 2;
  const off = rest ** 2 * (p10 * (second + 1 - first) ** 2 + p01 * (1 - second + first) ** 2);
  const variance =
    (diagonal + off - (kappa - expected * rest) ** 2) / (total * (1 - expected) ** 2);
  const half = Z_95 * Math.sqrt(Math.max(0, variance));
  return {
    observed,
    expected,
    kappa,
    interval: [Math.max(-1, kappa - half), Math.min(1, kappa + half)],
  };
}
