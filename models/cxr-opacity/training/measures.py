"""Every figure of the card, from predictions: of the cross-validation and of the test part alike."""
from __future__ import annotations

import numpy as np

import labels
import localisation as place
import statistic as stat
import uncertainty as unsure
from predictions import POINTS, Predictions

PREVALENCES = (0.01, 0.05, 0.20)
BINS = 8  # of the reliability plot, equally full


def subgroups(rows: list[labels.Row]) -> dict[str, np.ndarray]:
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


def view_score(rows: list[labels.Row]) -> np.ndarray:
    """Baseline: AP scores 1, PA 0."""
    return np.array([float(r.view == "AP") for r in rows])


def measure(everything: Predictions) -> dict:
    """All figures. Images that no radiologist read count only where NIH's boxes are the reference."""
    p = everything.take(np.array([r.read for r in everything.rows]))
    return {
        "n": len(p.rows), "positives": int(p.truth.sum()), "patients": len({r.patient for r in p.rows}),
        "normal": sum(r.rsna == labels.NORMAL for r in p.rows),
        "discrimination": discrimination(p),
        "points": {name: operating_point(p, name) for name in POINTS},
        "area": by_area(p),
        "localisation": localisation(p),
        "calibration": calibration(p),
        "lesions": lesions(everything),
    }


def discrimination(p: Predictions) -> dict:
    y, normal = p.truth, np.array([r.rsna == labels.NORMAL for r in p.rows])

    def pair(score: np.ndarray, member: np.ndarray) -> dict:
        use, against = member, member & (normal | y)
        return {
            "all": unsure.auc_interval([r for r, u in zip(p.rows, use) if u], score[use], y[use]),
            "normal": unsure.auc_interval([r for r, u in zip(p.rows, against) if u], score[against], y[against]),
        }

    view = view_score(p.rows)
    groups = {"all": np.ones(len(y), bool), **subgroups(p.rows)}
    out = {
        "model": {g: pair(p.ranking, m) for g, m in groups.items()},
        "view": {g: pair(view, m) for g, m in groups.items()},
        "gain": stat.delong_difference(p.ranking[y], p.ranking[~y], view[y], view[~y]),
    }
    folds = np.unique(p.fold)
    if len(folds) > 1:
        inside = [p.fold == k for k in folds]
        out["folds"] = [stat.auc_interval(p.ranking[m & y], p.ranking[m & ~y]) for m in inside]
        out["fold_spread"] = unsure.spread_interval([row[0] for row in out["folds"]])
        whole = out["model"]["all"]["all"]
        whole["low"], whole["high"] = unsure.widest((whole["low"], whole["high"]), tuple(out["fold_spread"][1:]))
        whole["ahead"] = list(unsure.prediction(whole["value"], (whole["low"], whole["high"])))
    return out


def rates(rows: list[labels.Row], flag: np.ndarray, truth: np.ndarray) -> dict:
    def share(member: np.ndarray, hit: np.ndarray) -> dict:
        return unsure.share_interval([r for r, m in zip(rows, member) if m], hit[member])

    return {"sensitivity": share(truth, flag), "specificity": share(~truth, ~flag)}


def predictive(sensitivity: float, specificity: float) -> dict:
    """Share flagged and positive predictive value at each prevalence."""
    out = {}
    for v in PREVALENCES:
        flagged = v * sensitivity + (1 - v) * (1 - specificity)
        out[str(v)] = {"flagged": flagged, "ppv": v * sensitivity / flagged if flagged else None}
    return out


def operating_point(p: Predictions, name: str) -> dict:
    flag, y = p.flags[name], p.truth
    normal = np.array([r.rsna == labels.NORMAL for r in p.rows])
    out = {"threshold": p.thresholds[name], **rates(p.rows, flag, y), "view": rates(p.rows, view_score(p.rows) > 0, y)}
    for who in (out, out["view"]):
        who["prevalence"] = predictive(who["sensitivity"]["value"], who["specificity"]["value"])
    out["groups"] = {
        g: rates([r for r, k in zip(p.rows, m) if k], flag[m], y[m]) for g, m in subgroups(p.rows).items()
    }
    out["false_flags"] = {
        "Normal": unsure.share_interval([r for r, k in zip(p.rows, normal) if k], flag[normal]),
        labels.NOT_NORMAL: unsure.share_interval([r for r, k in zip(p.rows, ~y & ~normal) if k], flag[~y & ~normal]),
    }
    return out


