"""Random changes of a batch: geometry, grey levels, and exchanged halves of the chest."""
from __future__ import annotations

import math

import torch
import torch.nn.functional as F


def augment(images: torch.Tensor, heat: torch.Tensor | None, rng: torch.Generator):
    """Flip, affine (unequal scales imitate letterboxed portrait and landscape images), grey-level changes.

    images [n, 1, S, S] in 0..1, heat [n, c, g, g] or None; gives both back.
    """
    n = images.shape[0]

    def uniform(low: float, high: float) -> torch.Tensor:
        return torch.rand(n, generator=rng) * (high - low) + low

    flip = torch.where(torch.rand(n, generator=rng) < 0.5, -1.0, 1.0)
    angle = uniform(-10, 10) * (math.pi / 180)
    zoom, aspect = torch.exp(uniform(-0.16, 0.16)), torch.exp(uniform(-0.10, 0.10))
    sx, sy = zoom * aspect, zoom / aspect
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = cos * sx * flip, -sin * sy
    theta[:, 1, 0], theta[:, 1, 1] = sin * sx * flip, cos * sy
    theta[:, 0, 2], theta[:, 1, 2] = uniform(-0.10, 0.10), uniform(-0.10, 0.10)
    images = F.grid_sample(images, F.affine_grid(theta, list(images.shape), False), align_corners=False)
    if heat is not None:
        heat = F.grid_sample(heat, F.affine_grid(theta, list(heat.shape), False), align_corners=False)
    shape = (n, 1, 1, 1)
    gamma = torch.exp(uniform(-0.35, 0.35)).view(shape)
    contrast = torch.exp(uniform(-0.20, 0.20)).view(shape)
    brightness = uniform(-0.10, 0.10).view(shape)
    images = images.clamp(1e-4, 1).pow(gamma)
    images = (images - 0.5) * contrast + 0.5 + brightness
    noise = torch.randn(images.shape, generator=rng) * uniform(0, 0.04).view(shape)
    return (images + noise).clamp(0, 1), heat


def exchange_halves(images: torch.Tensor, heat: torch.Tensor, may: torch.Tensor, rng: torch.Generator):
    """Put the left half of another image of the batch in the place of an image's own, blended over the midline.

    Done before `augment`, while the midline is near the middle, among images for which `may` [n] holds (those with
    a heat target). Gives images, heat, and for each image the partner and the share of the partner's heat in it.
    """
    n, side = images.shape[0], images.shape[-1]
    candidates = torch.nonzero(may)[:, 0]
    partner = torch.arange(n)
    partner[candidates] = candidates[torch.randperm(len(candidates), generator=rng)]
    middle = (torch.arange(side) + 0.5) / side
    mask = ((0.54 - middle) / 0.08).clamp(0, 1).view(1, 1, 1, side)
    coarse = F.adaptive_avg_pool2d(mask, (1, heat.shape[-1]))
    mixed_heat = heat * (1 - coarse) + heat[partner] * coarse
    return images * (1 - mask) + images[partner] * mask, mixed_heat, partner
