"""Answers requests, one JSON object a line, until its input ends; arrays go into the file that a request names."""

import functools
import json
import sys
import warnings

import numpy as np

import network_input
import stored_values
import values

warnings.simplefilter("ignore")


@functools.lru_cache(maxsize=12)
def read(path):
    ds = stored_values.read(path)
    if not stored_values.has_pixels(ds):
        raise LookupError("no pixel data")
    # Decoding changes attributes: the values are read of a second copy.
    return stored_values.read(path), stored_values.stored_values(ds)


def network_inputs(request):
    ds, stored = read(request["path"])
    slices = [(ds, stored[frame], frame) for frame in request["frames"]]
    return network_input.network_inputs(slices, request["input"], request["middle"])


OPERATIONS = {
    "pixels": lambda request: read(request["path"])[1],
    "modality": lambda request: values.modality_values(*read(request["path"])),
    "voi": lambda request: values.voi_shares(*read(request["path"])),
    "input": network_inputs,
    "padding": lambda request: values.padding(*read(request["path"])),
}


def answer(request):
    try:
        array = np.ascontiguousarray(OPERATIONS[request["operation"]](request))
        array = array.astype(array.dtype.newbyteorder("<"))
        array.tofile(request["output"])
        return {"type": array.dtype.str.lstrip("<|"), "shape": list(array.shape)}
    except Exception as error:  # a file that pydicom refuses is an answer too
        return {"refused": f"{type(error).__name__}: {error}"}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
