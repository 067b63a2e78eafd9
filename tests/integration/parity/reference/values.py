"""Modality values and VOI shares of every frame, by pydicom's own functions on what holds for that frame."""

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixel_data_handlers.util import apply_modality_lut, apply_voi_lut

MODALITY = ("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence")
VOI = ("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence")
PIXELS = ("PhotometricInterpretation", "BitsStored", "PixelRepresentation")


def modality_values(ds, stored):
    """float64 [frames, rows, columns]"""
    return np.stack([modality_value(module_of(ds, index), frame) for index, frame in enumerate(stored)])


def voi_shares(ds, stored):
    """0 (darkest) to 1, before MONOCHROME1 is inverted; float64 [frames, rows, columns]"""
    return np.stack([voi_share(module_of(ds, index), frame) for index, frame in enumerate(stored)])


def padding(ds, stored):
    """uint8 [frames, rows, columns]: 1 within PixelPaddingValue .. PixelPaddingRangeLimit (PS3.3 C.7.5.1.1.2)."""
    dtype = np.int16 if ds.PixelRepresentation == 1 else np.uint16
    first = np.array(ds.PixelPaddingValue).astype(dtype)
    last = np.array(ds.get("PixelPaddingRangeLimit", ds.PixelPaddingValue)).astype(dtype)
    low, high = min(first, last), max(first, last)
    return ((stored >= low) & (stored <= high)).astype(np.uint8)


def modality_value(module, frame):
    if module.get("ModalityLUTSequence"):
        # Not by pydicom: it reads tables of 8 and 16 bits only.
        item = module.ModalityLUTSequence[0]
        return entries_of(module, item, frame, signed=module.PixelRepresentation == 1).astype(float)
    return apply_modality_lut(frame, module).astype(float)


def voi_share(module, frame):
    values = modality_value(module, frame)
    if module.get("VOILUTSequence"):
        # Not by pydicom: it counts in the type of the entries, so that 8-bit ones wrap round, takes the first input for
        # unsigned where a rescale makes it negative (C.11.2.1.1), and cuts off what lies between two inputs.
        item = module.VOILUTSequence[0]
        signed = "ModalityLUTSequence" not in module and output_range(module)[0] < 0
        return entries_of(module, item, np.floor(values + 0.5), signed) / (2.0 ** item.LUTDescriptor[2] - 1)
    shown = apply_voi_lut(values, module).astype(float)
    low, high = output_range(module)
    return (shown - low) / (high - low)


def entries_of(module, item, values, signed):
    """PS3.3 C.11.1.1: inputs before the table take its first entry, those behind it the last."""
    count, first = item.LUTDescriptor[0] or 65536, item.LUTDescriptor[1]
    if signed:
        first = int(np.array(first).astype(np.int16))
    data = item.LUTData
    if isinstance(data, bytes):
        order = "<" if module.is_little_endian else ">"
        data = np.frombuffer(data, f"{order}u2" if len(data) >= 2 * count else np.uint8)
    index = np.clip(values.astype(float) - first, 0, count - 1).astype(int)
    return np.asarray(data)[index]


def output_range(module):
    """Between what pydicom's windows lie: the values that the stored bits allow."""
    if module.get("ModalityLUTSequence"):
        return 0.0, 2.0 ** module.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    low = -(2.0 ** (module.BitsStored - 1)) if module.PixelRepresentation == 1 else 0.0
    ends = np.array([low, low + 2.0**module.BitsStored - 1])
    if "RescaleSlope" in module and "RescaleIntercept" in module:
        ends = ends * float(module.RescaleSlope) + float(module.RescaleIntercept)
    return float(ends[0]), float(ends[1])


def module_of(ds, frame):
    """The frame's own functional groups, then the shared ones, then the object's top (PS3.3 C.7.6.16)."""
    module = Dataset()
    module.is_little_endian = ds.is_little_endian
    module.is_implicit_VR = ds.is_implicit_VR
    # Float pixels state none of these; any range does then, since a share of it is compared.
    module.BitsStored, module.PixelRepresentation = 16, 0
    places = [ds]
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        items = ds.get(name) or []
        index = frame if name.startswith("PerFrame") else 0
        if index < len(items):
            groups = items[index]
            places += list(groups.get("PixelValueTransformationSequence") or [])
            places += list(groups.get("FrameVOILUTSequence") or [])
    for place in places:
        for name in MODALITY + VOI + PIXELS:
            if name in place and place.get(name) not in (None, ""):
                module[name] = place[name]
    return module
