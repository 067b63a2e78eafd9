"""Merge the five fold members into one ONNX file and write the manifest.

The members' weights are rounded to 16 bits and stored so; the graph casts them to
float32 when it is loaded, and computes in float32.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import math
import re
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

import data
from network import Ensemble, OpacityNet, fuse

OPSET = 13
HALF_SUFFIX = "__half"


def load_ensemble(work: Path, name: str, seed: int, figures: dict) -> Ensemble:
    members = []
    for k in range(data.FOLDS):
        net = OpacityNet()
        net.load_state_dict(torch.load(work / f"{name}-fold{k}-seed{seed}.pt"))
        net = fuse(net.to(memory_format=torch.contiguous_format))
        drop_training_heads(net)
        members.append(net)
    limit = figures["heatmap"]["threshold"]
    ensemble = Ensemble(
        members, figures["calibration"]["slope"], figures["calibration"]["offset"], -math.log(limit / (1 - limit))
    ).eval()
    for parameter in ensemble.parameters():
        parameter.data = parameter.data.half().float()
    return ensemble


def drop_training_heads(net: OpacityNet) -> None:
    """Only the opacity channel of the heat leaves the network."""
    heat = torch.nn.Conv2d(net.heat.in_channels, 1, 1)
    heat.weight.data, heat.bias.data = net.heat.weight.data[:1].clone(), net.heat.bias.data[:1].clone()
    net.heat = heat
    del net.findings, net.score, net.hidden


def store_half(model: onnx.ModelProto) -> None:
    """Keep each weight as float16 with a Cast in front of its users."""
    graph, casts, kept = model.graph, [], []
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        half = array.astype(np.float16)
        if tensor.data_type != TensorProto.FLOAT or not tensor.name.startswith("members."):
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


def export(ensemble: Ensemble, path: Path) -> None:
    torch.onnx.export(
        ensemble, torch.zeros(1, 1, data.SIZE, data.SIZE), str(path), input_names=["image"],
        output_names=["score", "heatmap"], opset_version=OPSET, do_constant_folding=False,
        keep_initializers_as_inputs=False,
    )
    model = onnx.load(str(path))
    note_aliases(model, ensemble.state_dict())
    store_half(model)
    model.producer_name, model.producer_version = "radtriage", ""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def manifest(figures: dict, sha256: str) -> dict:
    points = []
    for kind in ("specific", "sensitive"):
        p = figures["operating_points"][kind]
        point = {"id": kind, "threshold": round(p["threshold"], 4)}
        if kind == "specific":
            point["default"] = True
        point |= {"sensitivity": round(p["sensitivity"][0], 3), "specificity": round(p["specificity"][0], 3)}
        points.append(point)
    auc = figures["auc"]
    return {
        "schemaVersion": 2,
        "id": "cxr-opacity",
        "version": "0.1.0",
        "title": "Lung opacity on adult frontal chest radiographs",
        "demonstration": False,
        "file": "model.onnx",
        "sha256": sha256,
        "licence": "Apache-2.0",
        "intendedUse": "Research use only, not a medical device. Raises adult frontal chest radiographs with a suspected lung "
        "opacity in a radiologist's worklist. It never lowers a study, and every study is read by a radiologist.",
        "attribution": [
            "NIH Clinical Center, ChestX-ray14; Wang et al., CVPR 2017",
            "Radiological Society of North America, Pneumonia Detection Challenge 2018; Shih et al., Radiology: Artificial Intelligence 2019",
            "Kermany et al., Cell 2018, chest radiographs of children, CC BY 4.0 (pretraining)",
            "YOLOX-nano, Megvii, Apache-2.0, trained on COCO (initialisation)",
            "torchxrayvision, Cohen et al. (table that matches RSNA images to NIH images)",
        ],
        "select": {
            "level": "image",
            "all": [
                {"attribute": "Modality", "in": ["CR", "DX"]},
                {"attribute": "BodyPartExamined", "in": ["CHEST", "THORAX", "LUNG", "RIB"], "orMissing": True},
                {"attribute": "ViewPosition", "in": ["PA", "AP"], "orMissing": True},
                {"attribute": "Manufacturer", "notIn": ["RadTriage Phantom"], "orMissing": True},
            ],
            "minimumAgeYears": 18,
        },
        "input": data.INPUT_SPEC,
        "outputs": [
            {"kind": "scores", "name": "score", "activation": "none"},
            {"kind": "heatmap", "name": "heatmap", "activation": "none"},
        ],
        "labels": [
            {
                "id": "lung-opacity",
                "label": "Lung opacity",
                "code": {"scheme": "99RADTRIAGE", "value": "LUNG-OPACITY", "meaning": "Opacity of lung"},
                "index": 0,
                "operatingPoints": points,
                "heatmap": {"threshold": 0.5, "minimumCells": figures["heatmap"]["minimumCells"]},
                "validation": {
                    "auc": round(auc["auc"], 3),
                    "aucInterval": [round(auc["low"], 3), round(auc["high"], 3)],
                    "n": figures["n"],
                    "positives": figures["positives"],
                    "method": "5-fold patient-wise cross-validation on training patients",
                },
            }
        ],
    }


def as_json(value: dict) -> str:
    """Indented, with lists of plain values on one line, as the repository's formatter wants it."""
    text = json.dumps(value, indent=2)
    flat = re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: "[" + re.sub(r",\s+", ", ", m[1]) + "]", text)
    # Lists of sentences stay on several lines.
    attribution = json.dumps(value["attribution"], indent=2).replace("\n", "\n  ")
    return re.sub(r'"attribution": \[.*?\]', lambda _: '"attribution": ' + attribution, flat, flags=re.S) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder with weights and figures.json")
    parser.add_argument("--name", default="member")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="model folder")
    args = parser.parse_args()
    figures = json.loads((args.work / "figures.json").read_text())
    ensemble = load_ensemble(args.work, args.name, args.seed, figures)
    path = args.out / "model.onnx"
    export(ensemble, path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    (args.out / "manifest.json").write_text(as_json(manifest(figures, sha256)))
    print(f"{path}: {path.stat().st_size} bytes, sha256 {sha256}")


if __name__ == "__main__":
    main()
