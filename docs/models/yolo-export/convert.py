#!/usr/bin/env python3
"""Exports an Ultralytics YOLOv8 detector to a RadTriage model folder: model.onnx and manifest.json.

The export itself is the library's own (format onnx, fixed size, without non-maximum suppression, which RadTriage does).
The classes that the file names must be those of the manifest.

Needs: pip install ultralytics onnx. Ultralytics is licensed under AGPL-3.0 or commercially, and holds that this covers
models trained with it: see the licence notes in yolo-export.md before you use the result.
"""

import argparse
import ast
import shutil
import sys
from pathlib import Path

import onnx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from model_folder import OPSET, add_arguments, fail, fail_with, read_json, write_model_folder  # noqa: E402

TEMPLATE = Path(__file__).with_name("manifest.json")


def export(weights, size):
    try:
        from ultralytics import YOLO
    except ImportError:
        fail("ultralytics is missing: pip install ultralytics")
    network = YOLO(str(weights))
    exported = network.export(
        format="onnx", imgsz=size, opset=OPSET, dynamic=False, simplify=False, nms=False, half=False
    )
    return Path(exported)


def dims_of(value):
    return [axis.dim_value for axis in value.type.tensor_type.shape.dim]


def check_network(network, manifest):
    """Names, shapes and classes of the exported file against the manifest."""
    inputs = {value.name: dims_of(value) for value in network.graph.input}
    outputs = {value.name: dims_of(value) for value in network.graph.output}
    properties = {entry.key: entry.value for entry in network.metadata_props}
    name, size = manifest["input"]["name"], manifest["input"]["size"]
    (boxes,) = [output for output in manifest["outputs"] if output["kind"] == "boxes"]
    classes = ast.literal_eval(properties.get("names", "{}"))
    faults = []
    if properties.get("task", "detect") != "detect":
        faults.append(f"task {properties['task']}: only detectors fit")
    if inputs.get(name) != [1, 3, *size]:
        faults.append(f"inputs {inputs}, manifest {name} {[1, 3, *size]}")
    dims = outputs.get(boxes["name"], [])
    if len(dims) != 3 or dims[1] != 4 + len(classes):
        faults.append(f"outputs {outputs}, expected {boxes['name']} [1, {4 + len(classes)}, N]")
    for label in manifest["labels"]:
        if classes.get(label["index"]) != label["id"]:
            faults.append(f"{label['id']}: class {label['index']} is {classes.get(label['index'])}")
    fail_with("network and manifest do not agree", faults)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="a trained YOLOv8 detector, such as runs/detect/train/weights/best.pt")
    add_arguments(parser, TEMPLATE)
    arguments = parser.parse_args()

    manifest = read_json(arguments.manifest)
    if not arguments.weights.is_file():
        fail(f"{arguments.weights} is missing")
    exported = export(arguments.weights, manifest["input"]["size"])
    check_network(onnx.load(str(exported)), manifest)
    write_model_folder(arguments.out, manifest, lambda path: shutil.copyfile(exported, path))


if __name__ == "__main__":
    main()
