"""The network of phantom-lesion: a small U-shaped detector with a study-level score.

Input  image    float32 [N, 1, 256, 256], normalised as the manifest says
Output score    float32 [N], 0..1
       heatmap  float32 [N, 1, 64, 64], 0..1
"""
from __future__ import annotations

import torch
from torch import nn


def block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class PhantomLesionNet(nn.Module):
    # Sharpness of the soft maximum that pools the heatmap's logits into one.
    POOL_SHARPNESS = 2.0

    def __init__(self) -> None:
        super().__init__()
        self.stem = block(1, 12, 2)
        self.quarter = nn.Sequential(block(12, 24, 2), block(24, 24))
        self.eighth = nn.Sequential(block(24, 40, 2), block(40, 40))
        self.sixteenth = nn.Sequential(block(40, 64, 2), block(64, 64))
        self.thirtysecond = nn.Sequential(block(64, 80, 2), block(80, 80))
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.side_16 = nn.Conv2d(80, 64, 1)
        self.side_8 = nn.Conv2d(64, 40, 1)
        self.side_4 = nn.Conv2d(40, 24, 1)
        self.merge_16 = block(64, 64)
        self.merge_8 = block(40, 40)
        self.merge_4 = block(24, 24)
        self.head = nn.Conv2d(24, 1, 1)
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.offset = nn.Parameter(torch.tensor(0.0))
        nn.init.constant_(self.head.bias, -4.0)

    def logits(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Score logits [N] and heatmap logits [N, 1, 64, 64]."""
        quarter = self.quarter(self.stem(image))
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        deep = self.thirtysecond(sixteenth)
        x = self.merge_16(sixteenth + self.up(self.side_16(deep)))
        x = self.merge_8(eighth + self.up(self.side_8(x)))
        x = self.merge_4(quarter + self.up(self.side_4(x)))
        heat = self.head(x)
        flat = heat.flatten(1) * self.POOL_SHARPNESS
        pooled = torch.logsumexp(flat, dim=1) / self.POOL_SHARPNESS
        return self.scale * pooled + self.offset, heat

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        score, heat = self.logits(image)
        return torch.sigmoid(score), torch.sigmoid(heat)
