"""Fit the input detector on the training patients and measure what it refuses.

For the radiographs that it is made for, whole and spoiled, each fold is judged by a Gaussian
and a limit that know nothing of its patients. Nothing is fitted on what is to be refused.
Writes detector.npz and input-check.json into --work and, with --card, a table of the card.
"""
from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

import card
import images as pixels
import labels
import outliers
import statistic as stat
from detector import Front, Gaussian, InputDetector, coco_front, fit

REFUSED = 0.01  # share of the training patients' adults that the limit gives up
SAMPLE = 100  # adults' images a change is tried on
BATCH = 16
MEANT = "adults' frontal radiographs"
UNTESTED = ["lateral and oblique views", "abdomen, spine and pelvis", "skull and teeth", "radiographs of animals and objects"]


class Features:
    """Features by name, computed once and kept in --work."""

    def __init__(self, args, front: Front):
        self.front, self.size = front, args.size
        self.folder = args.work / f"features-{args.size}"
        self.folder.mkdir(parents=True, exist_ok=True)

    def of(self, name: str, make: Callable[[], list[np.ndarray]]) -> np.ndarray:
        """[n, d]; `make` gives prepared images [S, S] in 0..1."""
        path = self.folder / f"{''.join(c if c.isalnum() else '-' for c in name)}.npy"
        if not path.exists():
            pixels.save_whole(path, self.compute(make()))
            print(name, flush=True)
        return np.load(path)

    @torch.no_grad()
    def compute(self, prepared) -> np.ndarray:
        parts = []
        for start in range(0, len(prepared), BATCH):
            batch = np.stack([np.asarray(x, dtype=np.float32) for x in prepared[start : start + BATCH]])
            x = pixels.normalise(torch.from_numpy(batch)[:, None]).contiguous(memory_format=torch.channels_last)
            parts.append(self.front(x).numpy())
        return np.concatenate(parts)

    def of_values(self, name: str, make: Callable[[], list[np.ndarray]]) -> np.ndarray:
        return self.of(name, lambda: [pixels.prepare(v, self.size) for v in make()])


