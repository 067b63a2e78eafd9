"""The card's tables, as markdown, from the figures of measures.py."""
from __future__ import annotations

from pathlib import Path

from predictions import POINTS, WANTED


def put_between(path: Path, mark: str, text: str) -> None:
    """Replace what stands between `<!-- mark: begin -->` and `<!-- mark: end -->`."""
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    head, rest = path.read_text().split(begin)
    path.write_text(head + begin + "\n\n" + text.strip() + "\n\n" + end + rest.split(end)[1])


def span(v: dict) -> str:
    """0.776 (0.727 to 0.817)"""
    if v["value"] is None:
        return "too few"
    return f"{v['value']:.3f} ({v['low']:.3f} to {v['high']:.3f})"


def counted(v: dict) -> str:
    return f"{span(v)}, {v['hits']} of {v['n']}"


def ahead(v: dict) -> str:
    return f"{v['ahead'][0]:.3f} to {v['ahead'][1]:.3f}"


def three(v: list[float]) -> str:
    return f"{v[0]:.3f} ({v[1]:.3f} to {v[2]:.3f})"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Columns filled up with blanks, as the repository's tables are."""
    widths = [max(3, *(len(r[i]) for r in [head, *rows])) for i in range(len(head))]
    lines = [head, ["-" * w for w in widths], *rows]
    return ["| " + " | ".join(cell.ljust(w) for cell, w in zip(r, widths)) + " |" for r in lines]


def introduction(f: dict) -> list[str]:
    return [
        f"{f['n']} images of {f['patients']} adult patients, read by radiologists: {f['positives']} with lung opacity, "
        f"{f['n'] - f['positives']} without, of which {f['normal']} Normal."
    ]


def discrimination(f: dict) -> list[str]:
    d = f["discrimination"]
    rows = []
    for g, pair in d["model"].items():
        v, n, view = pair["all"], pair["normal"], d["view"][g]["all"]
        name, value = ("**all**", f"**{span(v)}**") if g == "all" else (g, span(v))
        expected = ahead(v) if v["value"] is not None else ""
        rows.append([name, f"{v['positives']} / {v['negatives']}", value, expected, span(view), f"{span(n)}, {n['negatives']} normal"])
    lines = ["### Discrimination (AUC)", ""]
    lines += table(["Images", "with / without opacity", "model", "another sample", "the view alone", "model, against Normal only"], rows)
    whole = d["model"]["all"]["all"]
    lines += [
        "",
        f"DeLong's interval (logit scale) of the first row is {whole['delong'][0]:.3f} to {whole['delong'][1]:.3f}, that of drawing "
        f"whole patients {whole['patients'][0]:.3f} to {whole['patients'][1]:.3f}. The model exceeds the view alone by {three(list(d['gain']))}.",
    ]
    if "folds" in d:
        folds = "; ".join(three(list(v)) for v in d["folds"])
        lines += ["", f"Each fold alone: {folds}. Their mean with Student's interval: {three(d['fold_spread'])}."]
    return lines


def operating(f: dict) -> list[str]:
    lines = ["### Operating points", ""]
    rows, values = [], [*((n, f["points"][n]) for n in POINTS), ("baseline: flag every AP image", f["points"]["specific"]["view"])]
    for name, p in values:
        limit = f"{p['threshold']:.3f}" if "threshold" in p else ""
        ppv = [f"{q['flagged']:.1%} / {q['ppv']:.1%}" if q["ppv"] is not None else "" for q in p["prevalence"].values()]
        rows.append([name, limit, counted(p["sensitivity"]), counted(p["specificity"]), *ppv])
    lines += table(["Point", "Threshold", "Sensitivity", "Specificity", "Flagged / PPV at 1%", "at 5%", "at 20% prevalence"], rows)
    specific, sensitive = (f["points"][n] for n in POINTS)
    lines += [
        "",
        f"The specific point (the default) was set at a specificity of {WANTED['specific']:.2f}, the sensitive one at a sensitivity of "
        f"{WANTED['sensitive']:.2f}, both on the cross-validation. Another sample of this size should give, at the specific point, a sensitivity of "
        f"{ahead(specific['sensitivity'])} and a specificity of {ahead(specific['specificity'])}; at the sensitive one "
        f"{ahead(sensitive['sensitivity'])} and {ahead(sensitive['specificity'])}.",
        "",
    ]
    rows = [
        [g, *(span(f["points"][n]["groups"][g][k]) for n in POINTS for k in ("sensitivity", "specificity"))]
        for g in specific["groups"]
    ]
    lines += table(["Subgroup", "specific: sensitivity", "specificity", "sensitive: sensitivity", "specificity"], rows)
    rows = [[c, *(counted(f["points"][n]["false_flags"][c]) for n in POINTS)] for c in specific["false_flags"]]
    return lines + [""] + table(["Images without opacity", "specific: falsely flagged", "sensitive: falsely flagged"], rows)


