"""The Python mirror of the product's image preprocessing.

The TypeScript side implements the same formulas; for one image both must give
tensors that differ by floating-point noise only. Everything is computed in
float64 and cast to float32 at the very end.

    values  2D array of stored pixel values after the Modality LUT (slope, intercept)
    1. MONOCHROME1 is inverted over that image: v' = (max + min) - v
    2. window: percentile, fixed, full-range or voi, mapped to 0..1 and clipped; padding is 0
    3. pixel spacing, tiles, resize to [H, W], padded after windowing
    4. (x - mean) / std, by channel

The functions take the same objects that a model manifest holds under "input", and what
the header says of the image: see Image.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np


@dataclass
class Image:
    """A 2D array of values after the Modality LUT, and what else its header says of it."""

    values: np.ndarray
    photometric: str = "MONOCHROME2"
    padding: np.ndarray | None = None
    """True where a pixel is padding: it counts in no statistic and becomes 0."""
    value_range: tuple[float, float] | None = None
    """The lowest and highest value that the stored bits allow."""
    voi: Callable[[np.ndarray], np.ndarray] | None = None
    """The image's own VOI LUT or window, from values to 0..1."""
    spacing: tuple[float, float] | None = None
    """Millimetres between rows, between columns."""


def voi_window(center: float, width: float, function: str = "LINEAR") -> Callable[[np.ndarray], np.ndarray]:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3, to 0..1."""
    if function == "SIGMOID":
        return lambda v: 1 / (1 + np.exp(-4 * (v - center) / width))
    if function == "LINEAR_EXACT":
        return lambda v: np.clip((v - center) / width + 0.5, 0, 1)
    middle, span = center - 0.5, width - 1

    def linear(v: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            between = (v - middle) / span + 0.5
        return np.where(v <= middle - span / 2, 0.0, np.where(v > middle + span / 2, 1.0, between))

    return linear


def shades(image: Image, window: dict) -> np.ndarray:
    """Steps 1 and 2: float64, 0 (darkest) to 1."""
    values = np.asarray(image.values, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"a 2D array is needed, got shape {values.shape}")
    if image.photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise ValueError(f"photometric interpretation {image.photometric!r} is not supported")
    inverted = image.photometric == "MONOCHROME1"
    measured = np.ones(values.shape, bool) if image.padding is None else ~image.padding.astype(bool)
    if window["kind"] == "voi":
        if image.voi is None:
            return shades(image, window.get("otherwise", {"kind": "full-range"}))
        shown = np.clip(image.voi(values), 0, 1)
        shown = 1 - shown if inverted else shown
    elif window["kind"] == "full-range":
        low, high = image.value_range or extremes(values[measured])
        shown = apply_bounds(low + high - values if inverted else values, low, high)
    else:
        if inverted:
            low, high = extremes(values[measured])
            values = (high + low) - values
        inside = values[measured]
        low, high = window_bounds(inside, window) if inside.size or window["kind"] == "fixed" else (0.0, 0.0)
        shown = apply_bounds(values, low, high)
    return np.where(measured, shown, 0.0)


def extremes(values: np.ndarray) -> tuple[float, float]:
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def apply_bounds(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Map [low, high] to [0, 1] and clip; an empty window gives zeros."""
    if high <= low:
        return np.zeros(values.shape, dtype=np.float64)
    return np.clip((values - low) / (high - low), 0.0, 1.0)


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
    return apply_bounds(values, *window_bounds(values, window))


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


def resample(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Each cell the mean of what it covers."""
    return area_weights(image.shape[0], rows) @ image @ area_weights(image.shape[1], columns).T


def fitted(image: np.ndarray, spec: dict) -> np.ndarray:
    """Step 3's resize: an image or a tile of 0..1 in the input's size."""
    rows, columns = spec["size"]
    resize = spec["resize"]
    if resize["kind"] == "area-letterbox":
        return area_letterbox(image, (rows, columns), resize["pad"])
    if resize["kind"] == "area-stretch":
        return resample(image, rows, columns)
    if resize["kind"] == "centre-crop":
        h = min(image.shape[0], max(1, round_half_up(image.shape[1] * rows / columns)))
        w = min(image.shape[1], max(1, round_half_up(image.shape[0] * columns / rows)))
        return resample(centred(image, h, w), rows, columns)
    if resize["kind"] == "crop-or-pad":
        part = centred(image, min(image.shape[0], rows), min(image.shape[1], columns))
        out = np.full((rows, columns), float(resize["pad"]))
        top, left = (rows - part.shape[0]) // 2, (columns - part.shape[1]) // 2
        out[top : top + part.shape[0], left : left + part.shape[1]] = part
        return out
    raise ValueError(f"unknown resize kind {resize['kind']!r}")


def centred(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    top, left = (image.shape[0] - rows) // 2, (image.shape[1] - columns) // 2
    return image[top : top + rows, left : left + columns]


def tiles(shape: tuple[int, int], spec: dict) -> list[tuple[slice, slice]]:
    """As few as leave the overlap, evenly spread, none over the edge."""

    def starts(length: int, tile: int) -> list[int]:
        room = length - tile
        if room <= 0:
            return [0]
        steps = max(1, math.ceil(room / (tile * (1 - spec.get("overlap", 0.25)))))
        return [round_half_up(i * room / steps) for i in range(steps + 1)]

    rows, columns = (min(tile, side) for tile, side in zip(spec["size"], shape))
    return [
        (slice(top, top + rows), slice(left, left + columns))
        for top in starts(shape[0], rows)
        for left in starts(shape[1], columns)
    ]


def network_inputs(images: list[Image], spec: dict) -> np.ndarray:
    """
    All steps for one image, or for the slices that are its channels, the middle one being spec["slices"]["before"].
    Returns float32 [parts, channels, H, W]: one part, or one for each tile that is not empty. Turning an image to the
    patient is the caller's.
    """
    seen = [spaced(shades(image, spec["window"]), image, spec) for image in images]
    middle = spec.get("slices", {}).get("before", 0)
    own = seen[middle].shape
    seen = [plane if plane.shape == own else resample(plane, *own) for plane in seen]
    channels = spec.get("channels", 1)
    tiled = spec.get("tiles")
    parts = []
    for place in tiles(own, tiled) if tiled else [(slice(None), slice(None))]:
        # What is dark is asked of the image, not of the padding around it.
        bare = fitted(seen[middle][place], {**spec, "resize": {**spec["resize"], "pad": math.nan}})
        dark = np.mean(bare[~np.isnan(bare)] <= 1 / 255)
        if tiled and dark >= tiled.get("emptyShare", 0.98):
            continue
        planes = [fitted(plane[place], spec) for plane in seen]
        parts.append(np.stack([planes[channel if len(planes) > 1 else 0] for channel in range(channels)]))
    stacked = np.array(parts, dtype=np.float64).reshape(-1, channels, *spec["size"])
    mean, std = (np.resize(spec["normalise"][key], channels).reshape(-1, 1, 1) for key in ("mean", "std"))
    return ((stacked - mean) / std).astype(np.float32)


def spaced(plane: np.ndarray, image: Image, spec: dict) -> np.ndarray:
    wanted = spec.get("pixelSpacing")
    if wanted is None or image.spacing is None:
        return plane
    sides = (max(1, round_half_up(n * own / to)) for n, own, to in zip(plane.shape, image.spacing, wanted["mm"]))
    return resample(plane, *sides)


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
