"""Judge cxr-opacity.

  cv:    out-of-fold predictions of the training patients (NAME-foldK.npz of train.py). Writes
         figures.json into --work and, with --card, the card's tables and plots.
  test:  the patients set aside, by the shipped model.onnx. Once: what it measured is kept in
         training/test-part.json, and while that file is there it refuses.

Only adults' images count. The same code (measures.py) judges both.
"""
from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch

import card
import images as pixels
import labels
import measures
import plots
from predictions import POINTS, Predictions, out_of_fold
from score import twin

MODEL = Path(__file__).resolve().parents[1]
RECORD = Path(__file__).resolve().parent / "test-part.json"


def cross_validate(args) -> None:
    rows = labels.load_rows(args.dataset)
    predictions, constants = out_of_fold(args.work, args.names, rows)
    figures = measures.measure(predictions) | {"names": args.names, "constants": constants}
    (args.work / "figures.json").write_text(json.dumps(figures, indent=1))
    publish(args, predictions, figures, "cv")


def publish(args, predictions: Predictions, figures: dict, part: str) -> None:
    text = card.tables(figures)
    print(text)
    if args.card:
        card.put_between(args.card, part, f"{text}\n\n![ROC, reliability and FROC]({part}.svg)")
        (args.card.parent / f"{part}.svg").write_text(plots.draw(predictions, figures))


def score_with_shipped(rows: list[labels.Row], dataset: Path, manifest: dict) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and heat as logits whose 0 is the limit of the boxes, one image at a time."""
    net, size = twin(MODEL / manifest["file"]), manifest["input"]["size"][0]
    scores, heats = [], []
    for i, r in enumerate(rows):
        x = pixels.prepare(pixels.read_values(dataset / "images" / r.file), size)
        with torch.no_grad():
            out = net(pixels.normalise(torch.from_numpy(x)[None, None]))
        scores.append(out.score.item())
        heats.append(torch.logit(out.heat, 1e-7)[0, 0].numpy())
        print(f"\rscored {i + 1}/{len(rows)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return np.array(scores, dtype=np.float64), np.array(heats, dtype=np.float64)


def test(args) -> None:
    if RECORD.exists() and not args.again:
        sys.exit(f"{RECORD.name} says that the test part was scored on {json.loads(RECORD.read_text())['date']}: it is scored once (--again does it all the same)")
    manifest = json.loads((MODEL / "manifest.json").read_text())
    digest = hashlib.sha256((MODEL / manifest["file"]).read_bytes()).hexdigest()
    if digest != manifest["sha256"]:
        sys.exit(f"{manifest['file']} is not the file of its manifest")
    rows = [r for r in labels.load_test_rows(args.dataset) if r.adult]
    score, heat = score_with_shipped(rows, args.dataset, manifest)
    label = manifest["labels"][0]
    thresholds = {p["id"]: p["threshold"] for p in label["operatingPoints"]}
    rule = (label["heatmap"]["threshold"], label["heatmap"]["minimumCells"])
    references = {0: [r for r in labels.load_rows(args.dataset) if r.read and r.adult]}
    predictions = Predictions(
        rows, np.zeros(len(rows), int), score, score, heat, {p: score >= thresholds[p] for p in POINTS}, thresholds, rule, references
    )
    figures = measures.measure(predictions)
    record = {"date": datetime.date.today().isoformat(), "model": digest, "again": args.again, "figures": figures}
    RECORD.write_text(json.dumps(record, indent=1) + "\n")
    publish(args, predictions, figures, "test")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["cv", "test"])
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="folder with the predictions (cv)")
    parser.add_argument("--names", nargs="+", default=["member"], help="members, averaged in each fold (cv)")
    parser.add_argument("--again", action="store_true", help="score the test part although it was scored before (test)")
    parser.add_argument("--card", type=Path, help="MODEL_CARD.md whose tables are to be rewritten")
    args = parser.parse_args()
    if args.part == "cv" and args.work is None:
        parser.error("cv needs --work")
    torch.set_num_threads(1)
    cross_validate(args) if args.part == "cv" else test(args)


if __name__ == "__main__":
    main()
