#!/usr/bin/env python3
"""Converts the network of a MONAI bundle to a RadTriage model folder: model.onnx and manifest.json.

Takes the bundle's TorchScript file (models/model.ts), so MONAI itself is not needed. Only networks that see one 2D
slice at a time fit; the size of the input and the number of channels are read from the bundle's metadata.json and
must be those of the manifest.

Needs: pip install torch onnx, and the bundle with its weights:
python -m monai.bundle download ventricular_short_axis_3label --bundle_dir bundles
"""

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from model_folder import OPSET, add_arguments, fail, fail_with, read_json, write_model_folder  # noqa: E402

TEMPLATE = Path(__file__).with_name("manifest.json")


def check_metadata(metadata, manifest):
    """The bundle's own description of its network against the manifest."""
    formats = metadata["network_data_format"]
    image, prediction = formats["inputs"]["image"], formats["outputs"]["pred"]
    faults = []
    if len(image["spatial_shape"]) != 2:
        faults.append(f"the network takes {len(image['spatial_shape'])}D patches; only 2D slices fit")
    elif [str(side) for side in image["spatial_shape"]] != [str(side) for side in manifest["input"]["size"]]:
        faults.append(f"input {image['spatial_shape']}, manifest {manifest['input']['size']}")
    if image["num_channels"] != manifest["input"]["channels"]:
        faults.append(f"input channels {image['num_channels']}, manifest {manifest['input']['channels']}")
    for label in manifest["labels"]:
        channel = prediction["channel_def"].get(str(label["index"]))
        if channel is None:
            faults.append(f"{label['id']}: the network has no channel {label['index']}")
        elif channel.replace("_", "-") != label["id"]:
            faults.append(f"{label['id']}: channel {label['index']} is {channel}")
    fail_with("bundle and manifest do not agree", faults)


def export(network, manifest, path):
    rows, columns = manifest["input"]["size"]
    image = torch.zeros(1, manifest["input"]["channels"], rows, columns)
    (mask,) = [output["name"] for output in manifest["outputs"] if output["kind"] == "mask"]
    torch.onnx.export(
        network,
        image,
        str(path),
        opset_version=OPSET,
        input_names=[manifest["input"]["name"]],
        output_names=[mask],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="the bundle's folder, with configs/metadata.json and models/model.ts")
    add_arguments(parser, TEMPLATE)
    arguments = parser.parse_args()

    manifest = read_json(arguments.manifest)
    check_metadata(read_json(arguments.bundle / "configs" / "metadata.json"), manifest)
    script = arguments.bundle / "models" / "model.ts"
    if not script.is_file():
        fail(f"{script} is missing: download the bundle with its weights")
    network = torch.jit.load(str(script), map_location="cpu")
    network.eval()
    write_model_folder(arguments.out, manifest, lambda path: export(network, manifest, path))


if __name__ == "__main__":
    main()
