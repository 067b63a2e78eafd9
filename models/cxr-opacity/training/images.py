"""Pixels: the product's own preprocessing, done once and cached."""
from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from labels import Row

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared-python"))
import preprocess  # noqa: E402

STRIDE = 8  # input pixels a cell of the heat
HOT_SHARE = 20 / 1024  # of the cells, whose mean heat is the score of an image
MEAN, STD = 0.5, 0.25


def input_spec(size: int) -> dict:
    """What a manifest says under "input"."""
    return {
        "name": "image",
        "size": [size, size],
        "channels": 1,
        "window": {"kind": "percentile", "low": 1, "high": 99},
        "resize": {"kind": "area-letterbox", "pad": 0},
        "normalise": {"mean": MEAN, "std": STD},
    }


def score_cells(grid: int) -> int:
    """How many cells make the score: the same share of the image at each resolution."""
    return round(HOT_SHARE * grid * grid)


def read_values(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("L"), dtype=np.float64)


def prepare(values: np.ndarray, size: int) -> np.ndarray:
    """float32 [size, size] in 0..1, not yet normalised."""
    return preprocess.letterboxed(values, "MONOCHROME2", input_spec(size)).astype(np.float32)


def normalise(images: torch.Tensor) -> torch.Tensor:
    return (images - MEAN) / STD


def cached_images(dataset: Path, rows: list[Row], size: int, cache: Path) -> np.ndarray:
    """float32 [n, size, size] in 0..1."""
    key = hashlib.sha256(json.dumps([input_spec(size), [r.file for r in rows]]).encode()).hexdigest()[:12]
    path = cache / f"cxr-{size}-{key}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        images = np.empty((len(rows), size, size), dtype=np.float32)
        for i, r in enumerate(rows):
            images[i] = prepare(read_values(dataset / "images" / r.file), size)
        save_whole(path, images)
    return np.load(path, mmap_mode="r")


def save_whole(path: Path, array: np.ndarray) -> None:
    """Two processes may make the same cache: whoever ends last wins, nobody reads half a file."""
    partial = path.with_name(f"{path.stem}.{np.random.SeedSequence().entropy}.npy")
    np.save(partial, array)
    partial.rename(path)


def kermany_files(dataset: Path, part: str) -> list[tuple[Path, float]]:
    """Files of a part ("train" or "test") with 1 for pneumonia."""
    return [
        (path, label)
        for name, label in (("NORMAL", 0.0), ("PNEUMONIA", 1.0))
        for path in sorted((dataset / part / name).iterdir())
    ]


def cached_kermany(dataset: Path, size: int, cache: Path) -> tuple[np.ndarray, np.ndarray]:
    """uint8 images and labels of the paediatric pretraining set (its official training split)."""
    files = kermany_files(dataset, "train")
    path = cache / f"kermany-{size}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        save_whole(path, np.stack([np.round(prepare(read_values(p), size) * 255).astype(np.uint8) for p, _ in files]))
    return np.load(path, mmap_mode="r"), np.array([y for _, y in files], dtype=np.float32)
