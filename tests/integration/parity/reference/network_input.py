"""
A network's input, written from what models/README.md and the manifest's schema say and not from any code: numpy, with
skimage for whole-number reductions.
"""

from itertools import product

import numpy as np
from skimage.transform import downscale_local_mean

import values


def network_inputs(slices, spec, middle):
    """
    slices: one (data set, stored values of one frame, number of the frame) for each channel, or one for all.
    Returns float64 [parts, channels, H, W]: one part, or one for each tile that is not empty.
    """
    shades = [shades_of(ds, stored, frame, spec) for ds, stored, frame in slices]
    own = shades[middle]
    shades = [shade if shade.shape == own.shape else area_resize(shade, own.shape) for shade in shades]
    parts = []
    for top, left, rows, columns in tiles_of(own.shape, spec.get("tiles")):
        planes, boxes = zip(*(fit(shade[top : top + rows, left : left + columns], spec) for shade in shades))
        if spec.get("tiles") and np.mean(planes[middle] <= 1 / 255) >= spec["tiles"]["emptyShare"]:
            continue
        parts.append(laid_out(planes, boxes[0], spec))
    return np.array(parts).reshape(-1, spec["channels"], *spec["size"])


def laid_out(planes, box, spec):
    """The planes in their place in the input, normalised by channel."""
    channels = spec["channels"]
    out = np.full((channels, *spec["size"]), float(spec["resize"].get("pad", 0)))
    top, left = box
    for channel in range(channels):
        plane = planes[channel if len(planes) > 1 else 0]
        out[channel, top : top + plane.shape[0], left : left + plane.shape[1]] = plane
    mean, std = (np.resize(spec["normalise"][name], channels).reshape(-1, 1, 1) for name in ("mean", "std"))
    return (out - mean) / std


def shades_of(ds, stored, frame, spec):
    """Values 0 (darkest) to 1, turned and brought to the wanted spacing."""
    grey = luminance(ds, stored)
    module = values.module_of(ds, frame)
    is_color = stored.ndim == 3 or "PALETTE" in ds.PhotometricInterpretation
    modality = grey.astype(float) if is_color else values.modality_value(module, grey)
    padded = np.zeros(grey.shape, bool)
    if "PixelPaddingValue" in ds and not is_color:
        padded = values.padding(ds, grey).astype(bool)
    shade = windowed(ds, module, (grey, modality, padded), spec["window"])
    shade[padded] = 0
    spacing = spacing_of(ds, frame)
    if spec["orientation"] == "patient":
        shade, spacing = turned(shade, spacing, axes_of(ds, frame))
    if spec.get("pixelSpacing") and spacing is not None:
        wanted = spec["pixelSpacing"]["mm"]
        size = [max(1, int(np.floor(n * own / to + 0.5))) for n, own, to in zip(shade.shape, spacing, wanted)]
        shade = area_resize(shade, size)
    return shade


def luminance(ds, stored):
    if "PALETTE" in ds.PhotometricInterpretation:
        from pydicom.pixel_data_handlers.util import apply_color_lut

        rgb = apply_color_lut(stored, ds).astype(float)
        stored = np.floor(rgb / 2 ** (ds.RedPaletteColorLookupTableDescriptor[2] - 8))
    if stored.ndim == 2:
        return stored
    return np.floor(stored.astype(float) @ [0.299, 0.587, 0.114] + 0.5)


def windowed(ds, module, pixels, window):
    grey, modality, padded = pixels
    inverted = ds.PhotometricInterpretation == "MONOCHROME1"
    if window["kind"] == "voi":
        if not (module.get("VOILUTSequence") or module.get("WindowCenter") is not None):
            return windowed(ds, module, pixels, window["otherwise"])
        share = np.clip(values.voi_share(module, grey), 0, 1)
        return 1 - share if inverted else share
    measured = modality[~padded]
    low, high = measured.min(), measured.max()
    if window["kind"] == "full-range":
        low, high = sorted(values.output_range(module))
    if inverted:
        modality, measured = low + high - modality, low + high - measured
    if window["kind"] == "fixed":
        low, high = (window["center"] + side * window["width"] / 2 for side in (-1, 1))
    if window["kind"] == "percentile":
        ordered = np.sort(measured)
        low, high = (ordered[int(np.floor(window[end] / 100 * (ordered.size - 1)))] for end in ("low", "high"))
    return np.clip((modality - low) / (high - low), 0, 1) if high > low else np.zeros(modality.shape)


