/** Lanczos coefficients for g = 7, n = 9 (Godfrey): relative error below 1e-14 for positive arguments. */
const LANCZOS_G = 7;
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0. */
function logGamma(x: number): number {
  const shifted = x - 1;
  const base = shifted + LANCZOS_G + 0.5;
  const series = LANCZOS.reduce(
    (sum, coefficient, index) =>
      sum + (index === 0 ? coefficient : coefficient / (shifted + index)),
    0,
  );
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(series);
}

const MAX_TERMS = 10_000;
const PRECISION = 1e-15;
const TINY = 1e-300;

/** The continued fraction of the incomplete beta function by Lentz's method (DLMF 8.17.22). */
function betaFraction(x: number, a: number, b: number): number {
  const guard = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return fraction;
}

/** The regularised incomplete beta function I_x(a, b) for a, b > 0 and x in [0, 1]. */
export function regularisedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const logFront =
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  // The fraction converges fast on this side of the mean only.
  if (x < (a + 1) / (a + b + 2)) return (Math.exp(logFront) * betaFraction(x, a, b)) / a;
  return 1 - (Math.exp(logFront) * betaFraction(1 - x, b, a)) / b;
}

/** Where an increasing function on [0, 1] reaches the target, by bisection down to the last bit. */
export function bisect(increasing: (x: number) => number, target: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (increasing(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The x of which I_x(a, b) = probability: the quantile of the beta distribution. */
export function betaQuantile(probability: number, a: number, b: number): number {
  return bisect((x) => regularisedBeta(x, a, b), probability);
}

/** erfc(x) for x >= 0: the Maclaurin series of erf below 2.5, the continued fraction (DLMF 7.9.1) above. */
function complementaryError(x: number): number {
  if (x < 2.5) {
    let power = x;
    let sum = x;
    for (let n = 1; n < MAX_TERMS && Math.abs(power) > PRECISION * Math.abs(sum); n++) {
      power *= (-x * x) / n;
      sum += power / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = x;
  for (let n = 120; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** The chance that a standard normal value lies at least as far from 0 as z. */
export function twoSidedNormal(z: number): number {
  return complementaryError(Math.abs(z) / Math.SQRT2);
}

/** The standard normal distribution function. */
export function normalCdf(z: number): number {
  const outside = twoSidedNormal(z) / 2;
  return z < 0 ? outside : 1 - outside;
}
