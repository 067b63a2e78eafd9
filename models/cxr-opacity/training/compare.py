"""Configurations against a reference, out of fold, on the same read adults' images: a table for EXPERIMENTS.md."""
from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import card
import labels
import localisation as place
import statistic as stat
from predictions import hottest, load_heat


def measure(work: Path, names: list[str], rows: list[labels.Row]) -> tuple[np.ndarray, np.ndarray, float]:
    """Index of the images, their ranking value, and the share of peaks in a box."""
    index, heat = load_heat(work, names, rows)
    keep = np.array([rows[i].adult and rows[i].read for i in index])
    index, heat = index[keep], heat[keep]
    ill = [n for n, i in enumerate(index) if rows[i].positive]
    return index, hottest(heat), float(place.peak_hits(heat[ill], [rows[index[n]].boxes for n in ill]).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("names", nargs="+", help="members, or several joined by + whose heat is averaged; the first is the reference")
    args = parser.parse_args()
    rows = labels.load_rows(args.dataset)
    lines, first = [], None
    for configuration in args.names:
        index, z, peak = measure(args.work, configuration.split("+"), rows)
        y = np.array([rows[i].positive for i in index])
        view = np.array([rows[i].view for i in index])
        cells = [card.three(list(stat.auc_interval(z[y], z[~y])))]
        cells += [f"{stat.delong(z[y & (view == v)], z[~y & (view == v)])[0]:.3f}" for v in ("PA", "AP")]
        if first is None:
            first, difference = (index, z), ""
        else:
            assert (first[0] == index).all()
            difference = card.three(list(stat.delong_difference(z[y], z[~y], first[1][y], first[1][~y])))
        lines.append([configuration, *cells, difference, f"{peak:.3f}"])
    print("\n".join(card.table(["Configuration", "AUC", "PA", "AP", f"against {args.names[0]}", "peak in a box"], lines)))


if __name__ == "__main__":
    main()
