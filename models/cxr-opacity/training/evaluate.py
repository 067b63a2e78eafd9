"""Cross-validated figures for the card, thresholds, and the box rule.

Reads the out-of-fold predictions that train.py saved, writes figures.json, and puts the
tables between the markers of MODEL_CARD.md when --card is given. Only adults' images
that radiologists read are counted. Test patients are not in here (see data.load_rows).
"""
from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

import data
import figures as fig

MINIMUM_AGE = 18
CELL = data.BOX_SPACE / data.GRID
SPECIFICITY_WANTED, SENSITIVITY_WANTED = 0.90, 0.90
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def load_predictions(work: Path, name: str, seeds: list[int], rows) -> dict:
    """Out-of-fold heat per read adult image, averaged over the seeds, and the scores taken from it."""
    index, heads, heats, fold = [], [], [], []
    for k in range(data.FOLDS):
        if not all((work / f"{name}-fold{k}-seed{s}.npz").exists() for s in seeds):
            print(f"{name}: fold {k} is missing", file=sys.stderr)
            continue
        parts = [np.load(work / f"{name}-fold{k}-seed{s}.npz") for s in seeds]
        assert all((p["index"] == parts[0]["index"]).all() for p in parts)
        index.append(parts[0]["index"])
        heads.append(np.mean([p["score"] for p in parts], 0))
        heats.append(np.mean([p["heat"] for p in parts], 0))
        fold.append(np.full(len(parts[0]["index"]), k))
    index, fold = np.concatenate(index), np.concatenate(fold)
    keep = np.array([rows[i].age >= MINIMUM_AGE for i in index])
    return {
        "rows": [rows[i] for i, k in zip(index, keep) if k],
        "fold": fold[keep],
        "head": np.concatenate(heads)[keep].astype(np.float64),
        "logits": np.concatenate(heats)[keep].astype(np.float64),
    }


def hottest(logits: np.ndarray) -> np.ndarray:
    return np.sort(logits.reshape(len(logits), -1), 1)[:, -data.SCORE_CELLS :].mean(1)


def threshold_for(scores, y, kind: str) -> float:
    """Smallest threshold with the wanted specificity, or largest with the wanted sensitivity."""
    if kind == "specific":
        negative = np.sort(scores[~y])
        return float(negative[min(len(negative) - 1, int(np.ceil(SPECIFICITY_WANTED * len(negative))))])
    positive = np.sort(scores[y])
    return float(positive[int(np.floor((1 - SENSITIVITY_WANTED) * len(positive)))])


