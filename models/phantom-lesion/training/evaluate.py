"""Chooses thresholds on the tuning seeds, measures on the validation seeds, and writes ONNX and manifest.

    python3 evaluate.py --data DIR --weights FILE.pt --model-folder .. --report FILE.json

The validation seeds are neither in training nor in tuning nor in the demonstration.
"""
from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dataset import CELLS, CT_WINDOW, MEAN, RADIOGRAPH_WINDOW, SIZE, STD, Study, load_pairs
from figures import delong, wilson
from network import PhantomLesionNet
from train import check_seeds, split_tuning

STEP = SIZE[0] / CELLS
MINIMUM_CELLS = 3


@dataclass
class Result:
    study: Study
    score: float
    slice: int
    heatmaps: np.ndarray  # [slices, 64, 64]


def run(net: PhantomLesionNet, study: Study) -> Result:
    scores, heats = [], []
    with torch.no_grad():
        x = torch.from_numpy((study.images.astype(np.float32) - MEAN) / STD)[:, None]
        for part in x.split(12):
            score, heat = net(part)
            scores.append(score.numpy())
            heats.append(heat[:, 0].numpy())
    score = np.concatenate(scores)
    return Result(study, float(score.max()), int(score.argmax()), np.concatenate(heats))


def peak_in_box(result: Result) -> bool:
    """Whether the strongest cell of the best slice lies in a planted box."""
    heat = result.heatmaps[result.slice]
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    x, y = (column + 0.5) * STEP, (row + 0.5) * STEP
    boxes = result.study.boxes.get(result.slice, [])
    return any(bx <= x < bx + bw and by <= y < by + bh for bx, by, bw, bh in boxes)


def components(heat: np.ndarray, threshold: float) -> list[tuple[float, float, float, float]]:
    """Boxes (letterbox pixels) of the 4-connected components with enough cells."""
    mask, boxes = heat >= threshold, []
    seen = np.zeros_like(mask)
    for start in zip(*np.nonzero(mask)):
        if seen[start]:
            continue
        stack, cells = [start], []
        seen[start] = True
        while stack:
            r, c = stack.pop()
            cells.append((r, c))
            for n in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if 0 <= n[0] < CELLS and 0 <= n[1] < CELLS and mask[n] and not seen[n]:
                    seen[n] = True
                    stack.append(n)
        if len(cells) >= MINIMUM_CELLS:
            rows, columns = zip(*cells)
            left, top = min(columns) * STEP, min(rows) * STEP
            boxes.append((left, top, (max(columns) + 1) * STEP - left, (max(rows) + 1) * STEP - top))
    return boxes


def overlap(a, b) -> float:
    w = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    return w * h / (a[2] * a[3] + b[2] * b[3] - w * h)


def marks(results: list[Result], threshold: float) -> dict[str, float]:
    """Findings against planted boxes (hit: intersection over union of at least 0.2, on the study's best slice)."""
    hits = lesions = false = total = 0
    ious = []
    for result in results:
        found = components(result.heatmaps[result.slice], threshold)
        planted = result.study.boxes.get(result.slice, [])
        matched = [max((overlap(f, p) for p in planted), default=0.0) for f in found]
        false += sum(m < 0.2 for m in matched)
        total += 1
        if result.study.subtlety is not None:
            lesions += 1
            best = max(matched, default=0.0)
            hits += best >= 0.2
            ious.append(best)
    return {"hit": hits / max(1, lesions), "falsePerStudy": false / total, "meanOverlap": float(np.mean(ious))}


