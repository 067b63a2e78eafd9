"""Statistics for the card: DeLong, Wilson, logistic regression, localisation. Run it to check DeLong and Wilson."""
from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.stats import norm, rankdata

Z = float(norm.ppf(0.975))


def delong(positive: np.ndarray, negative: np.ndarray) -> tuple[float, float]:
    """AUC and its variance (DeLong, by mid-ranks)."""
    m, n = len(positive), len(negative)
    both = rankdata(np.concatenate([positive, negative]))
    v10 = (both[:m] - rankdata(positive)) / n
    v01 = 1 - (both[m:] - rankdata(negative)) / m
    variance = (v10.var(ddof=1) / m if m > 1 else np.nan) + (v01.var(ddof=1) / n if n > 1 else np.nan)
    return float(v10.mean()), float(variance)


def auc_interval(positive: np.ndarray, negative: np.ndarray) -> tuple[float, float, float]:
    """AUC with its 95% interval on the logit scale."""
    auc, variance = delong(positive, negative)
    if not 0 < auc < 1:
        return auc, np.nan, np.nan
    half = Z * np.sqrt(variance) / (auc * (1 - auc))
    centre = np.log(auc / (1 - auc))
    return auc, float(1 / (1 + np.exp(-(centre - half)))), float(1 / (1 + np.exp(-(centre + half))))


def delong_difference(positive_a, negative_a, positive_b, negative_b) -> tuple[float, float, float]:
    """Difference of two AUCs on the same images, with its 95% interval."""
    parts = []
    for p, n in ((positive_a, negative_a), (positive_b, negative_b)):
        both = rankdata(np.concatenate([p, n]))
        parts.append(((both[: len(p)] - rankdata(p)) / len(n), 1 - (both[len(p) :] - rankdata(n)) / len(p)))
    (a10, a01), (b10, b01) = parts
    difference = a10.mean() - b10.mean()
    sd = np.sqrt((a10 - b10).var(ddof=1) / len(a10) + (a01 - b01).var(ddof=1) / len(a01))
    return float(difference), float(difference - Z * sd), float(difference + Z * sd)


def wilson(successes: int, total: int) -> tuple[float, float, float]:
    if total == 0:
        return np.nan, np.nan, np.nan
    p = successes / total
    centre = (p + Z * Z / (2 * total)) / (1 + Z * Z / total)
    half = Z * np.sqrt(p * (1 - p) / total + Z * Z / (4 * total * total)) / (1 + Z * Z / total)
    return p, centre - half, centre + half


def platt(logits: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and offset of a logistic regression of y on the logits (Newton's method)."""
    x = np.stack([logits, np.ones_like(logits)], 1)
    w = np.array([1.0, 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        w = w - np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x, x.T @ (p - y))
    return float(w[0]), float(w[1])


def ridge_logistic(x: np.ndarray, y: np.ndarray, ridge: float) -> np.ndarray:
    """Weights [d + 1] of a logistic regression of y [n] on x [n, d], the last one the offset, which is not penalised."""
    x = np.hstack([x, np.ones((len(x), 1))])
    w, penalty = np.zeros(x.shape[1]), np.append(np.full(x.shape[1] - 1, ridge), 1e-6)
    for _ in range(30):  # Newton's method
        p = sigmoid(x @ w)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        w = w - np.linalg.solve(hessian, x.T @ (p - y) + penalty * w)
    return w


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -700, 700)))


def components(heat: np.ndarray, threshold: float, minimum_cells: int):
    """The product's rule: 4-connected cells >= threshold. Yields (row0, col0, row1, col1 exclusive, score, peak)."""
    labels, count = ndimage.label(heat >= threshold)
    for index, (rows, cols) in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[rows, cols] == index
        if inside.sum() < minimum_cells:
            continue
        values = np.where(inside, heat[rows, cols], -1)
        peak = np.unravel_index(values.argmax(), values.shape)
        yield (
            rows.start, cols.start, rows.stop, cols.stop, float(values.max()),
            (rows.start + peak[0], cols.start + peak[1]),
        )


def local_maxima(heat: np.ndarray, radius: int = 4):
    """Marks for the FROC curve: cells that are the largest within `radius` cells. Yields (row, col, value)."""
    top = ndimage.maximum_filter(heat, size=2 * radius + 1, mode="nearest")
    for r, c in zip(*np.nonzero(heat >= top)):
        yield int(r), int(c), float(heat[r, c])


def overlap(a, b) -> float:
    """Intersection over union of [x, y, w, h]."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / (a[2] * a[3] + b[2] * b[3] - w * h)


if __name__ == "__main__":
    p, n = np.array([0.9, 0.8, 0.7, 0.55, 0.4]), np.array([0.6, 0.5, 0.35, 0.3, 0.2, 0.1])
    auc, variance = delong(p, n)
    _, low, high = auc_interval(p, n)
    assert abs(auc - 0.9) < 1e-12 and abs(variance - 0.0091111) < 1e-6, (auc, variance)
    assert abs(low - 0.5296) < 1e-4 and abs(high - 0.9863) < 1e-4, (low, high)
    assert all(abs(a - b) < 1e-4 for a, b in zip(wilson(190, 200)[1:], (0.9104, 0.9726)))
    assert all(abs(a - b) < 1e-4 for a, b in zip(wilson(0, 20)[1:], (0.0, 0.1611)))
    print(f"DeLong {auc:.4f}, variance {variance:.7f}, logit interval {low:.4f} to {high:.4f}: agrees")
