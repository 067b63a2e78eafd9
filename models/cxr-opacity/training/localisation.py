"""Does the heat lie where radiologists drew boxes? Peak, FROC, drawn boxes, and the fixed-point baseline.

Hit rule of the FROC: a mark is a cell that is the largest within 4 cells around it (of a
32 x 32 grid; the same share of the image at others); a box is hit when a mark of at least
the threshold has its centre in it; marks in no box are false, on all images alike.
"""
from __future__ import annotations

import numpy as np

import labels
import statistic as stat

FALSE_MARKS = (0.25, 0.5, 1.0, 2.0)
OVERLAP = 0.3  # of a drawn with a reference box (intersection over union) to count as the same
Point = tuple[float, float]


def centres(grid: int) -> np.ndarray:
    return (np.arange(grid) + 0.5) * (labels.BOX_SPACE / grid)


def inside(boxes: list, point: Point) -> list[int]:
    x, y = point
    return [i for i, (bx, by, w, h) in enumerate(boxes) if bx <= x < bx + w and by <= y < by + h]


def peak(heat: np.ndarray) -> Point:
    i, j = np.unravel_index(heat.argmax(), heat.shape)
    middle = centres(heat.shape[0])
    return float(middle[j]), float(middle[i])


def peak_hits(heat: np.ndarray, boxes: list[list]) -> np.ndarray:
    """Whether each image's hottest cell lies in one of its boxes."""
    return np.array([bool(inside(b, peak(h))) for h, b in zip(heat, boxes)])


def learn_fixed_point(rows: list[labels.Row], grid: int = 32) -> Point:
    """Baseline: the cell that lies in the boxes of most images."""
    count, middle = np.zeros((grid, grid)), centres(grid)
    for r in rows:
        own = np.zeros((grid, grid), bool)
        for x, y, w, h in r.boxes:
            own |= np.outer((middle >= y) & (middle < y + h), (middle >= x) & (middle < x + w))
        count += own
    i, j = np.unravel_index(count.argmax(), count.shape)
    return float(middle[j]), float(middle[i])


def fixed_hits(rows: list[labels.Row], fold: np.ndarray, references: dict[int, list[labels.Row]], boxes: list[list]) -> np.ndarray:
    points = {k: learn_fixed_point(reference) for k, reference in references.items()}
    return np.array([bool(inside(b, points[int(k)])) for k, b in zip(fold, boxes)])


def froc_curve(heat: np.ndarray, boxes: list[list]) -> tuple[np.ndarray, np.ndarray, int]:
    """False marks an image and boxes hit, mark by mark in falling order of heat; and the number of boxes."""
    marks = []
    for n, (h, own) in enumerate(zip(heat, boxes)):
        middle = centres(h.shape[0])
        for i, j, value in stat.local_maxima(h, max(1, round(4 * h.shape[0] / 32))):
            marks.append((value, n, inside(own, (middle[j], middle[i]))))
    marks.sort(key=lambda m: -m[0])
    hit, false, x, y = set(), 0, [], []
    for _, n, boxes_hit in marks:
        hit.update((n, b) for b in boxes_hit)
        false += not boxes_hit
        x.append(false / len(heat))
        y.append(len(hit))
    return np.array(x), np.array(y), sum(len(b) for b in boxes)


def froc_rates(heat: np.ndarray, boxes: list[list]) -> dict[str, dict]:
    false, hit, total = froc_curve(heat, boxes)
    out = {}
    for rate in FALSE_MARKS:
        at = np.searchsorted(false, rate, side="right") - 1
        hits = int(hit[at]) if at >= 0 else 0
        value, low, high = stat.wilson(hits, total)
        out[str(rate)] = {"value": value, "low": low, "high": high, "hits": hits, "n": total}
    return out


def box_quality(heat: np.ndarray, boxes: list[list], rule: tuple[float, int]) -> dict:
    """Boxes as the product draws them from the heat (0..1), matched one to one with the reference boxes."""
    matched = drawn = 0
    cell = labels.BOX_SPACE / heat.shape[-1]
    for h, own in zip(heat, boxes):
        free = list(own)
        found = sorted(stat.components(h, *rule), key=lambda c: -c[4])
        drawn += len(found)
        for r0, c0, r1, c1, _, _ in found:
            mine = [c0 * cell, r0 * cell, (c1 - c0) * cell, (r1 - r0) * cell]
            best = max(free, key=lambda b: stat.overlap(mine, b), default=None)
            if best is not None and stat.overlap(mine, best) >= OVERLAP:
                free.remove(best)
                matched += 1
    wanted = sum(len(b) for b in boxes)
    precision, recall = matched / drawn if drawn else 0.0, matched / wanted if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "matched": matched, "drawn": drawn, "wanted": wanted}


def choose_box_rule(heat: np.ndarray, boxes: list[list]) -> tuple[float, int]:
    """Limit and size by F1 over images with opacity: which images are flagged is the score's business."""
    scale = (heat.shape[-1] / 32) ** 2
    choices = [(round(float(t), 3), round(c * scale)) for t in np.arange(0.04, 0.41, 0.02) for c in (4, 6, 8, 12, 16)]
    return max(choices, key=lambda rule: box_quality(heat, boxes, rule)["f1"])
