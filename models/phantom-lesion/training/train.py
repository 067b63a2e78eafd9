"""Trains phantom-lesion on exported twins and writes the weights of the best epoch.

    nice -n 10 python3 train.py --data DIR --out FILE.pt [--epochs 14] [--seed 1]

A tenth of the training seeds is kept back for choosing the epoch (and, in evaluate.py, the operating point); the
validation split is not read here. Seeds of the demonstration never come in: export-twins.ts refuses them, and
`check_seeds` asserts it again over the list given by --demo-seeds.
"""
from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from dataset import MEAN, STD, Study, load_pairs, target_of
from network import PhantomLesionNet

DEMO_SET = Path(__file__).resolve().parents[3] / "test-data" / "demo-set.ts"


def check_seeds(pairs: list[tuple[Study, Study]]) -> None:
    source = DEMO_SET.read_text()
    block = re.search(r"DEMO_SEEDS = \[(.*?)\]", source, re.S)
    assert block, "demo seeds not found"
    demo = {int(n) for n in re.findall(r"\d+", block.group(1))}
    assert len(demo) >= 10, "too few demo seeds read"
    used = {study.seed for pair in pairs for study in pair}
    assert not demo & used, f"demo seeds in training data: {sorted(demo & used)}"


def split_tuning(pairs: list) -> tuple[list, list]:
    tuning = [p for p in pairs if p[0].seed % 10 == 7]
    return [p for p in pairs if p[0].seed % 10 != 7], tuning


