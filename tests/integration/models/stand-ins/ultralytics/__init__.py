"""YOLOv8's head with random weights on a small backbone, under the names of ultralytics: see ../README.md."""

from pathlib import Path

import onnx
import torch
from torch import nn

STRIDES, BINS = (8, 16, 32), 16


def convolution(before, after, stride):
    return nn.Sequential(nn.Conv2d(before, after, 3, stride, 1), nn.SiLU())


def middles(cells):
    return torch.arange(cells, dtype=torch.float32) + 0.5


class Detector(nn.Module):
    """[1, 3, H, W] to [1, 4 + K, N]: centre x, centre y, width, height in input pixels, then K class scores."""

    def __init__(self, classes):
        super().__init__()
        torch.manual_seed(8)
        self.stem = nn.Sequential(convolution(3, 8, 2), convolution(8, 16, 2), convolution(16, 32, 2))
        self.deeper = nn.ModuleList([convolution(32, 32, 2), convolution(32, 32, 2)])
        self.boxes = nn.ModuleList(nn.Conv2d(32, 4 * BINS, 1) for _ in STRIDES)
        self.classes = nn.ModuleList(nn.Conv2d(32, classes, 1) for _ in STRIDES)

    def forward(self, x):
        levels = [self.stem(x)]
        for layer in self.deeper:
            levels.append(layer(levels[-1]))
        parts = [self.decode(number, level) for number, level in enumerate(levels)]
        return torch.cat(parts, dim=2)

    def decode(self, number, level):
        rows, columns = level.shape[2:]
        distances = self.boxes[number](level).view(1, 4, BINS, rows * columns).softmax(dim=2)
        left, top, right, bottom = (distances * torch.arange(float(BINS)).view(1, 1, BINS, 1)).sum(dim=2).unbind(dim=1)
        y, x = torch.meshgrid(middles(rows), middles(columns), indexing="ij")
        x, y = x.reshape(1, -1), y.reshape(1, -1)
        box = torch.stack([x + (right - left) / 2, y + (bottom - top) / 2, left + right, top + bottom], dim=1)
        scores = torch.sigmoid(self.classes[number](level)).flatten(2)
        return torch.cat([box * STRIDES[number], scores], dim=1)


class YOLO:
    """The weights file is a text: the names of the classes, one a line."""

    def __init__(self, weights):
        self.path = Path(weights)
        self.names = dict(enumerate(self.path.read_text(encoding="utf-8").split()))

    def export(self, format, imgsz, opset, dynamic, simplify, nms, half):
        if format != "onnx" or dynamic or simplify or nms or half:
            raise ValueError("not what the stand-in stands for")
        path = self.path.with_suffix(".onnx")
        network = Detector(len(self.names)).eval()
        image = torch.zeros(1, 3, *imgsz)
        torch.onnx.export(
            network, image, str(path), opset_version=opset, input_names=["images"], output_names=["output0"]
        )
        model = onnx.load(str(path))
        for key, value in {"task": "detect", "names": str(self.names)}.items():
            entry = model.metadata_props.add()
            entry.key, entry.value = key, value
        onnx.save(model, str(path))
        return str(path)
