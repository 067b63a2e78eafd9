"""Writes a folder like MONAI's bundle ventricular_short_axis_3label, with random weights: see README.md."""

import json
import sys
from pathlib import Path

import torch
from torch import nn

CHANNELS = (16, 32, 64, 128, 256)


def convolution(before, after, stride=1):
    return [nn.Conv2d(before, after, 3, stride, 1), nn.InstanceNorm2d(after), nn.PReLU()]


class Residual(nn.Module):
    """Two convolutions, the first with the stride, beside a shortcut."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.layers = nn.Sequential(*convolution(before, after, stride), *convolution(after, after))
        self.shortcut = nn.Conv2d(before, after, 3 if stride > 1 else 1, stride, 1 if stride > 1 else 0)

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)


class Up(nn.Module):
    def __init__(self, before, after, last):
        super().__init__()
        self.enlarge = nn.ConvTranspose2d(before, after, 3, 2, 1, output_padding=1)
        self.activate = nn.Sequential(nn.InstanceNorm2d(after), nn.PReLU())
        self.refine = nn.Conv2d(after, after, 3, 1, 1) if last else nn.Sequential(*convolution(after, after))

    def forward(self, x):
        enlarged = self.activate(self.enlarge(x))
        return enlarged + self.refine(enlarged)


class Level(nn.Module):
    """Down, what lies deeper beside its own input, and up again."""

    def __init__(self, down, deeper, up):
        super().__init__()
        self.down, self.deeper, self.up = down, deeper, up

    def forward(self, x):
        level = self.down(x)
        return self.up(torch.cat([level, self.deeper(level)], dim=1))


def unet(before, after, depth=0):
    width = CHANNELS[depth]
    if depth == len(CHANNELS) - 2:
        deeper, below = Residual(width, CHANNELS[-1], 1), CHANNELS[-1]
    else:
        deeper, below = unet(width, width, depth + 1), width
    return Level(Residual(before, width, 2), deeper, Up(width + below, after, depth == 0))


def main():
    folder = Path(sys.argv[1])
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    channels = {"0": "background", "1": "lv_pool", "2": "myocardium", "3": "rv_pool"}
    image = {"num_channels": 1, "spatial_shape": [256, 256]}
    prediction = {"num_channels": 4, "spatial_shape": [256, 256], "channel_def": channels}
    formats = {"inputs": {"image": image}, "outputs": {"pred": prediction}}
    metadata = {"version": "0.3.3", "network_data_format": formats}
    (folder / "configs" / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    torch.manual_seed(3)
    torch.jit.script(unet(1, 4).eval()).save(str(folder / "models" / "model.ts"))


if __name__ == "__main__":
    main()
