"""The card's tables, as markdown, from the figures of evaluate.py."""
from __future__ import annotations


def interval(v) -> str:
    return f"{v[0]:.3f} ({v[1]:.3f} to {v[2]:.3f})"


def auc(row: dict) -> str:
    if row["auc"] is None:
        return "too few"
    if row["low"] != row["low"]:
        return f"{row['auc']:.3f} (no interval)"
    return f"{row['auc']:.3f} ({row['low']:.3f} to {row['high']:.3f})"


def counts(row: dict) -> str:
    return f"{row['positives']} / {row['negatives']}"


def discrimination(f: dict) -> list[str]:
    lines = [
        "### Discrimination (AUC, 95% DeLong interval on the logit scale)",
        "",
        "| Out-of-fold images | with / without opacity | AUC against all others | AUC against Normal only |",
        "|---|---|---|---|",
        f"| all folds pooled | {counts(f['auc'])} | **{auc(f['auc'])}** | {auc(f['auc_normal'])} |",
    ]
    for name, row in f["groups"].items():
        lines.append(f"| {name} | {counts(row)} | {auc(row)} | {auc(f['groups_normal'][name])} ({f['groups_normal'][name]['negatives']} normal) |")
    for k, row in enumerate(f["folds"]):
        lines.append(f"| fold {k} alone | {counts(row)} | {auc(row)} | |")
    low, high = f["cluster_interval"]
    d = f["view_difference"]
    lines += [
        f"| baseline: the view alone (AP scores 1, PA 0) | {counts(f['view_auc'])} | {auc(f['view_auc'])} | |",
        "",
        f"Drawing whole patients instead of images (bootstrap) gives {low:.3f} to {high:.3f} for the pooled AUC. "
        f"The model's AUC exceeds that of the view alone by {d[0]:.3f} ({d[1]:.3f} to {d[2]:.3f}).",
    ]
    lines += [
        "",
        f"The score is the mean of the 20 hottest cells. That was chosen over the networks' own score head, which gives {auc(f['head'])}, "
        "and over a few mixtures of the two, on these same predictions: part of the gain may be luck.",
    ]
    if f["comparison"]:
        c = f["comparison"]
        lines += [
            "",
            f"A second set of members, started from COCO without the children's radiographs, on folds {', '.join(map(str, c['folds']))}: "
            f"{auc(c['second'])}, against {auc(c['first'])} of the shipped kind on the same images (difference "
            f"{c['difference'][0]:.3f}, {c['difference'][1]:.3f} to {c['difference'][2]:.3f}); both averaged {auc(c['average'])}. Their scores "
            f"correlate {c['correlation']:.2f}. Averaging the two moves the mean score by {c['shift'] / c['deviation']:.2f} standard deviations and "
            f"multiplies the spread by {c['spread']:.3f}: no sign that thresholds learned on single members would not fit an average; for five members this was not measured.",
        ]
    return lines


def operating(f: dict) -> list[str]:
    lines = [
        "### Operating points (cross-fitted: each fold judged by a threshold from the other folds; Wilson intervals)",
        "",
        "| Point | Threshold | Sensitivity | Specificity | Flagged / PPV at 1% | at 5% | at 20% prevalence |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, p in f["operating_points"].items():
        v = [f"{q['flagged']:.1%} / {q['ppv']:.1%}" for q in p["prevalence"].values()]
        lines.append(
            f"| {name} | {p['threshold']:.3f} | {interval(p['sensitivity'])}, {p['tp']} of {p['tp'] + p['fn']} | "
            f"{interval(p['specificity'])}, {p['tn']} of {p['tn'] + p['fp']} | " + " | ".join(v) + " |"
        )
    lines += ["", "Thresholds aim at a specificity of 0.90 (specific) and a sensitivity of 0.90 (sensitive); what was reached is above."]
    lines += ["", "| Subgroup | specific: sensitivity | specificity | sensitive: sensitivity | specificity |", "|---|---|---|---|---|"]
    points = list(f["operating_points"].values())
    for g in points[0]["groups"]:
        lines.append(f"| {g} | " + " | ".join(f"{interval(p['groups'][g][k])}" for p in points for k in ("sensitivity", "specificity")) + " |")
    lines += ["", "| Class of images without opacity | specific: falsely flagged | sensitive: falsely flagged |", "|---|---|---|"]
    for name in points[0]["false_flags"]:
        lines.append(f"| {name} | " + " | ".join(interval(p["false_flags"][name]) for p in points) + " |")
    size = f["lesion_size"]
    names = [f"under {size['cuts'][0]:.1%} of the image", f"{size['cuts'][0]:.1%} to {size['cuts'][1]:.1%}", f"over {size['cuts'][1]:.1%}"]
    lines += ["", "| Total area of the reference boxes | specific: sensitivity | sensitive: sensitivity |", "|---|---|---|"]
    for i, name in enumerate(names):
        lines.append(f"| {name} | {interval(size['specific'][i])} | {interval(size['sensitive'][i])} |")
    return lines


def localisation(f: dict) -> list[str]:
    h = f["heatmap"]
    lines = [
        "### Localisation",
        "",
        "| Measure | Model | Baseline: fixed point learned on the other folds |",
        "|---|---|---|",
        f"| hottest cell lies in a reference box (images with opacity) | {interval(f['peak_in_box'])}, {f['peak_in_box'][3]} of {f['peak_in_box'][4]} "
        f"| {interval(f['fixed_point'])}, {f['fixed_point'][3]} of {f['fixed_point'][4]} |",
        "",
        "| FROC: false marks per image | boxes hit |",
        "|---|---|",
    ]
    for rate, v in f["froc"].items():
        lines.append(f"| {rate} | {interval(v)}, {v[3]} of {v[4]} |")
    p, g = h["positives"], h["flagged"]
    lines += [
        "",
        "Hit rule of the FROC: a mark is a cell that is the largest within 4 cells around it, its centre lies in the box; all images "
        "count for the false marks.",
        "",
        f"Boxes as drawn (cells of at least {h['threshold']} before the shift that makes this limit 0.5 in the shipped file; at least {h['minimumCells']} cells), matched one to one at an overlap (IoU) of 0.3 or more: "
        f"on images with opacity precision {p['precision']:.2f} and recall {p['recall']:.2f} ({p['matched']} of {p['wanted']} boxes, {p['drawn']} drawn); "
        f"on the images flagged at the specific point {g['precision']:.2f} and {g['recall']:.2f} ({g['drawn']} drawn). "
        "Threshold and size were chosen on these same images, so these two lines flatter a little.",
    ]
    return lines


def calibration(f: dict) -> list[str]:
    return [
        "### Calibration",
        "",
        f"Cross-fitted calibration slope {f['calibration_slope']:.2f}, offset {f['calibration_offset']:.2f}; Brier score {f['brier']:.3f} "
        f"(a constant at the prevalence gives {f['brier_constant']:.3f}). This holds at this collection's prevalence of "
        f"{f['positives'] / f['n']:.0%} only: **the score orders studies, it is not a probability of disease.**",
    ]


def tables(f: dict) -> str:
    head = [
        f"{f['n']} images of {f['patients']} adult patients, read by radiologists: {f['positives']} with lung opacity, "
        f"{f['n'] - f['positives']} without, of which {f['normal']} Normal. Every image is scored by networks that saw no image of its patient.",
    ]
    parts = [head, discrimination(f), operating(f), localisation(f), calibration(f)]
    return "\n\n".join("\n".join(p) for p in parts) + "\n"
