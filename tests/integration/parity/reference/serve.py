"""Answers requests, one JSON object a line, until its input ends; arrays go into the file that a request names."""

import json
import sys
import warnings

import numpy as np

import stored_values

warnings.simplefilter("ignore")


def pixels(request):
    ds = stored_values.read(request["path"])
    if not stored_values.has_pixels(ds):
        raise LookupError("no pixel data")
    return stored_values.stored_values(ds)


OPERATIONS = {"pixels": pixels}


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
