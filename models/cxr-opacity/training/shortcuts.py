"""Does the score rest on what is no disease? And what do altered pixels do to it?

Each fold's members score the images of the patients they have not seen, altered before the
product's preprocessing: borders cropped or black, burnt-in text masked, the chest itself
blacked out (what is left must be worth little), other grey levels and shapes. Prints a
markdown table; with --card it replaces that of the card.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage

import card
import images as pixels
import labels
import measures
import outliers
import statistic as stat
from network import OpacityNet
from predictions import hottest, threshold_for
from train import predict


def cropped(v: np.ndarray) -> np.ndarray:
    m, n = (round(side / 12) for side in v.shape)
    return v[m:-m, n:-n]


def chest_gone(v: np.ndarray) -> np.ndarray:
    out = v.copy()
    m, n = (round(side * 0.12) for side in v.shape)
    out[m:-m, n:-n] = np.median(v)
    return out


def text_mask(v: np.ndarray) -> np.ndarray:
    """Small, nearly white, sharply bounded things in the outer fifth: side markers, "PORTABLE", times."""
    margin = np.ones(v.shape, bool)
    m, n = (round(side / 5) for side in v.shape)
    margin[m:-m, n:-n] = False
    bright = (v >= 0.92 * v.max()) & (v - ndimage.median_filter(v[::4, ::4], 15).repeat(4, 0).repeat(4, 1)[: v.shape[0], : v.shape[1]] > 40)
    groups, count = ndimage.label(ndimage.binary_dilation(bright & margin, iterations=3))
    size = np.bincount(groups.ravel(), minlength=count + 1)
    small = (size >= 30) & (size <= 0.02 * v.size)
    small[0] = False
    return ndimage.binary_dilation(small[groups], iterations=4)


def text_gone(v: np.ndarray) -> np.ndarray:
    mask = text_mask(v)
    if not mask.any():
        return v
    out = v.copy()
    for place in ndimage.find_objects(ndimage.label(mask)[0]):
        around = tuple(slice(max(0, s.start - 12), s.stop + 12) for s in place)
        known = v[around][~mask[around]]
        if known.size:
            out[place][mask[place]] = np.median(known)
    return out


def marked(v: np.ndarray) -> np.ndarray:
    out, n = v.copy(), v.shape[0]
    out[n // 16 : n // 8, n // 16 : n // 5] = 255
    return out


CHANGES: dict[str, outliers.Change] = {
    "none": lambda v: v,
    "borders cropped by a twelfth on each side": cropped,
    "outer twelfth black (collimation)": outliers.BEARABLE["outer twelfth black"],
    "burnt-in text masked": text_gone,
    "white marker put near a corner (6% of the image high, 14% wide)": marked,
    "everything but the outer eighth blanked": chest_gone,
    "width squeezed to 82% (a portrait image, letterboxed)": outliers.BEARABLE["width squeezed to 82%"],
    "height squeezed to 82% (a landscape image, letterboxed)": outliers.BEARABLE["height squeezed to 82%"],
    "gamma 0.75 (brighter)": outliers.BEARABLE["gamma 0.75"],
    "gamma 1.33 (darker)": outliers.BEARABLE["gamma 1.33"],
    "noise of 5 grey levels": outliers.BEARABLE["noise of 5 grey levels"],
}


def load_members(work: Path, names: list[str]) -> list[list[OpacityNet]]:
    """Per fold, the members that have not seen it."""
    out = []
    for k in range(labels.FOLDS):
        nets = []
        for name in names:
            net = OpacityNet()
            net.load_state_dict(torch.load(work / f"{name}-fold{k}.pt"))
            nets.append(net.to(memory_format=torch.channels_last))
        out.append(nets)
    return out


def rank(members: list[list[OpacityNet]], images: np.ndarray, fold: np.ndarray) -> np.ndarray:
    z = np.empty(len(images))
    for k, nets in enumerate(members):
        z[fold == k] = hottest(np.mean([predict(net, images[fold == k]) for net in nets], 0))
    return z


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--names", nargs="+", required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--card", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = [r for r in labels.load_rows(args.dataset) if r.read and r.adult]
    fold, y = np.array([r.fold for r in rows]), np.array([r.positive for r in rows])
    members, lines, plain = load_members(args.work, args.names), [], None
    for name, change in CHANGES.items():
        files = (args.dataset / "images" / r.file for r in rows)
        z = rank(members, np.stack([pixels.prepare(change(pixels.read_values(f)), args.size) for f in files]), fold)
        if plain is None:
            plain, limit = z, threshold_for(z, y, "specific")
        up, down = int(((z >= limit) & (plain < limit)).sum()), int(((z < limit) & (plain >= limit)).sum())
        difference = "" if name == "none" else card.three(list(stat.delong_difference(z[y], z[~y], plain[y], plain[~y])))
        lines.append([name, card.three(list(stat.auc_interval(z[y], z[~y]))), difference, f"{up} raised, {down} lost, of {len(y)}"])
        print(" | ".join(lines[-1]), flush=True)
    view = measures.view_score(rows)
    lines.append(["the view position alone (AP 1, PA 0)", card.three(list(stat.auc_interval(view[y], view[~y]))), "", ""])
    text = "\n".join(card.table(["Alteration", "AUC", "difference", "change sides at the specific point"], lines))
    if args.card:
        card.put_between(args.card, "shortcuts", text)


if __name__ == "__main__":
    main()