def cross_fitted(z, y, fold) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Calibrated scores and decisions whose constants come from the other folds only."""
    calibrated = np.empty_like(z)
    flags = {"specific": np.zeros(len(z), bool), "sensitive": np.zeros(len(z), bool)}
    for k in np.unique(fold):
        inside = fold == k
        slope, offset = fig.platt(z[~inside], y[~inside])
        calibrated[inside] = fig.sigmoid(slope * z[inside] + offset)
        for kind in flags:
            flags[kind][inside] = z[inside] >= threshold_for(z[~inside], y[~inside], kind)
    return calibrated, flags


def auc_row(z, y, positives, negatives) -> dict:
    p, n = z[positives & y], z[negatives & ~y]
    if len(p) < 2 or len(n) < 2:
        return {"auc": None, "positives": len(p), "negatives": len(n)}
    auc, low, high = fig.auc_interval(p, n)
    return {"auc": auc, "low": low, "high": high, "positives": len(p), "negatives": len(n)}


def subgroups(rows) -> dict[str, np.ndarray]:
    age = np.array([r.age for r in rows])
    return {
        "view PA": np.array([r.view == "PA" for r in rows]),
        "view AP": np.array([r.view == "AP" for r in rows]),
        "female": np.array([r.sex == "F" for r in rows]),
        "male": np.array([r.sex == "M" for r in rows]),
        "age under 40": age < 40,
        "age 40 to 60": (age >= 40) & (age <= 60),
        "age over 60": age > 60,
    }


def cluster_bootstrap(z, y, rows, repeats: int = 2000) -> list[float]:
    """Interval of the AUC when whole patients are drawn, since some have several images."""
    rng = np.random.default_rng(7)
    patients: dict[str, list[int]] = {}
    for i, r in enumerate(rows):
        patients.setdefault(r.patient, []).append(i)
    groups = [np.array(v) for v in patients.values()]
    values = []
    for _ in range(repeats):
        pick = np.concatenate([groups[j] for j in rng.integers(0, len(groups), len(groups))])
        if y[pick].any() and not y[pick].all():
            values.append(fig.delong(z[pick][y[pick]], z[pick][~y[pick]])[0])
    return [float(v) for v in np.percentile(values, [2.5, 97.5])]


def in_boxes(row, x: float, y: float) -> list[int]:
    return [i for i, (bx, by, w, h) in enumerate(row.boxes) if bx <= x < bx + w and by <= y < by + h]


def peak_in_box(heat, rows) -> tuple[int, int]:
    hits = total = 0
    for h, r in zip(heat, rows):
        if r.positive:
            total += 1
            i, j = np.unravel_index(h.argmax(), h.shape)
            hits += bool(in_boxes(r, (j + 0.5) * CELL, (i + 0.5) * CELL))
    return hits, total


def fixed_point(rows, fold) -> tuple[int, int]:
    """Baseline: the cell that lies in most reference boxes of the other folds."""
    inside = np.zeros((len(rows), data.GRID, data.GRID))
    centres = (np.arange(data.GRID) + 0.5) * CELL
    for n, r in enumerate(rows):
        for x, y, w, h in r.boxes:
            inside[n] = np.maximum(
                inside[n], np.outer((centres >= y) & (centres < y + h), (centres >= x) & (centres < x + w))
            )
    hits = total = 0
    for k in np.unique(fold):
        i, j = np.unravel_index(inside[fold != k].sum(0).argmax(), (data.GRID, data.GRID))
        own = [n for n in np.flatnonzero(fold == k) if rows[n].positive]
        hits += int(sum(inside[n][i, j] for n in own))
        total += len(own)
    return hits, total


def froc(heat, rows, rates=(0.25, 0.5, 1.0)) -> dict:
    """A box is hit when a mark (local maximum of the heat) of at least the threshold lies in it."""
    marks = []  # value, image, boxes hit
    for n, (h, r) in enumerate(zip(heat, rows)):
        for i, j, value in fig.local_maxima(h):
            marks.append((value, n, in_boxes(r, (j + 0.5) * CELL, (i + 0.5) * CELL)))
    marks.sort(key=lambda m: -m[0])
    boxes = sum(len(r.boxes) for r in rows)
    hit, false, out = set(), 0, {}
    for _, n, boxes_hit in marks:
        if boxes_hit:
            hit.update((n, b) for b in boxes_hit)
        else:
            false += 1
            for rate in rates:
                if false / len(rows) <= rate:
                    out[str(rate)] = (len(hit), boxes)
    return {k: list(fig.wilson(*v)) + list(v) for k, v in out.items()}


def box_quality(heat, rows, threshold: float, cells: int, flagged=None) -> dict:
    """Boxes as the product draws them, one to one with the reference boxes where IoU >= 0.3."""
    matched = drawn = wanted = 0
    for n, (h, r) in enumerate(zip(heat, rows)):
        if flagged is not None and not flagged[n]:
            continue
        wanted += len(r.boxes)
        free = list(r.boxes)
        found = sorted(fig.components(h, threshold, cells), key=lambda c: -c[4])
        drawn += len(found)
        for r0, c0, r1, c1, _, _ in found:
            mine = [c0 * CELL, r0 * CELL, (c1 - c0) * CELL, (r1 - r0) * CELL]
            best = max(free, key=lambda b: fig.overlap(mine, b), default=None)
            if best is not None and fig.overlap(mine, best) >= 0.3:
                free.remove(best)
                matched += 1
    precision = matched / drawn if drawn else 0.0
    recall = matched / wanted if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "matched": matched, "drawn": drawn, "wanted": wanted}


def choose_box_rule(heat, rows) -> tuple[float, int, dict]:
    """Threshold and size by F1 over images with opacity: which images are flagged is the score's business."""
    positive = [n for n, r in enumerate(rows) if r.positive]
    heat, rows = heat[positive], [rows[n] for n in positive]
    best = None
    for threshold in np.arange(0.04, 0.41, 0.02):
        for cells in (4, 6, 8, 12, 16):
            q = box_quality(heat, rows, threshold, cells)
            if best is None or q["f1"] > best[2]["f1"]:
                best = (round(float(threshold), 3), cells, q)
    return best


def compare(p: dict, other: dict) -> dict:
    """A second set of members on the same images: its AUC, and what averaging two members does to the scores."""
    both = np.isin(p["fold"], np.unique(other["fold"]))
    y = np.array([r.positive for r in other["rows"]])
    everyone = np.ones(len(y), bool)
    a, b = hottest(p["logits"][both]), hottest(other["logits"])
    mean = hottest((p["logits"][both] + other["logits"]) / 2)
    return {
        "folds": [int(k) for k in np.unique(other["fold"])],
        "first": auc_row(a, y, everyone, everyone), "second": auc_row(b, y, everyone, everyone),
        "average": auc_row(mean, y, everyone, everyone),
        "difference": fig.delong_difference(a[y], a[~y], b[y], b[~y]), "correlation": float(np.corrcoef(a, b)[0, 1]),
        "shift": float(mean.mean() - (a.mean() + b.mean()) / 2), "spread": float(2 * mean.std() / (a.std() + b.std())),
        "deviation": float(mean.std()),
    }


