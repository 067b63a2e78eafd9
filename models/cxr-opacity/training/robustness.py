"""What happens to the out-of-fold AUC when the pixels are not as the publisher left them.

Each fold member scores the images of the patients it has not seen, altered before the
product's preprocessing. Prints a markdown table; with --card it replaces that of the card.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

import data
import evaluate
import figures as fig
from network import OpacityNet
from train import predict

BEGIN, END = "<!-- robustness: begin -->", "<!-- robustness: end -->"


def squeeze(v: np.ndarray, ratio: float) -> np.ndarray:
    """Most images of the collection lost their own shape when they were made square."""
    width = int(round(v.shape[1] * ratio))
    return v @ data.preprocess.area_weights(v.shape[1], width).T


def bordered(v: np.ndarray) -> np.ndarray:
    out = np.zeros_like(v)
    m = v.shape[0] // 12
    out[m:-m, m:-m] = v[m:-m, m:-m]
    return out


def marker(v: np.ndarray) -> np.ndarray:
    out = v.copy()
    n = v.shape[0]
    out[n // 16 : n // 8, n // 16 : n // 5] = 255
    return out


ALTERATIONS = {
    "none": lambda v: v,
    "width squeezed to 82% (a portrait image, letterboxed)": lambda v: squeeze(v, 0.82),
    "height squeezed to 82% (a landscape image, letterboxed)": lambda v: squeeze(v.T, 0.82).T,
    "outer twelfth black (collimation)": bordered,
    "white marker near a corner (6% of the image high, 14% wide)": marker,
    "gamma 0.75 (brighter)": lambda v: 255 * (v / 255) ** 0.75,
    "gamma 1.33 (darker)": lambda v: 255 * (v / 255) ** 1.33,
    "noise of 5 grey levels": lambda v: v + np.random.default_rng(int(v.sum()) % 2**32).normal(0, 5, v.shape),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="member")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--card", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = [r for r in data.load_rows(args.dataset) if r.read and r.age >= evaluate.MINIMUM_AGE]
    fold, y = np.array([r.fold for r in rows]), np.array([r.positive for r in rows])
    values = [data.read_values(args.dataset / "images" / r.file) for r in rows]
    members = []
    for k in range(data.FOLDS):
        net = OpacityNet()
        net.load_state_dict(torch.load(args.work / f"{args.name}-fold{k}-seed{args.seed}.pt"))
        members.append(net.to(memory_format=torch.channels_last))
    lines = ["| Alteration | AUC | images that change sides at the specific point |", "|---|---|---|"]
    plain = None
    for name, alter in ALTERATIONS.items():
        images = np.stack([data.preprocess.letterboxed(alter(v), "MONOCHROME2", data.INPUT_SPEC) for v in values])
        z = np.empty(len(rows))
        for k, net in enumerate(members):
            z[fold == k] = evaluate.hottest(predict(net, images[fold == k].astype(np.float32))[1])
        if plain is None:
            plain = z
            threshold = evaluate.threshold_for(z, y, "specific")
        auc, low, high = fig.auc_interval(z[y], z[~y])
        up, down = int(((z >= threshold) & (plain < threshold)).sum()), int(((z < threshold) & (plain >= threshold)).sum())
        lines.append(f"| {name} | {auc:.3f} ({low:.3f} to {high:.3f}) | {up} raised, {down} lost, of {len(y)} |")
        print(lines[-1], flush=True)
    if args.card:
        card = args.card.read_text()
        head, rest = card.split(BEGIN)
        args.card.write_text(head + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