def choose_operating_point(results: list[tuple[Result, Result]]) -> float:
    """Middle of the gap at the highest sum of sensitivity and specificity, on the logit scale."""
    positive = np.array([a.score for a, _ in results])
    negative = np.array([b.score for _, b in results])
    logit = lambda p: np.log(np.clip(p, 1e-7, 1 - 1e-7) / (1 - np.clip(p, 1e-7, 1 - 1e-7)))  # noqa: E731
    values = np.sort(logit(np.concatenate([positive, negative])))
    candidates = (values[1:] + values[:-1]) / 2
    merit = [(logit(positive) >= c).mean() + (logit(negative) < c).mean() for c in candidates]
    best = np.nonzero(np.isclose(merit, max(merit)))[0]
    return round(float(1 / (1 + np.exp(-candidates[best[len(best) // 2]]))), 4)


def figures_of(pairs: list[tuple[Result, Result]], threshold: float) -> dict:
    positive = np.array([a.score for a, _ in pairs])
    negative = np.array([b.score for _, b in pairs])
    auc, low, high = delong(positive, negative)
    twins = {}
    for subtlety in ("obvious", "moderate", "subtle", None):
        chosen = [(a, b) for a, b in pairs if subtlety in (None, a.study.subtlety)]
        won = sum(a.score > b.score for a, b in chosen)
        twins[subtlety or "all"] = {
            "won": won,
            "of": len(chosen),
            "interval": wilson(won, len(chosen)),
            "sensitivity": float(np.mean([a.score >= threshold for a, _ in chosen])),
            "peakInBox": float(np.mean([peak_in_box(a) for a, _ in chosen])),
        }
    return {
        "auc": auc,
        "interval": [low, high],
        "n": 2 * len(pairs),
        "sensitivity": float((positive >= threshold).mean()),
        "specificity": float((negative < threshold).mean()),
        "twins": twins,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--model-folder", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    net = PhantomLesionNet()
    net.load_state_dict(torch.load(args.weights))
    net.eval()
    train_pairs, validation_pairs = load_pairs(args.data, "train"), load_pairs(args.data, "validation")
    check_seeds(train_pairs + validation_pairs)
    seen = {(p[0].ct, p[0].seed) for p in train_pairs}
    assert not seen & {(p[0].ct, p[0].seed) for p in validation_pairs}, "validation seeds were trained on"
    tuning = [(run(net, a), run(net, b)) for a, b in split_tuning(train_pairs)[1]]
    threshold = choose_operating_point(tuning)
    flat = [result for pair in tuning for result in pair]
    heat_threshold = max(
        (round(t, 2) for t in np.arange(0.15, 0.75, 0.05)),
        key=lambda t: marks(flat, t)["hit"] + marks(flat, t)["meanOverlap"] - marks(flat, t)["falsePerStudy"],
    )
    validation = [(run(net, a), run(net, b)) for a, b in validation_pairs]
    radiographs = [p for p in validation if not p[0].study.ct]
    ct = [p for p in validation if p[0].study.ct]
    report = {
        "trainingPairs": len(split_tuning(train_pairs)[0]),
        "tuningPairs": len(tuning),
        "threshold": threshold,
        "heatmapThreshold": heat_threshold,
        "all": figures_of(validation, threshold),
        "radiograph": figures_of(radiographs, threshold),
        "ct": figures_of(ct, threshold),
        "marks": {
            "radiograph": marks([r for p in radiographs for r in p], heat_threshold),
            "ct": marks([r for p in ct for r in p], heat_threshold),
        },
    }
    args.report.write_text(json.dumps(report, indent=2))
    print(json.dumps(report, indent=2))
    export(net, args.model_folder / "model.onnx")
    write_manifest(args.model_folder, report)
    write_card(args.model_folder / "MODEL_CARD.md", report)


def write_card(path: Path, report: dict) -> None:
    """Puts the figures between the card's two marks."""
    percent = lambda x: f"{100 * x:.0f}%"  # noqa: E731
    lines = [
        f"{report['trainingPairs']} pairs of twins in training, {report['tuningPairs']} in tuning, "
        f"{report['all']['n'] // 2} in validation.",
        "",
        "| Validation | AUC (95% interval) | Studies | Sensitivity | Specificity |",
        "| --- | --- | --- | --- | --- |",
    ]
    names = {"radiograph": "Radiographs", "ct": "CT", "all": "All"}
    for key, name in names.items():
        f = report[key]
        low, high = f["interval"]
        lines.append(
            f"| {name} | {f['auc']:.3f} ({low:.3f}-{high:.3f}) | {f['n']} "
            f"| {percent(f['sensitivity'])} | {percent(f['specificity'])} |"
        )
    lines += [
        "",
        "| Lesion studies | Outscore their twin (95% interval) | Flagged | Peak in the planted box |",
        "| --- | --- | --- | --- |",
    ]
    for key in ("radiograph", "ct"):
        for subtlety, t in report[key]["twins"].items():
            low, high = t["interval"]
            lines.append(
                f"| {names[key]}, {subtlety} | {t['won']} of {t['of']} ({percent(low)}-{percent(high)}) "
                f"| {percent(t['sensitivity'])} | {percent(t['peakInBox'])} |"
            )
    lines += [
        "",
        "| Finding boxes on the best image | Lesions hit (overlap of at least 0.2) | False boxes a study | Mean overlap |",
        "| --- | --- | --- | --- |",
    ]
    for key in ("radiograph", "ct"):
        m = report["marks"][key]
        lines.append(f"| {names[key]} | {percent(m['hit'])} | {m['falsePerStudy']:.2f} | {m['meanOverlap']:.2f} |")
    card = path.read_text()
    head, rest = card.split("<!-- figures -->")
    tail = rest.split("<!-- end of figures -->")[1]
    path.write_text(head + "<!-- figures -->\n" + "\n".join(lines) + "\n<!-- end of figures -->" + tail)


def export(net: PhantomLesionNet, path: Path) -> None:
    torch.onnx.export(
        net,
        torch.zeros(1, 1, *SIZE),
        str(path),
        input_names=["image"],
        output_names=["score", "heatmap"],
        opset_version=13,
    )


def write_manifest(folder: Path, report: dict) -> None:
    four = lambda x: round(x, 4)  # noqa: E731
    whole, radiograph, ct = report["all"], report["radiograph"], report["ct"]
    apart = "; ".join(
        f"{name} AUC {f['auc']:.3f} ({f['interval'][0]:.3f}-{f['interval'][1]:.3f}), n {f['n']}"
        for name, f in (("radiographs", radiograph), ("CT", ct))
    )
    manifest = {
        "schemaVersion": 2,
        "id": "phantom-lesion",
        "version": "0.1.0",
        "title": "Phantom lesion (demonstration)",
        "demonstration": True,
        "file": "model.onnx",
        "sha256": hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest(),
        "licence": "Apache-2.0",
        "intendedUse": "Demonstration and tests on generated studies only. It has never seen a patient.",
        "attribution": ["Trained on studies of the project's own generator (test-data)."],
        "select": {
            "level": "image",
            "all": [
                {"attribute": "Manufacturer", "in": ["RadTriage Phantom"]},
                {"attribute": "Modality", "in": ["CR", "DX", "CT"]},
                {"attribute": "ViewPosition", "in": ["PA", "AP"], "orMissing": True},
            ],
        },
        "input": {
            "name": "image",
            "size": list(SIZE),
            "window": RADIOGRAPH_WINDOW,
            "variants": [{"when": [{"attribute": "Modality", "in": ["CT"]}], "window": CT_WINDOW}],
            "resize": {"kind": "area-letterbox", "pad": 0},
            "normalise": {"mean": MEAN, "std": STD},
        },
        "outputs": [
            {"kind": "scores", "name": "score", "activation": "none"},
            {"kind": "heatmap", "name": "heatmap", "activation": "none"},
        ],
        "pooling": {"kind": "max"},
        "labels": [
            {
                "id": "lesion",
                "label": "Phantom lesion",
                "code": {"scheme": "99RADTRIAGE", "value": "PHLES", "meaning": "Phantom lesion"},
                "index": 0,
                "operatingPoints": [
                    {
                        "id": "default",
                        "threshold": report["threshold"],
                        "default": True,
                        "sensitivity": four(whole["sensitivity"]),
                        "specificity": four(whole["specificity"]),
                    }
                ],
                "heatmap": {"threshold": report["heatmapThreshold"], "minimumCells": MINIMUM_CELLS},
                "validation": {
                    "auc": four(whole["auc"]),
                    "aucInterval": [four(x) for x in whole["interval"]],
                    "n": whole["n"],
                    "positives": whole["n"] // 2,
                    "method": "Generated studies of seeds kept out of training and of the demonstration, half with a "
                    f"lesion, half their lesion-free twins; DeLong interval on the logit scale. {apart}.",
                },
            }
        ],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
