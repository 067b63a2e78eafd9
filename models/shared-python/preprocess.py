"""The Python mirror of the product's image preprocessing.

The TypeScript side implements the same formulas; for one image both must give
tensors that differ by floating-point noise only. Everything is computed in
float64 and cast to float32 at the very end.

    values  2D array of stored pixel values after the Modality LUT (slope, intercept)
    1. MONOCHROME1 is inverted over that image: v' = (max + min) - v
    2. window: percentile or fixed, mapped to 0..1 and clipped
    3. area-letterbox resize to [H, W], padded after windowing
    4. (x - mean) / std

The functions take the same objects that a model manifest holds under "input".
"""
from __future__ import annotations

import math
from functools import lru_cache

import numpy as np


def invert_monochrome1(values: np.ndarray) -> np.ndarray:
    """MONOCHROME1 shows low values bright: v' = (max + min) - v."""
    values = np.asarray(values, dtype=np.float64)
    return (values.max() + values.min()) - values


def percentile_lower(values: np.ndarray, percent: float) -> float:
    """The value at sorted index floor(p / 100 * (n - 1)), without interpolation."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    index = int(math.floor(percent / 100 * (flat.size - 1)))
    return float(np.partition(flat, index)[index])


def window_bounds(values: np.ndarray, window: dict) -> tuple[float, float]:
    if window["kind"] == "percentile":
        return percentile_lower(values, window["low"]), percentile_lower(values, window["high"])
    if window["kind"] == "fixed":
        half = window["width"] / 2
        return window["center"] - half, window["center"] + half
    raise ValueError(f"unknown window kind {window['kind']!r}")


def apply_window(values: np.ndarray, window: dict) -> np.ndarray:
    """Map [lo, hi] to [0, 1] and clip; an empty window gives zeros."""
    values = np.asarray(values, dtype=np.float64)
    low, high = window_bounds(values, window)
    if high <= low:
        return np.zeros(values.shape, dtype=np.float64)
    return np.clip((values - low) / (high - low), 0.0, 1.0)


@lru_cache(maxsize=256)
def area_weights(source: int, target: int) -> np.ndarray:
    """Row i: coverage of each source pixel by [i * source/target, (i+1) * source/target), sum 1."""
    weights = np.zeros((target, source), dtype=np.float64)
    for i in range(target):
        start = i * source / target
        end = (i + 1) * source / target
        first = int(math.floor(start))
        last = min(source, int(math.ceil(end)))
        for j in range(first, last):
            covered = min(end, j + 1) - max(start, j)
            if covered > 0:
                weights[i, j] = covered
        weights[i] /= weights[i].sum()
    return weights


def round_half_up(x: float) -> int:
    return int(math.floor(x + 0.5))


def letterbox_geometry(source_size: tuple[int, int], size: tuple[int, int]) -> dict:
    """Where an image of (height, width) lies in a letterbox of [H, W]."""
    h0, w0 = source_size
    target_h, target_w = size
    scale = min(target_w / w0, target_h / h0)
    w1 = max(1, round_half_up(w0 * scale))
    h1 = max(1, round_half_up(h0 * scale))
    return {
        "width": w1,
        "height": h1,
        "left": (target_w - w1) // 2,
        "top": (target_h - h1) // 2,
    }


def area_letterbox(image: np.ndarray, size: tuple[int, int], pad: float) -> np.ndarray:
    g = letterbox_geometry(image.shape, size)
    resized = area_weights(image.shape[0], g["height"]) @ image @ area_weights(image.shape[1], g["width"]).T
    out = np.full((size[0], size[1]), float(pad), dtype=np.float64)
    out[g["top"] : g["top"] + g["height"], g["left"] : g["left"] + g["width"]] = resized
    return out


def box_to_letterbox(box: tuple[float, float, float, float], source_size, size) -> tuple[float, float, float, float]:
    """[x, y, width, height] in source pixels to the same in letterbox pixels."""
    h0, w0 = source_size
    g = letterbox_geometry(source_size, size)
    sx, sy = g["width"] / w0, g["height"] / h0
    x, y, w, h = box
    return (x * sx + g["left"], y * sy + g["top"], w * sx, h * sy)


def letterboxed(values: np.ndarray, photometric: str, spec: dict) -> np.ndarray:
    """Steps 1 to 3: windowed and letterboxed, in 0..1, not yet normalised (float64)."""
    if values.ndim != 2:
        raise ValueError(f"a 2D array is needed, got shape {values.shape}")
    values = np.asarray(values, dtype=np.float64)
    if photometric == "MONOCHROME1":
        values = invert_monochrome1(values)
    elif photometric != "MONOCHROME2":
        raise ValueError(f"photometric interpretation {photometric!r} is not supported")
    resize = spec["resize"]
    if resize["kind"] != "area-letterbox":
        raise ValueError(f"unknown resize kind {resize['kind']!r}")
    return area_letterbox(apply_window(values, spec["window"]), tuple(spec["size"]), resize["pad"])


def preprocess(values: np.ndarray, photometric: str, spec: dict) -> np.ndarray:
    """All steps; `spec` is a manifest's "input" object. Returns float32 [1, 1, H, W]."""
    image = letterboxed(values, photometric, spec)
    normalise = spec["normalise"]
    image = (image - normalise["mean"]) / normalise["std"]
    return image.astype(np.float32)[None, None]