def spacing_of(ds, frame):
    for place in places_of(ds, frame):
        for name in ("PixelSpacing", "ImagerPixelSpacing"):
            if place.get(name):
                return [float(side) for side in place.get(name)]
    return None


def axes_of(ds, frame):
    """Directions of a row and of a column in the patient: towards the left, the back and the head."""
    for place in places_of(ds, frame):
        if place.get("ImageOrientationPatient"):
            cosines = np.array(place.ImageOrientationPatient, float)
            return cosines[:3], cosines[3:]
    letters = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "H": (0, 0, 1), "F": (0, 0, -1)}
    stated = ds.get("PatientOrientation") or []
    if len(stated) == 2 and all(side[:1] in letters for side in stated):
        return tuple(np.array(letters[side[0]], float) for side in stated)
    return None


def places_of(ds, frame):
    places = []
    for name, index in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        items = ds.get(name) or []
        for sequence in ("PixelMeasuresSequence", "PlaneOrientationSequence"):
            places += list(items[index].get(sequence) or []) if index < len(items) else []
    return places + [ds]


def turned(shade, spacing, axes):
    """Of the eight ways to lay an image, the one with the patient's left (or back) on the right and head (or front) up."""
    if axes is None:
        return shade, spacing
    for transpose, flip_x, flip_y in product((False, True), repeat=3):
        row, column = axes[::-1] if transpose else axes
        right, down = row * (-1 if flip_x else 1), column * (-1 if flip_y else 1)
        across, along = np.argmax(np.abs(right)), np.argmax(np.abs(down))
        # 0 leads to the left, 1 to the back, 2 to the head.
        if along <= across or right[across] <= 0 or (down[along] > 0) != (along == 1):
            continue
        shade = shade.T if transpose else shade
        spacing = spacing[::-1] if transpose and spacing else spacing
        return shade[:: -1 if flip_y else 1, :: -1 if flip_x else 1], spacing
    return shade, spacing


def tiles_of(shape, tiles):
    if tiles is None:
        return [(0, 0, *shape)]
    sides = [min(wanted, length) for wanted, length in zip(tiles["size"], shape)]
    starts = []
    for side, length in zip(sides, shape):
        room = length - side
        steps = max(1, int(np.ceil(room / (side * (1 - tiles["overlap"]))))) if room else 0
        starts.append([int(np.floor(step * room / steps + 0.5)) for step in range(steps + 1)] if steps else [0])
    return [(top, left, *sides) for top in starts[0] for left in starts[1]]


def fit(shade, spec):
    """The resized shades, and where their upper left corner lies in the input."""
    (height, width), (rows, columns) = spec["size"], shade.shape
    kind = spec["resize"]["kind"]
    if kind == "area-stretch":
        return area_resize(shade, (height, width)), (0, 0)
    if kind == "area-letterbox":
        scale = min(width / columns, height / rows)
        size = [max(1, int(np.floor(side * scale + 0.5))) for side in (rows, columns)]
        return area_resize(shade, size), ((height - size[0]) // 2, (width - size[1]) // 2)
    if kind == "centre-crop":
        size = [
            min(rows, max(1, int(np.floor(columns * height / width + 0.5)))),
            min(columns, max(1, int(np.floor(rows * width / height + 0.5)))),
        ]
        return area_resize(centre(shade, size), (height, width)), (0, 0)
    size = [min(rows, height), min(columns, width)]
    return centre(shade, size), ((height - size[0]) // 2, (width - size[1]) // 2)


def centre(shade, size):
    top, left = ((length - side) // 2 for length, side in zip(shade.shape, size))
    return shade[top : top + size[0], left : left + size[1]]


def area_resize(shade, size):
    """Each cell is the mean of the interval that it covers; what it covers in part counts by that part."""
    factors = [length / side for length, side in zip(shade.shape, size)]
    if all(factor == int(factor) for factor in factors):
        return downscale_local_mean(shade, tuple(int(factor) for factor in factors))
    return overlaps(shade.shape[0], size[0]) @ shade @ overlaps(shade.shape[1], size[1]).T


def overlaps(length, side):
    """[side, length]: the share of each source cell in each target cell."""
    edges = np.arange(side + 1) * length / side
    begins, ends = np.maximum(edges[:-1, None], np.arange(length)), np.minimum(edges[1:, None], np.arange(1, length + 1))
    shares = np.maximum(ends - begins, 0)
    return shares / shares.sum(axis=1, keepdims=True)
