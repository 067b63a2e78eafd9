"""Merge the fold members and the input detector into one ONNX file and write the manifest.

Weights are rounded to 16 bits and stored so; the graph casts them to float32 when it is
loaded, and computes in float32. With --keep-members the members and the label of the present
files stay, and only the detector is put in anew.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import images as pixels
import labels
from detector import Front, Gaussian, InputDetector, coco_front
from ensemble import Ensemble, drop_training_heads, fuse
from manifest_file import label, manifest
from network import OpacityNet
from score import HALF_SUFFIX, stored_weights

OPSET = 13
ROUNDED = ("members.", "detector.front.", "detector.directions")
Constants = tuple[float, float, float]


def trained_members(work: Path, names: list[str]) -> list[OpacityNet]:
    members = []
    for name in names:
        for k in range(labels.FOLDS):
            net = OpacityNet()
            net.load_state_dict(torch.load(work / f"{name}-fold{k}.pt"))
            members.append(drop_training_heads(fuse(net.to(memory_format=torch.contiguous_format))))
    return members


def trained_constants(figures: dict) -> Constants:
    limit = figures["localisation"]["rule"][0]
    return figures["constants"]["slope"], figures["constants"]["offset"], -math.log(limit / (1 - limit))


def present_members(path: Path) -> tuple[list[OpacityNet], Constants]:
    stored = stored_weights(path)
    members = []
    while any(name.startswith(f"members.{len(members)}.") for name in stored):
        net, prefix = drop_training_heads(fuse(OpacityNet())), f"members.{len(members)}."
        net.load_state_dict({k: stored[prefix + k] for k in net.state_dict()})
        members.append(net)
    return members, tuple(float(stored[k]) for k in ("slope", "offset", "heat_offset"))


def load_detector(args) -> InputDetector:
    rows = labels.load_rows(args.dataset)
    probe = pixels.cached_images(args.dataset, rows, args.size, args.work)[:: len(rows) // 64]
    stored = np.load(args.work / "detector.npz")
    front: Front = fuse(coco_front(args.coco, probe))
    return InputDetector(front, Gaussian(**{k: stored[k] for k in stored.files}))


def round_weights(ensemble: Ensemble) -> None:
    for name, tensor in ensemble.state_dict().items():
        if name.startswith(ROUNDED):
            tensor.copy_(tensor.half().float())


def store_half(model: onnx.ModelProto) -> None:
    """Keep each rounded weight as float16 with a Cast in front of its users."""
    graph, casts, kept = model.graph, [], []
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        half = array.astype(np.float16)
        if tensor.data_type != TensorProto.FLOAT or not tensor.name.startswith(ROUNDED):
            kept.append(tensor)
            continue
        assert (half.astype(np.float32) == array).all(), tensor.name
        kept.append(numpy_helper.from_array(half, tensor.name + HALF_SUFFIX))
        casts.append(helper.make_node("Cast", [tensor.name + HALF_SUFFIX], [tensor.name], to=TensorProto.FLOAT))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)


def note_aliases(model: onnx.ModelProto, state: dict) -> None:
    """The exporter merges equal weights (single biases can be); score.py must find each by name."""
    stored = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    for name in [k for k in state if k not in stored]:
        wanted = state[name].numpy()
        same = next(k for k, v in stored.items() if v.shape == wanted.shape and (v == wanted).all())
        model.metadata_props.add(key=f"alias:{name}", value=same)


def write_onnx(ensemble: Ensemble, size: int, path: Path) -> None:
    # From torch 2.9 on the TorchScript exporter, which keeps the weights' names, has to be asked for.
    newer = {} if torch.__version__.startswith("1.") else {"dynamo": False}
    torch.onnx.export(
        ensemble, torch.zeros(1, 1, size, size), str(path), input_names=["image"],
        output_names=["score", "heatmap", "atypicality"], opset_version=OPSET, do_constant_folding=False,
        keep_initializers_as_inputs=False, **newer,
    )
    model = onnx.load(str(path))
    note_aliases(model, ensemble.state_dict())
    store_half(model)
    model.producer_name, model.producer_version = "radtriage", ""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--coco", type=Path, required=True, help="yolox_nano_coco.onnx, the front of the detector")
    parser.add_argument("--work", type=Path, required=True, help="folder with weights, figures.json, detector.npz and input-check.json")
    parser.add_argument("--names", nargs="+", help="members, of five folds each")
    parser.add_argument("--keep-members", action="store_true", help="take members and label from --out as it is")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--out", type=Path, required=True, help="model folder")
    args = parser.parse_args()
    path, note = args.out / "model.onnx", args.out / "manifest.json"
    if args.keep_members:
        (members, constants), label_part = present_members(path), json.loads(note.read_text())["labels"][0]
    else:
        figures = json.loads((args.work / "figures.json").read_text())
        members, constants, label_part = trained_members(args.work, args.names), trained_constants(figures), label(figures)
    ensemble = Ensemble(members, load_detector(args), constants).eval()
    round_weights(ensemble)
    write_onnx(ensemble, args.size, path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    check = json.loads((args.work / "input-check.json").read_text())
    note.write_text(json.dumps(manifest(label_part, check, args.size, sha256), indent=2) + "\n")
    print(f"{path}: {path.stat().st_size} bytes, sha256 {sha256}")


if __name__ == "__main__":
    main()
