"""Stored pixel values of every frame, by pydicom and gdcm: what RadTriage's decoder is held against."""

import numpy as np
import pydicom
from pydicom import config
from pydicom.encaps import encapsulate, generate_pixel_data_frame
from pydicom.pixel_data_handlers import convert_color_space
from pydicom.pixel_data_handlers import gdcm_handler, numpy_handler, rle_handler

# JPEG baseline and extended, JPEG-LS near-lossless, JPEG 2000: values may overshoot the stored bits.
LOSSY = {"1.2.840.10008.1.2.4." + last for last in ("50", "51", "81", "91")}

config.pixel_data_handlers = [numpy_handler, rle_handler, gdcm_handler]


def read(path):
    return pydicom.dcmread(path, force=True)


def has_pixels(ds):
    return any(name in ds for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"))


def stored_values(ds):
    """int, float or uint array [frames, rows, columns] or [frames, rows, columns, 3] in RGB."""
    stated = ds.PhotometricInterpretation
    join_fragments(ds)
    array = ds.pixel_array
    if ds.get("NumberOfFrames", 1) in (None, 1) or array.ndim == (2 if ds.SamplesPerPixel == 1 else 3):
        array = array.reshape((1,) + array.shape[-2 if ds.SamplesPerPixel == 1 else -3 :])
    if "PixelData" in ds:
        array = take_stored_bits(array, ds)
    # pydicom changes the attribute where its codec has given RGB already.
    if stated.startswith("YBR_FULL") and ds.PhotometricInterpretation != "RGB":
        array = np.stack([convert_color_space(frame, "YBR_FULL", "RGB") for frame in array])
    return array


def join_fragments(ds):
    """gdcm joins the fragments of frames wrongly where there is no offset table; pydicom does it right."""
    frames = int(ds.get("NumberOfFrames") or 1)
    if frames > 1 and ds.file_meta.TransferSyntaxUID.is_compressed and ds["PixelData"].is_undefined_length:
        parts = list(generate_pixel_data_frame(ds.PixelData, frames))
        ds.PixelData = encapsulate(parts)
        ds["PixelData"].is_undefined_length = True


def take_stored_bits(array, ds):
    """PS3.5 8.1.1: only BitsStored bits below HighBit are pixels; pydicom leaves the others in place."""
    allocated, stored = array.dtype.itemsize * 8, ds.BitsStored
    if stored >= allocated or ds.BitsAllocated == 1:
        return array
    if ds.file_meta.TransferSyntaxUID in LOSSY:
        return hold_lossy(array, ds)
    up, down = allocated - 1 - ds.HighBit, allocated - stored
    return np.right_shift(np.left_shift(array, array.dtype.type(up)), array.dtype.type(down))


def hold_lossy(array, ds):
    """A white pixel that overshoots stays white: taking its low bits would make it black."""
    if ds.PixelRepresentation == 0:
        return np.clip(array, 0, 2**ds.BitsStored - 1)
    half = 2 ** (ds.BitsStored - 1)
    if ds.file_meta.TransferSyntaxUID.endswith(".81") and array.min() >= 0:
        # A codestream of the stored bits alone holds negative values as their two's complement.
        array = np.where(array >= half, array - 2 * half, array).astype(array.dtype)
    return np.clip(array, -half, half - 1)
