"""What is shipped: the members' averaged heat, the score taken from it, and the input detector."""
from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn as nn

from detector import InputDetector
from images import score_cells
from network import ConvUnit, OpacityNet


class Outputs(NamedTuple):
    """score [1] and heatmap [1, 1, g, g], 0 to 1; atypicality [1], from 0 up."""

    score: torch.Tensor
    heat: torch.Tensor
    atypicality: torch.Tensor


class Ensemble(nn.Module):
    """The members' heat averaged over the image and its mirror image.

    The score is the calibrated mean of the hottest cells. The heat is shifted so that
    0.5 is the limit at which boxes are drawn. Input [1, 1, S, S], normalised.
    """

    def __init__(self, members: list[nn.Module], detector: InputDetector, constants: tuple[float, float, float] = (1.0, 0.0, 0.0)):
        super().__init__()
        self.members = nn.ModuleList(members)
        self.detector = detector
        for name, value in zip(("slope", "offset", "heat_offset"), constants):
            self.register_buffer(name, torch.tensor([value], dtype=torch.float32))

    def forward(self, image) -> Outputs:
        both = torch.cat([image, torch.flip(image, [3])], 0)
        heat = 0.0
        for member in self.members:
            h = member.heat_logits(both)
            heat = heat + h[0:1] + torch.flip(h[1:2], [3])
        heat = heat / (2.0 * len(self.members))
        hottest = torch.topk(heat.flatten(1), score_cells(int(heat.shape[3])), 1)[0].mean(1)
        score = torch.sigmoid(hottest * self.slope + self.offset)
        return Outputs(score, torch.sigmoid(heat + self.heat_offset), self.detector(image))


def fuse(net: nn.Module) -> nn.Module:
    """Fold the batch norms into the convolutions, for export."""
    net.eval()
    for unit in [m for m in net.modules() if isinstance(m, ConvUnit)]:
        unit.conv = torch.nn.utils.fusion.fuse_conv_bn_eval(unit.conv, unit.bn)
        unit.bn = nn.Identity()
    return net


def drop_training_heads(net: OpacityNet) -> OpacityNet:
    """Only the opacity channel of the heat leaves the network."""
    heat = nn.Conv2d(net.heat.in_channels, 1, 1)
    heat.weight.data, heat.bias.data = net.heat.weight.data[:1].clone(), net.heat.bias.data[:1].clone()
    net.heat = heat
    del net.findings, net.score, net.hidden
    return net
