"""Intervals that should hold on other patients of the same source.

Patients, not images, are drawn: some have several images. `confidence` is where the true
value should lie; `prediction` where the value measured on another sample of about this size
should fall, which has an error of its own (half-width times the square root of two, on the
logit scale where the figure is a share).
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

import labels
import statistic as stat

REPEATS = 1000


def patient_groups(rows: list[labels.Row]) -> list[np.ndarray]:
    patients: dict[str, list[int]] = {}
    for i, r in enumerate(rows):
        patients.setdefault(r.patient, []).append(i)
    return [np.array(v) for v in patients.values()]


def draw_patients(rows: list[labels.Row], measure: Callable[[np.ndarray], float], repeats: int = REPEATS) -> np.ndarray:
    """Values of a measure of image indices over bootstrap samples of patients; undefined ones are left out."""
    rng = np.random.default_rng(7)
    groups = patient_groups(rows)
    values = [measure(np.concatenate([groups[j] for j in rng.integers(0, len(groups), len(groups))])) for _ in range(repeats)]
    return np.array([v for v in values if v == v])


def widest(*intervals: tuple[float, float]) -> tuple[float, float]:
    known = [i for i in intervals if i[0] == i[0]]
    return (min(i[0] for i in known), max(i[1] for i in known)) if known else (float("nan"), float("nan"))


def prediction(value: float, interval: tuple[float, float]) -> tuple[float, float]:
    """Of a share: the interval widened on the logit scale by the square root of two."""
    if not 0 < value < 1:
        return interval
    centre, out = logit(value), []
    for end in interval:
        out.append(float(stat.sigmoid(centre + np.sqrt(2) * (logit(min(max(end, 1e-6), 1 - 1e-6)) - centre))))
    return out[0], out[1]


def logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def share_interval(rows: list[labels.Row], hit: np.ndarray) -> dict:
    """A share of images: the wider of Wilson's interval and that of drawing patients."""
    total, hits = len(hit), int(hit.sum())
    value, low, high = stat.wilson(hits, total)
    if 1 < total and 0 < hits < total:
        low, high = widest((low, high), tuple(np.percentile(draw_patients(rows, lambda i: hit[i].mean()), [2.5, 97.5])))
    ahead = prediction(value, (low, high))
    return {"value": value, "low": float(low), "high": float(high), "hits": hits, "n": total, "ahead": list(ahead)}


def auc_interval(rows: list[labels.Row], score: np.ndarray, truth: np.ndarray) -> dict:
    """AUC: the wider of DeLong's interval (logit scale) and that of drawing patients."""
    counts = {"positives": int(truth.sum()), "negatives": int((~truth).sum())}
    if min(counts.values()) < 5:
        return {"value": None, **counts}
    value, low, high = stat.auc_interval(score[truth], score[~truth])

    def measure(i: np.ndarray) -> float:
        y = truth[i]
        return stat.delong(score[i][y], score[i][~y])[0] if y.any() and not y.all() else np.nan

    drawn = tuple(float(v) for v in np.percentile(draw_patients(rows, measure), [2.5, 97.5]))
    wide = widest((low, high), drawn)
    return {
        "value": value, "delong": [low, high], "patients": list(drawn), "low": wide[0], "high": wide[1],
        "ahead": list(prediction(value, wide)), **counts,
    }


def spread_interval(values: list[float]) -> list[float]:
    """Mean of the folds' AUCs with Student's interval: five folds share training data, so it is a rough one."""
    from scipy.stats import t

    half = t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return [float(np.mean(values)), float(np.mean(values) - half), float(np.mean(values) + half)]