def rates(flag, y) -> dict:
    tp, fn = int((flag & y).sum()), int((~flag & y).sum())
    fp, tn = int((flag & ~y).sum()), int((~flag & ~y).sum())
    return {
        "sensitivity": fig.wilson(tp, tp + fn), "specificity": fig.wilson(tn, tn + fp),
        "tp": tp, "fn": fn, "fp": fp, "tn": tn,
    }


def evaluate(args) -> dict:
    rows = data.load_rows(args.dataset)
    p = load_predictions(args.work, args.name, args.seeds, rows)
    other = load_predictions(args.work, args.compare, args.seeds, rows) if args.compare else None
    rows, fold, heat = p["rows"], p["fold"], fig.sigmoid(p["logits"])
    z = hottest(p["logits"])
    y = np.array([r.positive for r in rows])
    normal = np.array([r.rsna == data.NORMAL for r in rows])
    everyone = np.ones(len(y), bool)
    calibrated, flags = cross_fitted(z, y, fold)
    slope, offset = fig.platt(z, y)
    final = fig.sigmoid(slope * z + offset)
    out = {
        "n": len(y), "positives": int(y.sum()), "patients": len({r.patient for r in rows}), "normal": int(normal.sum()),
        "seeds": args.seeds, "comparison": compare(p, other) if other else None,
        "calibration": {"slope": slope, "offset": offset},
        "auc": auc_row(z, y, everyone, everyone), "cluster_interval": cluster_bootstrap(z, y, rows),
        "auc_normal": auc_row(z, y, everyone, normal),
        "folds": [auc_row(z, y, fold == k, fold == k) for k in range(data.FOLDS)],
        "groups": {g: auc_row(z, y, m, m) for g, m in subgroups(rows).items()},
        "groups_normal": {g: auc_row(z, y, m, m & normal) for g, m in subgroups(rows).items()},
        "head": auc_row(p["head"], y, everyone, everyone),
    }
    view = np.array([float(r.view == "AP") for r in rows])
    out["view_auc"] = auc_row(view, y, everyone, everyone)
    out["view_difference"] = fig.delong_difference(z[y], z[~y], view[y], view[~y])
    out["operating_points"] = {}
    for kind, flag in flags.items():
        point = rates(flag, y)
        point["threshold"] = threshold_for(final, y, kind)
        point["groups"] = {g: rates(flag[m], y[m]) for g, m in subgroups(rows).items()}
        point["false_flags"] = {
            "Normal": fig.wilson(int(flag[normal].sum()), int(normal.sum())),
            data.NOT_NORMAL: fig.wilson(int(flag[~y & ~normal].sum()), int((~y & ~normal).sum())),
        }
        se, sp = point["sensitivity"][0], point["specificity"][0]
        point["prevalence"] = {
            str(v): {"flagged": v * se + (1 - v) * (1 - sp), "ppv": v * se / (v * se + (1 - v) * (1 - sp))}
            for v in (0.01, 0.05, 0.20)
        }
        out["operating_points"][kind] = point
    area = np.array([sum(b[2] * b[3] for b in r.boxes) / data.BOX_SPACE**2 for r in rows])
    cuts = np.quantile(area[y], [1 / 3, 2 / 3])
    size = np.digitize(area, cuts)
    out["lesion_size"] = {
        "cuts": [float(c) for c in cuts],
        "specific": [fig.wilson(int(flags["specific"][y & (size == s)].sum()), int((y & (size == s)).sum())) for s in range(3)],
        "sensitive": [fig.wilson(int(flags["sensitive"][y & (size == s)].sum()), int((y & (size == s)).sum())) for s in range(3)],
    }
    logit = np.log(calibrated / (1 - calibrated))
    out["calibration_slope"], out["calibration_offset"] = fig.platt(logit, y)
    out["brier"] = float(np.mean((calibrated - y) ** 2))
    out["brier_constant"] = float(np.mean((y.mean() - y) ** 2))
    out["peak_in_box"] = list(fig.wilson(*peak_in_box(heat, rows))) + list(peak_in_box(heat, rows))
    out["fixed_point"] = list(fig.wilson(*fixed_point(rows, fold))) + list(fixed_point(rows, fold))
    out["froc"] = froc(heat, rows)
    threshold, cells, quality = choose_box_rule(heat, rows)
    out["heatmap"] = {"threshold": threshold, "minimumCells": cells, "positives": quality}
    out["heatmap"]["flagged"] = box_quality(heat, rows, threshold, cells, flags["specific"])
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="member")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--compare", help="name of a second set of members, on the folds it has")
    parser.add_argument("--card", type=Path, help="MODEL_CARD.md whose tables are to be rewritten")
    args = parser.parse_args()
    out = evaluate(args)
    (args.work / "figures.json").write_text(json.dumps(out, indent=1))
    from card import tables

    text = tables(out)
    print(text)
    if args.card:
        card = args.card.read_text()
        head, rest = card.split(BEGIN)
        args.card.write_text(head + BEGIN + "\n\n" + text + "\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
