#!/usr/bin/env python3
"""Converts a TorchXRayVision DenseNet to a RadTriage model folder: model.onnx and manifest.json.

The network is written with three outputs: the 18 logits, the last feature map, and the weights and bias of its last
layer, from which RadTriage computes a class activation map for each label without a gradient.

Needs: pip install torchxrayvision onnx. The weights are fetched by torchxrayvision itself at first use.
"""

import argparse
import math
import sys
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from model_folder import OPSET, add_arguments, fail, fail_with, read_json, write_model_folder  # noqa: E402

TEMPLATE = Path(__file__).with_name("manifest.json")


class WithFeatures(torch.nn.Module):
    """The logits [1, K] and the feature map [1, C, h, w] that they are pooled from.

    The library's own forward pass pools relu(features) over the whole map; its sigmoid and its piecewise scaling by
    operating points are left to the manifest (activation and calibration).
    """

    def __init__(self, network):
        super().__init__()
        self.features = network.features
        self.classifier = network.classifier

    def forward(self, image):
        features = torch.relu(self.features(image))
        return self.classifier(features.mean(dim=(2, 3))), features


def add_constant_output(network, name, tensor):
    """A tensor that does not depend on the input, as an output of its own. The exporter drops such outputs."""
    network.graph.initializer.append(numpy_helper.from_array(tensor.detach().numpy(), f"{name}_constant"))
    network.graph.node.append(helper.make_node("Identity", [f"{name}_constant"], [name]))
    shape = list(tensor.shape)
    network.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))


def load_network(weights):
    try:
        import torchxrayvision
    except ImportError:
        fail("torchxrayvision is missing: pip install torchxrayvision")
    network = torchxrayvision.models.DenseNet(weights=weights)
    network.eval()
    return network


def check_labels(manifest, network):
    """The manifest's labels and calibration must be those of these very weights."""
    targets = list(network.targets)
    thresholds = [float(value) for value in network.op_threshs]
    faults = []
    for label in manifest["labels"]:
        index = label["index"]
        if index >= len(targets) or not targets[index]:
            faults.append(f"{label['id']}: the network has no output {index}")
            continue
        if label["label"] != targets[index].replace("_", " "):
            faults.append(f"{label['id']}: output {index} is {targets[index]}")
        (_, (middle, half), _) = label["calibration"]["points"]
        if math.isnan(thresholds[index]):
            faults.append(f"{label['id']}: output {index} was not trained in these weights")
        elif half != 0.5 or abs(middle - thresholds[index]) > 1e-6 * max(1.0, thresholds[index]):
            faults.append(f"{label['id']}: operating point {thresholds[index]}, manifest {middle}")
    fail_with("manifest.json is for other weights", faults)


def export(network, manifest, path):
    rows, columns = manifest["input"]["size"]
    image = torch.zeros(1, 1, rows, columns)
    torch.onnx.export(
        WithFeatures(network),
        image,
        str(path),
        opset_version=OPSET,
        input_names=[manifest["input"]["name"]],
        output_names=["logits", "features"],
    )
    written = onnx.load(str(path))
    add_constant_output(written, "class_weights", network.classifier.weight)
    add_constant_output(written, "class_bias", network.classifier.bias)
    onnx.save(written, str(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--weights",
        default="densenet121-res224-all",
        help="name of the weights in torchxrayvision (default: %(default)s, which manifest.json describes)",
    )
    add_arguments(parser, TEMPLATE)
    arguments = parser.parse_args()

    manifest = read_json(arguments.manifest)
    network = load_network(arguments.weights)
    check_labels(manifest, network)
    write_model_folder(arguments.out, manifest, lambda path: export(network, manifest, path))


if __name__ == "__main__":
    main()
