"""Images that the model must not score, and ways to alter those that it may.

Nothing is fitted on any that must be refused: they only measure the input detector.
"""
from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import images as pixels

Change = Callable[[np.ndarray], np.ndarray]
area_weights = pixels.preprocess.area_weights


def squeeze(v: np.ndarray, width: float, height: float) -> np.ndarray:
    rows, columns = (max(1, round(side * share)) for side, share in zip(v.shape, (height, width)))
    return area_weights(v.shape[0], rows) @ v @ area_weights(v.shape[1], columns).T


def noisy(v: np.ndarray, levels: float) -> np.ndarray:
    return v + np.random.default_rng(int(v.sum()) % 2**32).normal(0, levels, v.shape)


def shuffled(v: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).permutation(v.ravel()).reshape(v.shape)


def bordered(v: np.ndarray, share: float) -> np.ndarray:
    """Outer part black, as by collimation."""
    out, (m, n) = np.zeros_like(v), (round(side * share) for side in v.shape)
    out[m:-m, n:-n] = v[m:-m, n:-n]
    return out


def reshaped(images: np.ndarray) -> list[np.ndarray]:
    """Prepared images [n, S, S] as of portrait or landscape detectors (35 x 43 cm and less), every second one collimated.

    NIH's images came without their shapes, as squares: with these among those that the detector is fitted on, a shape
    alone is no ground to refuse.
    """
    rng, out = np.random.default_rng(3), []
    for image in images:
        v, side = np.asarray(image, dtype=np.float64), image.shape[0]
        if rng.random() < 0.5:
            v = bordered(v, rng.uniform(0.01, 0.09))
        short = rng.uniform(0.78, 1)
        v = squeeze(v, short, 1) if rng.random() < 0.5 else squeeze(v, 1, short)
        top, left = (side - v.shape[0]) // 2, (side - v.shape[1]) // 2
        whole = np.zeros((side, side), dtype=np.float32)
        whole[top : top + v.shape[0], left : left + v.shape[1]] = v
        out.append(whole)
    return out


# Of adults' frontal radiographs (8-bit values): what must be refused ...
SPOILED: dict[str, Change] = {
    "inverted": lambda v: 255 - v,
    "rotated by 90 degrees": lambda v: np.rot90(v, 1),
    "rotated by 270 degrees": lambda v: np.rot90(v, 3),
    "upside down": lambda v: np.rot90(v, 2),
    "squeezed to 40% of the height": lambda v: squeeze(v, 1, 0.4),
    "squeezed to 40% of the width": lambda v: squeeze(v, 0.4, 1),
    "upper half only": lambda v: v[: v.shape[0] // 2],
    "lower half only": lambda v: v[v.shape[0] // 2 :],
    "pixels shuffled": shuffled,
}
# ... and what should not be.
BEARABLE: dict[str, Change] = {
    "mirrored": lambda v: v[:, ::-1],
    "width squeezed to 82%": lambda v: squeeze(v, 0.82, 1),
    "height squeezed to 82%": lambda v: squeeze(v, 1, 0.82),
    "outer twelfth black": lambda v: bordered(v, 1 / 12),
    "gamma 0.75": lambda v: 255 * (v / 255) ** 0.75,
    "gamma 1.33": lambda v: 255 * (v / 255) ** 1.33,
    "noise of 5 grey levels": lambda v: noisy(v, 5),
    "made of 224 pixels only": lambda v: squeeze(v, 224 / v.shape[1], 224 / v.shape[0]),
}


def artificial() -> dict[str, list[np.ndarray]]:
    from scipy.ndimage import gaussian_filter

    rng, side = np.random.default_rng(1), 512
    ramp = np.tile(np.linspace(0, 255, side), (side, 1))
    return {
        "a grey ramp": [ramp, ramp[:, ::-1].copy(), ramp.T.copy(), ramp.T[::-1].copy()],
        "noise": [rng.normal(128, 40, (side, side)) for _ in range(20)],
        "blurred noise": [gaussian_filter(rng.normal(0, 1, (side, side)), s) for s in (2, 4, 8, 16, 32) for _ in range(8)],
        "blank": [np.full((side, side), value) for value in (0.0, 128.0, 255.0)],
    }


def children(kermany: Path) -> dict[str, list[np.ndarray]]:
    """Kermany's test part: aged 1 to 5, 224 px."""
    return {"children aged 1 to 5": [pixels.read_values(path) for path, _ in pixels.kermany_files(kermany, "test")]}


def dicom_files(folder: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Class (modality and body part) and MONOCHROME2 values of every different greyscale image; of several frames the middle."""
    import pydicom

    seen = set()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            dataset = pydicom.dcmread(path, force=True)
            if not str(dataset.get("PhotometricInterpretation", "")).startswith("MONOCHROME") or dataset.get("Modality") == "SEG":
                continue
            values = dataset.pixel_array.astype(np.float64)
        except Exception as error:  # odd and broken files are part of such collections
            print(f"left out {path.name}: {type(error).__name__}", file=sys.stderr)
            continue
        while values.ndim > 2:
            values = values[len(values) // 2]
        values = values * float(dataset.get("RescaleSlope", 1) or 1) + float(dataset.get("RescaleIntercept", 0) or 0)
        if dataset.PhotometricInterpretation == "MONOCHROME1":
            values = pixels.preprocess.invert_monochrome1(values)
        digest = hashlib.sha256(values.tobytes()).hexdigest()
        if digest not in seen:
            seen.add(digest)
            yield " ".join(str(dataset.get(k, "") or "unnamed") for k in ("Modality", "BodyPartExamined")), values
