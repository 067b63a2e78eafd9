"""Reads what export-twins.ts wrote, through the same preprocessing that the product runs."""
from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared-python"))
from preprocess import box_to_letterbox, letterboxed  # noqa: E402

SIZE = (256, 256)
CELLS = 64
RADIOGRAPH_WINDOW = {"kind": "percentile", "low": 1, "high": 99}
CT_WINDOW = {"kind": "fixed", "center": -300, "width": 1400}
MEAN, STD = 0.45, 0.28


@dataclass
class Study:
    """`images` are the windowed, letterboxed slices [n, 256, 256] in 0..1 as float16."""

    key: str
    ct: bool
    seed: int
    subtlety: str | None
    images: np.ndarray
    boxes: dict[int, list[tuple[float, float, float, float]]]  # letterbox pixels, by slice


def input_spec(ct: bool) -> dict:
    return {
        "size": list(SIZE),
        "window": CT_WINDOW if ct else RADIOGRAPH_WINDOW,
        "resize": {"kind": "area-letterbox", "pad": 0},
    }


def load_study(folder: Path, entry: dict) -> Study:
    ct = entry["kind"] == "CT"
    shape = (entry["slices"], entry["rows"], entry["columns"])
    cached = folder / f"{entry['file']}.npy"
    raw = np.fromfile(folder / entry["file"], dtype="<u2").reshape(shape)
    if cached.exists():
        images = np.load(cached)
    else:
        spec = input_spec(ct)
        values = raw.astype(np.float64) + entry["intercept"]
        images = np.stack([letterboxed(v, entry["photometric"], spec) for v in values]).astype(np.float16)
        np.save(cached, images)
    boxes: dict[int, list] = {}
    for item in entry["boxes"]:
        box = box_to_letterbox(tuple(item["box"]), shape[1:], SIZE)
        boxes.setdefault(item["slice"], []).append(box)
    return Study(entry["file"], ct, entry["seed"], entry["lesion"], images, boxes)


def load_pairs(folder: Path, split: str) -> list[tuple[Study, Study]]:
    """Twins (with, without) of one split, in order of kind and seed."""
    entries = []
    for index in sorted(folder.glob(f"index-{split}-*.jsonl")):
        entries += [json.loads(line) for line in index.read_text().splitlines() if line]
    by_twin: dict[tuple, dict] = {}
    for entry in entries:
        twins = by_twin.setdefault((entry["kind"], entry["seed"]), {})
        twins["without" if entry["lesion"] is None else "with"] = entry
    whole = [t for _, t in sorted(by_twin.items()) if len(t) == 2]
    return [(load_study(folder, t["with"]), load_study(folder, t["without"])) for t in whole]


def target_of(boxes: list[tuple[float, float, float, float]]) -> np.ndarray:
    """1 in the cells whose centre lies in the ellipse of a box; the nearest cell at least."""
    target = np.zeros((CELLS, CELLS), dtype=np.float32)
    step = SIZE[0] / CELLS
    centres = (np.arange(CELLS) + 0.5) * step
    for x, y, w, h in boxes:
        cx, cy = x + w / 2, y + h / 2
        dx = (centres[None, :] - cx) / max(w / 2, 1e-6)
        dy = (centres[:, None] - cy) / max(h / 2, 1e-6)
        target[dx * dx + dy * dy <= 1] = 1
        target[int(np.clip(cy // step, 0, CELLS - 1)), int(np.clip(cx // step, 0, CELLS - 1))] = 1
    return target