def by_area(p: Predictions) -> dict:
    """Sensitivity and peak by third of the total area of the reference boxes."""
    area = np.array([sum(b[2] * b[3] for b in r.boxes) / labels.BOX_SPACE**2 for r in p.rows])
    cuts = np.quantile(area[p.truth], [1 / 3, 2 / 3])
    third = np.digitize(area, cuts)
    out = {"cuts": cuts.tolist(), "thirds": []}
    for t in range(3):
        q = p.take(p.truth & (third == t))
        boxes = [r.boxes for r in q.rows]
        row = {name: unsure.share_interval(q.rows, q.flags[name]) for name in POINTS}
        row["view"] = unsure.share_interval(q.rows, view_score(q.rows) > 0)
        row["peak"] = unsure.share_interval(q.rows, place.peak_hits(q.heat, boxes))
        row["fixed"] = unsure.share_interval(q.rows, place.fixed_hits(q.rows, q.fold, q.references, boxes))
        out["thirds"].append(row)
    return out


def localisation(p: Predictions) -> dict:
    ill = p.take(p.truth)
    boxes = [r.boxes for r in ill.rows]
    heat = stat.sigmoid(ill.heat)
    rule = p.box_rule or place.choose_box_rule(heat, boxes)
    flagged = p.take(p.flags["specific"])
    fixed = place.fixed_hits(p.rows, p.fold, p.references, [r.boxes for r in p.rows])
    return {
        "peak": unsure.share_interval(ill.rows, place.peak_hits(ill.heat, boxes)),
        "fixed": unsure.share_interval(ill.rows, place.fixed_hits(ill.rows, ill.fold, ill.references, boxes)),
        "froc": place.froc_rates(p.heat, [r.boxes for r in p.rows]),
        "froc_fixed": fixed_marks(p, fixed),
        "rule": list(rule),
        "drawn_ill": place.box_quality(heat, boxes, rule),
        "drawn_flagged": place.box_quality(stat.sigmoid(flagged.heat), [r.boxes for r in flagged.rows], rule),
    }


def fixed_marks(p: Predictions, hit: np.ndarray) -> dict:
    """One mark an image at the fixed point: false marks an image, and boxes hit."""
    points = {k: place.learn_fixed_point(reference) for k, reference in p.references.items()}
    boxes = sum(len(place.inside(r.boxes, points[int(k)])) for r, k in zip(p.rows, p.fold))
    total = sum(len(r.boxes) for r in p.rows)
    return {"false": float((~hit).mean()), "hits": boxes, "n": total}


def calibration(p: Predictions) -> dict:
    y, x = p.truth, np.log(p.score / (1 - p.score))

    def both(i: np.ndarray) -> tuple[float, float]:
        return stat.platt(x[i], y[i]) if y[i].any() and not y[i].all() else (np.nan, np.nan)

    slope, intercept = both(np.arange(len(y)))
    slopes = unsure.draw_patients(p.rows, lambda i: both(i)[0])
    intercepts = unsure.draw_patients(p.rows, lambda i: both(i)[1])
    error = (p.score - y) ** 2
    order = np.array_split(np.argsort(p.score), BINS)
    return {
        "slope": [slope, *np.percentile(slopes, [2.5, 97.5]).tolist()],
        "intercept": [intercept, *np.percentile(intercepts, [2.5, 97.5]).tolist()],
        "brier": [float(error.mean()), *np.percentile(unsure.draw_patients(p.rows, lambda i: error[i].mean()), [2.5, 97.5]).tolist()],
        "brier_constant": float(np.mean((y.mean() - y) ** 2)), "prevalence": float(y.mean()),
        "bins": [
            {"score": float(p.score[b].mean()), "n": len(b), **dict(zip(("value", "low", "high"), stat.wilson(int(y[b].sum()), len(b))))}
            for b in order
        ],
    }


def lesions(p: Predictions) -> dict:
    """NIH's boxes of nodules and masses, read by radiologists or not; compared with images mined as "No Finding"."""
    clear = np.array([r.findings == ["No Finding"] and not r.positive for r in p.rows])
    view = view_score(p.rows)
    out = {"clear": {name: unsure.share_interval([r for r, c in zip(p.rows, clear) if c], p.flags[name][clear]) for name in POINTS}}
    for kind in ("Nodule", "Mass"):
        own = np.array([any(name == kind for name, _ in r.nih_boxes) for r in p.rows])
        q = p.take(own)
        boxes = [[b for name, b in r.nih_boxes if name == kind] for r in q.rows]
        both, y = own | clear, own[own | clear]
        rows = [r for r, b in zip(p.rows, both) if b]
        out[kind] = {
            **{name: unsure.share_interval(q.rows, q.flags[name]) for name in POINTS},
            "peak": unsure.share_interval(q.rows, place.peak_hits(q.heat, boxes)),
            "fixed": unsure.share_interval(q.rows, place.fixed_hits(q.rows, q.fold, q.references, boxes)),
            "auc": unsure.auc_interval(rows, p.ranking[both], y), "view": unsure.auc_interval(rows, view[both], y),
        }
    return out