def small_lesions(f: dict) -> list[str]:
    cuts = f["area"]["cuts"]
    names = [f"under {cuts[0]:.1%} of the image", f"{cuts[0]:.1%} to {cuts[1]:.1%}", f"over {cuts[1]:.1%}"]
    rows = [[n, *(counted(t[k]) for k in ("specific", "sensitive", "view", "peak", "fixed"))] for n, t in zip(names, f["area"]["thirds"])]
    head = ["Total area of the boxes", "flagged, specific", "flagged, sensitive", "view AP", "peak in a box", "fixed point in a box"]
    lines = ["### By size, and subtle lesions", "", *table(head, rows), ""]
    seen = f["lesions"]
    rows = [
        [f"NIH box {kind}", *(counted(seen[kind][k]) for k in ("specific", "sensitive", "peak", "fixed")), span(seen[kind]["auc"]), span(seen[kind]["view"])]
        for kind in ("Nodule", "Mass")
    ]
    rows.append(['NIH "No Finding"', counted(seen["clear"]["specific"]), counted(seen["clear"]["sensitive"]), "", "", "", ""])
    head = ["Images", "flagged, specific", "flagged, sensitive", "peak in its box", "fixed point in it", 'AUC against "No Finding"', "view alone"]
    return lines + table(head, rows) + [
        "", 'NIH\'s boxes of nodules and masses, read for the challenge or not; the network is not trained to find them. "No Finding" is mined from reports.',
    ]


def localisation(f: dict) -> list[str]:
    h = f["localisation"]
    lines = ["### Localisation", ""]
    lines += table(["Images with opacity", "Model", "Baseline: a fixed point"], [["hottest cell lies in a reference box", counted(h["peak"]), counted(h["fixed"])]])
    fixed = h["froc_fixed"]
    rows = [[r, counted(v)] for r, v in h["froc"].items()]
    rows.append([f"{fixed['false']:.2f} (baseline: one mark at the fixed point)", f"{fixed['hits'] / fixed['n']:.3f}, {fixed['hits']} of {fixed['n']}"])
    lines += ["", *table(["FROC: false marks per image", "boxes hit"], rows)]
    ill, flagged = h["drawn_ill"], h["drawn_flagged"]
    shift = "" if h["rule"][0] == 0.5 else " before the shift that makes this limit 0.5 in the shipped file"
    return lines + [
        "",
        "Hit rule of the FROC: a mark is a cell that is the largest within an eighth of the image around it; a box is hit when the mark's centre "
        "lies in it; all images count for the false marks.",
        "",
        f"Boxes as drawn (heat of at least {h['rule'][0]}{shift}, at least {h['rule'][1]} cells), "
        f"matched one to one at an overlap (IoU) of 0.3 or more: on images with opacity precision {ill['precision']:.2f} and recall {ill['recall']:.2f} "
        f"({ill['matched']} of {ill['wanted']} boxes, {ill['drawn']} drawn); on the images flagged at the specific point {flagged['precision']:.2f} and "
        f"{flagged['recall']:.2f} ({flagged['drawn']} drawn).",
    ]


def calibration(f: dict) -> list[str]:
    c = f["calibration"]
    return [
        "### Calibration",
        "",
        f"Slope {three(c['slope'])}, intercept {three(c['intercept'])}; Brier score {three(c['brier'])} (the prevalence as a constant gives "
        f"{c['brier_constant']:.3f}). This holds at a prevalence of about {c['prevalence']:.0%} only: **the score orders studies, it is not a "
        "probability of disease.**",
    ]


def tables(f: dict) -> str:
    parts = [introduction, discrimination, operating, small_lesions, localisation, calibration]
    return "\n\n".join("\n".join(part(f)) for part in parts)
