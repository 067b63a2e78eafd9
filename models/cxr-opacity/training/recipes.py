"""Kinds of members that were tried (EXPERIMENTS.md), and which one is shipped."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Arguments of train.py. `teachers` is the recipe whose members label the unread images (same folds, same seeds)."""

    size: int = 256
    epochs: int = 12
    mix: float = 0.0
    init: str = "pretrained"
    teachers: str | None = None


RECIPES = {
    "plain-256": Recipe(),
    "coco-256": Recipe(init="coco"),
    "mixed-256": Recipe(mix=0.5),
    "taught-256": Recipe(teachers="plain-256"),
    "plain-320": Recipe(size=320),
    "taught-320": Recipe(size=320, teachers="plain-256"),
    "taught-mixed-320": Recipe(size=320, mix=0.5, teachers="plain-256"),
    "taught-384": Recipe(size=384, teachers="plain-256"),
}
SHIPPED = "plain-256"


def member_name(recipe: str, seed: int) -> str:
    return f"{recipe}-seed{seed}"
