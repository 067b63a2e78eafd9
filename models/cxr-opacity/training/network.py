"""One member: the YOLOX-nano backbone and top-down pyramid up to stride 8, with two small heads.

The layer names follow the order in which the convolutions stand in the COCO-pretrained
ONNX file, so that their weights can be taken over as an initialisation.
"""
from __future__ import annotations

from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

from images import MEAN, STD
from labels import NIH_BOXES, NIH_FINDINGS

if hasattr(torch.backends, "nnpack"):
    torch.backends.nnpack.set_flags(False)  # else it warns at each call on processors that it does not know


class ConvUnit(nn.Module):
    def __init__(self, cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1, pad: int | None = None):
        super().__init__()
        padding = kernel // 2 if pad is None else pad
        self.conv = nn.Conv2d(cin, cout, kernel, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(cout, eps=1e-3, momentum=0.05)

    def forward(self, x):
        return F.silu(self.bn(self.conv(x)))


class Separable(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int = 1):
        super().__init__()
        self.depthwise = ConvUnit(cin, cin, 3, stride, groups=cin)
        self.pointwise = ConvUnit(cin, cout)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class Bottleneck(nn.Module):
    def __init__(self, channels: int, shortcut: bool):
        super().__init__()
        self.conv1 = ConvUnit(channels, channels)
        self.conv2 = Separable(channels, channels)
        self.shortcut = shortcut

    def forward(self, x):
        y = self.conv2(self.conv1(x))
        return x + y if self.shortcut else y


class CspLayer(nn.Module):
    def __init__(self, cin: int, cout: int, repeats: int, shortcut: bool = True):
        super().__init__()
        hidden = cout // 2
        self.conv1 = ConvUnit(cin, hidden)
        self.conv2 = ConvUnit(cin, hidden)
        self.blocks = nn.Sequential(*[Bottleneck(hidden, shortcut) for _ in range(repeats)])
        self.conv3 = ConvUnit(2 * hidden, cout)

    def forward(self, x):
        return self.conv3(torch.cat([self.blocks(self.conv1(x)), self.conv2(x)], 1))


class SpatialPyramid(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = ConvUnit(channels, channels // 2)
        self.conv2 = ConvUnit(channels * 2, channels)

    def forward(self, x):
        x = self.conv1(x)
        a = F.max_pool2d(x, 5, 1, 2)
        b = F.max_pool2d(a, 5, 1, 2)  # 5 after 5 is 9
        c = F.max_pool2d(b, 5, 1, 2)
        return self.conv2(torch.cat([x, a, b, c], 1))


class OpacityNet(nn.Module):
    """Input [n, 1, H, W], normalised. Returns the score logit and the stride-8 heat logits."""

    def __init__(self, dropout: float = 0.3):
        super().__init__()
        self.stem = ConvUnit(1, 16, 6, 2, pad=2)  # YOLOX's focus layer, written as one strided convolution
        self.dark2_down, self.dark2 = Separable(16, 32, 2), CspLayer(32, 32, 1)
        self.dark3_down, self.dark3 = Separable(32, 64, 2), CspLayer(64, 64, 3)
        self.dark4_down, self.dark4 = Separable(64, 128, 2), CspLayer(128, 128, 3)
        self.dark5_down, self.spp = Separable(128, 256, 2), SpatialPyramid(256)
        self.dark5 = CspLayer(256, 256, 1, shortcut=False)
        self.lateral5 = ConvUnit(256, 128)
        self.pyramid4 = CspLayer(256, 128, 1, shortcut=False)
        self.reduce4 = ConvUnit(128, 64)
        self.pyramid3 = CspLayer(128, 64, 1, shortcut=False)
        # Ours from here on.
        self.heat_conv = Separable(64, 64)
        self.heat = nn.Conv2d(64, 1 + len(NIH_BOXES), 1)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(256 + 64 + 1, 64)
        self.score = nn.Linear(64, 1)
        self.findings = nn.Linear(256 + 64 + 1, len(NIH_FINDINGS))
        nn.init.constant_(self.heat.bias, -2.5)
        nn.init.constant_(self.score.bias, -0.6)

    def backbone(self, x):
        """Features at strides 8, 16 and 32: 64, 128 and 256 channels."""
        x = self.dark2(self.dark2_down(self.stem(x)))
        c3 = self.dark3(self.dark3_down(x))
        c4 = self.dark4(self.dark4_down(c3))
        return c3, c4, self.dark5(self.spp(self.dark5_down(c4)))

    def pyramid(self, x):
        c3, c4, c5 = self.backbone(x)
        p5 = self.lateral5(c5)
        p4 = self.pyramid4(torch.cat([F.interpolate(p5, scale_factor=2.0), c4], 1))
        p4 = self.reduce4(p4)
        p3 = self.pyramid3(torch.cat([F.interpolate(p4, scale_factor=2.0), c3], 1))
        return c5, p3

    def heads(self, x):
        c5, p3 = self.pyramid(x)
        h = self.heat_conv(p3)
        heat = self.heat(h).float()
        # Soft maximum of the heat: evidence found anywhere counts for the score.
        own = heat[:, :1].flatten(2)
        peak = torch.logsumexp(own * 2.0, 2) * 0.5 - 2.0
        pooled = torch.cat([c5.float().mean((2, 3)), h.float().amax((2, 3)), peak], 1)
        return heat, pooled

    def forward(self, x):
        heat, pooled = self.heads(x)
        score = self.score(F.silu(self.hidden(self.dropout(pooled))))
        return score[:, 0], heat[:, :1]

    def heat_logits(self, x):
        """What is shipped: the opacity channel alone."""
        return self.heat(self.heat_conv(self.pyramid(x)[1]))[:, :1]

    def forward_all(self, x):
        heat, pooled = self.heads(x)
        pooled = self.dropout(pooled)
        score = self.score(F.silu(self.hidden(pooled)))
        return score[:, 0], heat, self.findings(pooled)


def load_coco(net: OpacityNet, path: Path, probe: torch.Tensor) -> None:
    """Take over the COCO convolutions; batch norms start as the identity on `probe`.

    In the file batch norm is folded into the convolutions, so each has a bias. With the
    probe's own mean and deviation put into the batch norm, its output equals the
    original layer's at the start, in training mode too.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    tensors = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    pairs = [(tensors[n.input[1]], tensors[n.input[2]]) for n in graph.node if n.op_type == "Conv"]
    units = [m for name, m in net.named_modules() if isinstance(m, ConvUnit) and not name.startswith("heat")]
    units = source_order(net, units)
    hooks = []
    for index, unit in enumerate(units):
        weight, bias = (torch.from_numpy(a.copy()) for a in pairs[index])
        if index == 0:
            weight, bias = stem_weights(weight, bias, MEAN, STD)
        assert unit.conv.weight.shape == weight.shape, (index, unit.conv.weight.shape, weight.shape)
        unit.conv.weight.data.copy_(weight)
        hooks.append(unit.bn.register_forward_pre_hook(identity_hook(bias)))
    hooks.append(net.heat_conv.depthwise.bn.register_forward_pre_hook(identity_hook(None)))
    hooks.append(net.heat_conv.pointwise.bn.register_forward_pre_hook(identity_hook(None)))
    net.eval()
    with torch.no_grad():
        net(probe)
    for hook in hooks:
        hook.remove()


def source_order(net: OpacityNet, units: list[ConvUnit]) -> list[ConvUnit]:
    """The file lists a CSP layer's convolutions as conv1, conv2, blocks, conv3."""
    out: list[ConvUnit] = []

    def visit(module: nn.Module) -> None:
        if isinstance(module, ConvUnit):
            out.append(module)
        elif isinstance(module, CspLayer):
            for part in (module.conv1, module.conv2, module.blocks, module.conv3):
                visit(part)
        else:
            for part in module.children():
                visit(part)

    visit(net)
    return [u for u in out if u in units]


def stem_weights(weight: torch.Tensor, bias: torch.Tensor, mean: float, std: float):
    """12 focus channels (4 pixel phases of 3 colours) on 0..255 pixels to one grey 6x6 kernel on normalised pixels."""
    kernel = torch.zeros(weight.shape[0], 1, 6, 6)
    for phase, (dy, dx) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        kernel[:, 0, dy::2, dx::2] = weight[:, phase * 3 : phase * 3 + 3].sum(1)
    return kernel * 255 * std, bias + 255 * mean * kernel.sum((1, 2, 3))


def identity_hook(bias: torch.Tensor | None):
    def hook(bn: nn.BatchNorm2d, inputs):
        x = inputs[0]
        mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        bn.running_mean.copy_(mean)
        bn.running_var.copy_(var)
        if bias is not None:
            bn.weight.data.copy_(torch.sqrt(var + bn.eps))
            bn.bias.data.copy_(mean + bias)

    return hook
