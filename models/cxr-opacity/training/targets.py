"""What the networks learn from: cells covered by boxes, opacity, findings, and pseudo-labels."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import statistic as stat
from labels import BOX_SPACE, NIH_BOXES, NIH_FINDINGS, Row

WEAK_WEIGHT = 0.35  # of the opacity target of an image that no radiologist read
PSEUDO_WEIGHT = 0.5  # of a heat that an earlier member painted


def coverage(boxes: list[list[float]], grid: int) -> np.ndarray:
    """[grid, grid]: how much of each cell the boxes cover (largest single cover)."""
    out = np.zeros((grid, grid), dtype=np.float32)
    step = BOX_SPACE / grid
    edges = np.arange(grid + 1) * step
    for x, y, w, h in boxes:
        cx = np.clip(np.minimum(edges[1:], x + w) - np.maximum(edges[:-1], x), 0, None) / step
        cy = np.clip(np.minimum(edges[1:], y + h) - np.maximum(edges[:-1], y), 0, None) / step
        out = np.maximum(out, np.outer(cy, cx))
    return out


def make_targets(rows: list[Row], grid: int) -> dict[str, np.ndarray]:
    """Per image: heat [1 + 8, grid, grid] and its weights, opacity and its weight, 13 findings."""
    n, channels = len(rows), 1 + len(NIH_BOXES)
    heat = np.zeros((n, channels, grid, grid), dtype=np.float32)
    heat_weight = np.zeros((n, channels), dtype=np.float32)
    score = np.zeros(n, dtype=np.float32)
    score_weight = np.zeros(n, dtype=np.float32)
    findings = np.zeros((n, len(NIH_FINDINGS)), dtype=np.float32)
    for i, r in enumerate(rows):
        score[i] = float(r.positive) if r.read else r.weak
        score_weight[i] = 1.0 if r.read else WEAK_WEIGHT
        findings[i] = [float(f in r.findings) for f in NIH_FINDINGS]
        if r.read:
            heat[i, 0] = coverage(r.boxes, grid)
            heat_weight[i, 0] = 1.0
        for c, name in enumerate(NIH_BOXES, start=1):
            own = [b for label, b in r.nih_boxes if label == name]
            if own:
                heat[i, c] = coverage(own, grid)
                heat_weight[i, c] = 1.0
            elif ("Infiltration" if name == "Infiltrate" else name) not in r.findings:
                heat_weight[i, c] = 0.25  # labelled absent, by text mining only
    return {
        "heat": heat, "heat_weight": heat_weight, "score": score, "score_weight": score_weight, "findings": findings,
    }


def add_pseudo_labels(t: dict[str, np.ndarray], rows: list[Row], paths: list[Path]) -> None:
    """Heat for unread images from earlier members of the same fold, which never saw the fold's patients either.

    `paths` are the .npz files of train.py; their heat may be of another resolution.
    """
    parts = [np.load(path) for path in paths]
    index = parts[0]["unread"]
    assert all((p["unread"] == index).all() for p in parts) and not any(rows[i].read for i in index)
    logits = torch.from_numpy(np.mean([p["unread_heat"].astype(np.float32) for p in parts], 0))[:, None]
    grid = t["heat"].shape[-1]
    heat = torch.sigmoid(F.interpolate(logits, (grid, grid), mode="bilinear", align_corners=False))
    t["heat"][index, 0] = heat[:, 0].numpy()
    t["heat_weight"][index, 0] = PSEUDO_WEIGHT


def weak_features(row: Row) -> np.ndarray:
    boxed = {name for name, _ in row.nih_boxes}
    return np.array(
        [float(f in row.findings) for f in NIH_FINDINGS]
        + [float(b in boxed) for b in NIH_BOXES]
        + [float("No Finding" in row.findings)]
    )


def fit_weak_labels(rows: list[Row], training: np.ndarray, ridge: float = 2.0) -> None:
    """Soft opacity targets for unread images, from NIH labels, learned on the read training images only."""
    x = np.stack([weak_features(r) for r in rows])
    use = np.array([r.read for r in rows]) & training
    weights = stat.ridge_logistic(x[use], np.array([float(r.positive) for r in rows])[use], ridge)
    for r, value in zip(rows, stat.sigmoid(x @ weights[:-1] + weights[-1])):
        r.weak = float(value)