def distances(front: Front, model: Gaussian, features: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return InputDetector(front, model).distance(torch.from_numpy(features)).numpy()


class Judge:
    """One Gaussian and one limit a fold, and those of all together, for everything else.

    Fitted on adults' images (`features` [n, d]) and on the same in other shapes; the limit is that of the images as they are.
    """

    def __init__(self, front: Front, features: np.ndarray, shapes: np.ndarray, fold: np.ndarray):
        self.front = front
        self.models = [fit(np.concatenate([features[fold != k], shapes[fold != k]])) for k in range(labels.FOLDS)]
        self.whole = fit(np.concatenate([features, shapes]))
        self.own = np.empty(len(features))
        for k, model in enumerate(self.models):
            self.own[fold == k] = distances(front, model, features[fold == k])
        self.limits = [float(np.quantile(self.own[fold != k], 1 - REFUSED)) for k in range(labels.FOLDS)]
        self.limit = float(np.quantile(self.own, 1 - REFUSED))

    def refused_own(self, features: np.ndarray, fold: np.ndarray) -> np.ndarray:
        """Of training patients' images, each by what knows nothing of its patient."""
        out = np.zeros(len(features), bool)
        for k, model in enumerate(self.models):
            if (fold == k).any():
                out[fold == k] = distances(self.front, model, features[fold == k]) > self.limits[k]
        return out

    def refused_other(self, features: np.ndarray) -> np.ndarray:
        return distances(self.front, self.whole, features) > self.limit


def measure(args, judge: Judge, features: Features, rows: list[labels.Row]) -> dict[str, tuple[bool, np.ndarray]]:
    """Per class: whether it ought to be refused, and which images were."""
    adults = [r for r in rows if r.adult]
    fold = np.array([r.fold for r in adults])
    everyone = features.of("training", lambda: pixels.cached_images(args.dataset, rows, args.size, args.work))
    adult = np.array([r.adult for r in rows])
    out = {MEANT: (False, judge.refused_own(everyone[adult], fold))}
    for view in ("PA", "AP"):
        out[f"{MEANT}, {view}"] = (False, out[MEANT][1][np.array([r.view == view for r in adults])])
    pick = np.random.default_rng(0).permutation(len(adults))[:SAMPLE]
    for names, wanted in ((outliers.BEARABLE, False), (outliers.SPOILED, True)):
        for name, change in names.items():
            made = features.of_values(name, lambda: [change(pixels.read_values(args.dataset / "images" / adults[i].file)) for i in pick])
            out[f"{MEANT}, {name}"] = (wanted, judge.refused_own(made, fold[pick]))
    young = [(low, high) for low, high in ((0, 5), (6, 11), (12, 17))]
    for low, high in young:
        member = np.array([low <= r.age <= high for r in rows])
        if member.any():
            own = judge.refused_own(everyone[member], np.array([r.fold for r in rows])[member])
            out[f"children of the same hospital aged {low} to {high}"] = (True, own)
    for name, (wanted, values) in others(args).items():
        out[name] = (wanted, judge.refused_other(features.of_values(name, lambda: values)))
    return out


def others(args) -> dict[str, tuple[bool, list[np.ndarray]]]:
    """Per class: whether it ought to be refused, and its images."""
    found = {name: (True, values) for name, values in (outliers.artificial() | outliers.children(args.kermany)).items()}
    for folder in args.phantoms:
        for kind, values in outliers.dicom_files(folder):
            found.setdefault(f"generated phantoms, {kind}", (True, []))[1].append(values)
    for folder in args.dicom:
        for kind, values in outliers.dicom_files(folder):
            chest = kind in ("CR CHEST", "DX CHEST")
            name = "chest radiographs from elsewhere" if chest else f"DICOM samples, {kind}"
            found.setdefault(name, (not chest, []))[1].append(values)
    return found


def as_table(rows: list[dict], limit: float) -> str:
    def line(r: dict) -> list[str]:
        share, low, high = stat.wilson(r["refused"], r["n"])
        return [r["class"], f"{r['refused']} of {r['n']}", f"{share:.3f} ({low:.3f} to {high:.3f})"]

    head = ["Images", "refused", "share (95% Wilson interval)"]
    kept, gone = ([line(r) for r in rows if r["wanted"] is w] for w in (False, True))
    return "\n".join([
        f"Limit: atypicality {limit:.3f}.", "", "To be analysed:", "", *card.table(head, kept), "", "To be refused:", "", *card.table(head, gone),
        "", f"Not at hand, so untested: {', '.join(UNTESTED)}.",
    ])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--kermany", type=Path, required=True)
    parser.add_argument("--coco", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--dicom", type=Path, nargs="*", default=[], help="folders of DICOM files of any kind; what says CR or DX and CHEST should pass")
    parser.add_argument("--phantoms", type=Path, nargs="*", default=[], help="folders of files made by `radtriage generate`")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--card", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = labels.load_rows(args.dataset)
    images = pixels.cached_images(args.dataset, rows, args.size, args.work)
    front = coco_front(args.coco, images[:: len(rows) // 64])
    features = Features(args, front)
    adult = np.array([r.adult for r in rows])
    plain = features.of("training", lambda: images)
    shapes = features.of("training in other shapes", lambda: outliers.reshaped(images))
    judge = Judge(front, plain[adult], shapes[adult], np.array([r.fold for r in rows])[adult])
    table = [
        {"class": name, "n": len(refused), "refused": int(refused.sum()), "wanted": wanted}
        for name, (wanted, refused) in measure(args, judge, features, rows).items()
    ]
    np.savez(args.work / "detector.npz", **vars(judge.whole))
    (args.work / "input-check.json").write_text(json.dumps({"maximum": judge.limit, "rates": table, "untested": UNTESTED}, indent=1))
    text = as_table(table, judge.limit)
    print(text)
    if args.card:
        card.put_between(args.card, "input-check", text)


if __name__ == "__main__":
    main()