def augment(images: list[np.ndarray], targets: list[np.ndarray], rng: np.random.Generator):
    """The same flip, shift, tone and noise for twins, so that only the lesion tells them apart."""
    flip = rng.random() < 0.5
    rows, columns = (int(rng.integers(-4, 5)) * 4 for _ in range(2))
    gamma = float(np.exp(rng.normal(0, 0.12)))
    gain, lift = 1 + rng.normal(0, 0.06), rng.normal(0, 0.03)
    noise = rng.normal(0, rng.uniform(0, 0.02), images[0].shape).astype(np.float32)
    out_images, out_targets = [], []
    for image, target in zip(images, targets):
        x = np.clip(image.astype(np.float32), 0, 1) ** gamma * gain + lift + noise
        t = target
        if flip:
            x, t = x[:, ::-1], t[:, ::-1]
        x, t = shift(x, rows, columns), shift(t, rows // 4, columns // 4)
        out_images.append((x - MEAN) / STD)
        out_targets.append(t)
    return out_images, out_targets


def shift(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    height, width = image.shape
    out = np.zeros_like(image)
    out[max(0, rows) : height + min(0, rows), max(0, columns) : width + min(0, columns)] = image[
        max(0, -rows) : height + min(0, -rows), max(0, -columns) : width + min(0, -columns)
    ]
    return out


Item = tuple[tuple[Study, Study], int, int]


def training_items(pairs: list, rng: np.random.Generator) -> list[Item]:
    """A pair with the slice to take of each twin.

    Radiographs: one item a pair. CT: each slice with the lesion beside the same slice of the twin, and further
    slices without one; twins are the same there, so that two different slices are taken.
    """
    items: list[Item] = []
    for pair in pairs:
        lesion, plain = pair
        if not lesion.ct:
            items.append((pair, 0, 0))
            continue
        with_box = sorted(lesion.boxes)
        clear = [s for s in range(len(lesion.images)) if min(abs(s - b) for b in with_box) > 1]
        items += [(pair, s, s) for s in with_box]
        drawn = rng.choice(clear, size=6, replace=False)
        items += [(pair, int(i), int(j)) for i, j in drawn.reshape(3, 2)]
    rng.shuffle(items)
    return items


def batches(pairs: list, rng: np.random.Generator, size: int):
    items = training_items(pairs, rng)
    empty = target_of([])
    for start in range(0, len(items) - 1, size):
        images, targets = [], []
        for (lesion, plain), i, j in items[start : start + size]:
            target = target_of(lesion.boxes.get(i, []))
            x, t = augment([lesion.images[i], plain.images[j]], [target, empty], rng)
            images += x
            targets += t
        yield (
            torch.from_numpy(np.stack(images).astype(np.float32))[:, None],
            torch.from_numpy(np.stack(targets).astype(np.float32))[:, None],
        )


def loss_of(net: PhantomLesionNet, image: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    score, heat = net.logits(image)
    label = target.flatten(1).amax(dim=1)
    # Focal weighting: the many easy background cells count little.
    p = torch.sigmoid(heat)
    miss = torch.where(target > 0.5, 1 - p, p)
    bce = F.binary_cross_entropy_with_logits(heat, target, reduction="none")
    weight = torch.where(target > 0.5, torch.tensor(4.0), torch.tensor(1.0))
    cells = (weight * miss**2 * bce).sum() / (target.sum() + 8)
    whole = F.binary_cross_entropy_with_logits(score, label)
    lesion, plain = score[0::2], score[1::2]
    has = label[0::2] > 0.5
    ranked = F.softplus(-(lesion - plain))[has].mean() if has.any() else score.sum() * 0
    return cells + whole + ranked


def study_scores(net: PhantomLesionNet, studies: list[Study]) -> np.ndarray:
    scores = []
    with torch.no_grad():
        for study in studies:
            x = torch.from_numpy((study.images.astype(np.float32) - MEAN) / STD)[:, None]
            scores.append(max(float(net.logits(part)[0].max()) for part in x.split(12)))
    return np.array(scores)


def auc_of(positive: np.ndarray, negative: np.ndarray) -> float:
    diff = positive[:, None] - negative[None, :]
    return float((diff > 0).mean() + 0.5 * (diff == 0).mean())


def assess(net: PhantomLesionNet, pairs: list) -> dict[str, float]:
    net.eval()
    result: dict[str, float] = {}
    for name, ct in (("radiograph", False), ("ct", True)):
        chosen = [p for p in pairs if p[0].ct == ct]
        if not chosen:
            continue
        lesion = study_scores(net, [p[0] for p in chosen])
        plain = study_scores(net, [p[1] for p in chosen])
        result[f"{name} auc"] = auc_of(lesion, plain)
        result[f"{name} twins"] = float((lesion > plain).mean())
    return result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=4e-3, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    pairs = load_pairs(args.data, "train")
    check_seeds(pairs)
    training, tuning = split_tuning(pairs)
    print(f"{len(training)} training pairs, {len(tuning)} tuning pairs", flush=True)
    net = PhantomLesionNet().to(memory_format=torch.channels_last)
    if args.start:
        net.load_state_dict(torch.load(args.start))
    size = 6
    per_epoch = len(training_items(training, np.random.default_rng(0))) // size + 1
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, args.rate, total_steps=args.epochs * per_epoch + 1)
    best = -1.0
    for epoch in range(args.epochs):
        started, total, count = time.time(), 0.0, 0
        net.train()
        for image, target in batches(training, rng, size):
            loss = loss_of(net, image.to(memory_format=torch.channels_last), target)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            total, count = total + float(loss), count + 1
        figures = assess(net, tuning)
        # The share of twins moves in steps of a tenth on so few CT pairs: the areas under the curve decide.
        merit = float(np.mean([value for name, value in figures.items() if name.endswith("auc")]))
        shown = ", ".join(f"{k} {v:.3f}" for k, v in figures.items())
        print(f"epoch {epoch + 1}: loss {total / count:.4f}, {shown}, {time.time() - started:.0f} s", flush=True)
        # Equal merit goes to the later epoch, whose learning rate was lower.
        if merit >= best:
            best = merit
            torch.save(net.state_dict(), args.out)
    print(f"best merit {best:.4f}")


if __name__ == "__main__":
    main()
