"""Score image files with the torch twin of the committed ONNX. Prints CSV: file,score.

The weights are read back from the ONNX file; the network is the one in network.py.
For comparing the product's scores (TypeScript preprocessing, ONNX Runtime) with the
training side. Takes 8-bit or 16-bit greyscale PNG or JPEG files, MONOCHROME2, as
stored values with slope 1 and intercept 0; or .npy files holding a 2D array.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image

import data
from export import HALF_SUFFIX, drop_training_heads
from network import Ensemble, OpacityNet, fuse


def twin(model_path: Path) -> Ensemble:
    model = onnx.load(str(model_path))
    stored = {
        t.name.removesuffix(HALF_SUFFIX): torch.from_numpy(numpy_helper.to_array(t).astype(np.float32))
        for t in model.graph.initializer
    }
    for p in model.metadata_props:
        if p.key.startswith("alias:"):
            stored[p.key.removeprefix("alias:")] = stored[p.value]
    count = 1 + max(int(name.split(".")[1]) for name in stored if name.startswith("members."))
    members = []
    for _ in range(count):
        net = fuse(OpacityNet())
        drop_training_heads(net)
        members.append(net)
    ensemble = Ensemble(members).eval()
    ensemble.load_state_dict({k: stored[k] for k in ensemble.state_dict()})
    return ensemble


def read(path: Path) -> np.ndarray:
    if path.suffix == ".npy":
        return np.load(path).astype(np.float64)
    image = Image.open(path)
    if image.mode not in ("L", "I", "I;16", "F"):
        image = image.convert("L")
    return np.asarray(image, dtype=np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path(__file__).resolve().parents[1], help="model folder")
    parser.add_argument("--photometric", default="MONOCHROME2", choices=["MONOCHROME1", "MONOCHROME2"])
    parser.add_argument("--heatmaps", type=Path, help="folder to write each heatmap to, as .npy")
    parser.add_argument("files", type=Path, nargs="+")
    args = parser.parse_args()
    torch.set_num_threads(1)
    spec = json.loads((args.model / "manifest.json").read_text())["input"]
    net = twin(args.model / "model.onnx")
    print("file,score")
    for path in args.files:
        x = torch.from_numpy(data.preprocess.preprocess(read(path), args.photometric, spec))
        with torch.no_grad():
            score, heat = net(x)
        print(f"{path},{score.item():.7f}", flush=True)
        if args.heatmaps:
            args.heatmaps.mkdir(parents=True, exist_ok=True)
            np.save(args.heatmaps / f"{path.name}.npy", heat.numpy())


if __name__ == "__main__":
    main()
