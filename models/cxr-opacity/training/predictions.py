"""Scores to be judged: out-of-fold ones of the fold members, or those of the shipped file.

Both come as the same thing, so that one piece of code judges the cross-validation and the
test part.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import labels
import statistic as stat
from images import score_cells

POINTS = ("specific", "sensitive")
WANTED = {"specific": 0.90, "sensitive": 0.90}  # specificity of the first, sensitivity of the second


@dataclass
class Predictions:
    """Of n images: the value that ranks them, the score 0..1, heat [n, g, g] as a logit, and each point's decisions."""

    rows: list[labels.Row]
    fold: np.ndarray  # 0 everywhere in the test part
    ranking: np.ndarray  # out of fold: before the calibration, whose constants differ from fold to fold
    score: np.ndarray
    heat: np.ndarray
    flags: dict[str, np.ndarray]
    thresholds: dict[str, float]
    box_rule: tuple[float, int] | None  # limit as a probability, cells; None: to be chosen
    references: dict[int, list[labels.Row]]  # per fold, rows that the fixed-point baseline may learn from

    def take(self, keep: np.ndarray) -> "Predictions":
        return Predictions(
            [r for r, k in zip(self.rows, keep) if k], self.fold[keep], self.ranking[keep], self.score[keep], self.heat[keep],
            {name: flag[keep] for name, flag in self.flags.items()}, self.thresholds, self.box_rule, self.references,
        )

    @property
    def truth(self) -> np.ndarray:
        return np.array([r.positive for r in self.rows])


def hottest(logits: np.ndarray) -> np.ndarray:
    """Mean of the hottest cells' logits, as in the shipped graph."""
    cells = score_cells(logits.shape[-1])
    return np.sort(logits.reshape(len(logits), -1), 1)[:, -cells:].mean(1)


def threshold_for(scores: np.ndarray, truth: np.ndarray, point: str) -> float:
    """Smallest threshold with the wanted specificity, or largest with the wanted sensitivity."""
    if point == "specific":
        negative = np.sort(scores[~truth])
        return float(negative[min(len(negative) - 1, int(np.ceil(WANTED[point] * len(negative))))])
    positive = np.sort(scores[truth])
    return float(positive[int(np.floor((1 - WANTED[point]) * len(positive)))])


def load_heat(work: Path, names: list[str], rows: list[labels.Row]) -> tuple[np.ndarray, np.ndarray]:
    """Index into rows, and out-of-fold heat logits averaged over the members of that fold."""
    index, heats = [], []
    for k in range(labels.FOLDS):
        parts = [np.load(work / f"{name}-fold{k}.npz") for name in names]
        assert all((p["index"] == parts[0]["index"]).all() for p in parts)
        assert all(rows[i].fold == k for i in parts[0]["index"])
        if len({p["heat"].shape for p in parts}) > 1:
            raise SystemExit(f"{', '.join(names)}: heat of different resolutions cannot be averaged")
        index.append(parts[0]["index"])
        heats.append(np.mean([p["heat"].astype(np.float64) for p in parts], 0))
    return np.concatenate(index), np.concatenate(heats)


def out_of_fold(work: Path, names: list[str], rows: list[labels.Row]) -> tuple[Predictions, dict]:
    """All adults' images, and the constants that the shipped file needs.

    Calibration and thresholds are cross-fitted: those that judge a fold come from the read images of the others.
    """
    index, heat = load_heat(work, names, rows)
    keep = np.array([rows[i].adult for i in index])
    index, heat = index[keep], heat[keep]
    own = [rows[i] for i in index]
    fold, read = np.array([r.fold for r in own]), np.array([r.read for r in own])
    truth, z = np.array([r.positive for r in own]), hottest(heat)
    score, flags = np.empty(len(z)), {p: np.zeros(len(z), bool) for p in POINTS}
    for k in range(labels.FOLDS):
        inside, others = fold == k, (fold != k) & read
        slope, offset = stat.platt(z[others], truth[others])
        score[inside] = stat.sigmoid(slope * z[inside] + offset)
        for p in POINTS:
            flags[p][inside] = z[inside] >= threshold_for(z[others], truth[others], p)
    slope, offset = stat.platt(z[read], truth[read])
    final = stat.sigmoid(slope * z[read] + offset)
    thresholds = {p: threshold_for(final, truth[read], p) for p in POINTS}
    references = {k: [r for r in own if r.read and r.fold != k] for k in range(labels.FOLDS)}
    made = Predictions(own, fold, z, score, heat, flags, thresholds, None, references)
    return made, {"slope": slope, "offset": offset}
