"""Score image files with the torch twin of the committed ONNX. Prints CSV: file,score.

The weights are read back from the ONNX file; the network is the one in ensemble.py.
For comparing the product's scores (TypeScript preprocessing, ONNX Runtime) with the
training side. Takes 8-bit or 16-bit greyscale PNG or JPEG files, MONOCHROME2, as
stored values with slope 1 and intercept 0; or .npy files holding a 2D array.
"""
from __future__ import annotations

import argparse
import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image

from detector import Front, Gaussian, InputDetector
from ensemble import Ensemble, drop_training_heads, fuse
from images import preprocess
from network import OpacityNet

HALF_SUFFIX = "__half"  # of the names of weights stored in 16 bits


def stored_weights(path: Path) -> dict[str, torch.Tensor]:
    """Weights by the name that they have in the torch network, as float32."""
    model = onnx.load(str(path))
    stored = {
        t.name.removesuffix(HALF_SUFFIX): torch.from_numpy(numpy_helper.to_array(t).astype(np.float32))
        for t in model.graph.initializer
    }
    for p in model.metadata_props:
        if p.key.startswith("alias:"):
            stored[p.key.removeprefix("alias:")] = stored[p.value]
    return stored


def twin(path: Path) -> Ensemble:
    stored = stored_weights(path)
    count = 1 + max(int(name.split(".")[1]) for name in stored if name.startswith("members."))
    members = [drop_training_heads(fuse(OpacityNet())) for _ in range(count)]
    parts = {f.name: stored[f"detector.{f.name}"].numpy() for f in fields(Gaussian)}
    detector = InputDetector(fuse(Front(OpacityNet())), Gaussian(**parts))
    ensemble = Ensemble(members, detector).eval()
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
    parser.add_argument("--atypicality", action="store_true", help="add a column with the input detector's value")
    parser.add_argument("files", type=Path, nargs="+")
    args = parser.parse_args()
    torch.set_num_threads(1)
    spec = json.loads((args.model / "manifest.json").read_text())["input"]
    net = twin(args.model / "model.onnx")
    print("file,score" + (",atypicality" if args.atypicality else ""))
    for path in args.files:
        x = torch.from_numpy(preprocess.preprocess(read(path), args.photometric, spec))
        with torch.no_grad():
            out = net(x)
        last = f",{out.atypicality.item():.7f}" if args.atypicality else ""
        print(f"{path},{out.score.item():.7f}{last}", flush=True)
        if args.heatmaps:
            args.heatmaps.mkdir(parents=True, exist_ok=True)
            np.save(args.heatmaps / f"{path.name}.npy", out.heat.numpy())


if __name__ == "__main__":
    main()
