"""How unlike the adult frontal radiographs of the training patients an image is.

A frozen COCO backbone (the initial weights of the members, never trained on radiographs)
gives features at strides 8 and 16, averaged over 4 x 2 places of the image and its mirror
image. What they are on the training patients' images is described by a Gaussian: k principal
directions with variances of their own, and one variance for all that is left (probabilistic
PCA). `atypicality` is the root mean square of the whitened coordinates, about 1 for the
images it was fitted on.
"""
from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

import images as pixels
from network import OpacityNet, load_coco

PLACES = 4
DIRECTIONS = 128


class Front(nn.Module):
    """Backbone up to stride 16 and the averages over places: [n, 1, S, S] to [n, (64 + 128) * 8]."""

    def __init__(self, net: OpacityNet):
        super().__init__()
        self.stem = net.stem
        self.dark2_down, self.dark2 = net.dark2_down, net.dark2
        self.dark3_down, self.dark3 = net.dark3_down, net.dark3
        self.dark4_down, self.dark4 = net.dark4_down, net.dark4

    def forward(self, image):
        x = self.dark2(self.dark2_down(self.stem(image)))
        c3 = self.dark3(self.dark3_down(x))
        c4 = self.dark4(self.dark4_down(c3))
        return torch.cat([places(c3), places(c4)], 1)


def coco_front(coco: Path, probe: np.ndarray) -> Front:
    """`probe` [n, S, S] in 0..1: any radiographs; with batch norms that start as the identity the result does not depend on them."""
    net = OpacityNet()
    load_coco(net, coco, pixels.normalise(torch.from_numpy(np.array(probe, dtype=np.float32))[:, None]))
    return Front(net).eval()


def places(features: torch.Tensor) -> torch.Tensor:
    """Means over a 4 x 4 grid, left and right halves averaged with their mirror images: [n, c * 8]."""
    pooled = F.adaptive_avg_pool2d(features, PLACES)
    half = (pooled + torch.flip(pooled, [3])) / 2
    return half[:, :, :, : PLACES // 2].flatten(1)


@dataclass(frozen=True)
class Gaussian:
    """mean, deviation [d] of the features; directions [d, k] of the standardised ones, variances [k], rest [1] of each other direction."""

    mean: np.ndarray
    deviation: np.ndarray
    directions: np.ndarray
    variances: np.ndarray
    rest: np.ndarray


def fit(features: np.ndarray, directions: int = DIRECTIONS) -> Gaussian:
    """features [n, d]"""
    mean, deviation = features.mean(0), features.std(0) + 1e-6
    _, singular, axes = np.linalg.svd((features - mean) / deviation, full_matrices=False)
    variances = singular**2 / (len(features) - 1)
    rest = variances[directions:].sum() / (features.shape[1] - directions)
    return Gaussian(mean, deviation, axes[:directions].T, variances[:directions], np.array([rest]))


class InputDetector(nn.Module):
    """The front and the Gaussian; gives atypicality [n]."""

    def __init__(self, front: Front, model: Gaussian):
        super().__init__()
        self.front = front
        for field in fields(Gaussian):
            self.register_buffer(field.name, torch.from_numpy(np.atleast_1d(getattr(model, field.name)).astype(np.float32)))

    def distance(self, features):
        x = (features - self.mean) / self.deviation
        along = x @ self.directions
        inside = (along * along / self.variances).sum(1)
        outside = ((x * x).sum(1) - (along * along).sum(1)) / self.rest
        return torch.sqrt((inside + outside) / self.mean.shape[0])

    def forward(self, image):
        return self.distance(self.front(image))
