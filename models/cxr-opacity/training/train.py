"""Train cxr-opacity.

  pretrain: COCO backbone weights, then paediatric pneumonia radiographs (Kermany et al.)
  fold:     one member of the ensemble: trained on four fifths of the training patients; its
            heat for the remaining fifth is saved for evaluate.py, and its heat for the unread
            images of its own four fifths for members of a second round

train_all.py calls this; see README.md.
"""
from __future__ import annotations

import argparse
import copy
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import images as pixels
import labels
import targets
from augment import augment, exchange_halves
from network import OpacityNet, load_coco

BATCH = 16
PRETRAINING_SIZE = 256  # the children's radiographs have 224 px


def seeded(seed: int) -> torch.Generator:
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def optimiser_for(net: torch.nn.Module, rate: float) -> torch.optim.Optimizer:
    decay = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    return torch.optim.AdamW([{"params": decay, "weight_decay": 0.03}, {"params": plain, "weight_decay": 0.0}], lr=rate)


def set_rate(optimiser, rate: float, step: int, total: int) -> None:
    """Warm-up, then one cosine."""
    warm = min(1.0, (step + 1) / (0.08 * total))
    for group in optimiser.param_groups:
        group["lr"] = rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / total)))


class MovingAverage:
    """Averaged weights and statistics: steadier than the last step of a short training."""

    def __init__(self, net: torch.nn.Module, decay: float):
        self.net, self.decay, self.steps = copy.deepcopy(net).eval(), decay, 0

    @torch.no_grad()
    def update(self, net: torch.nn.Module) -> None:
        self.steps += 1
        d = min(self.decay, self.steps / (self.steps + 10))
        for mine, theirs in zip(self.net.state_dict().values(), net.state_dict().values()):
            if mine.dtype.is_floating_point:
                mine.mul_(d).add_(theirs, alpha=1 - d)
            else:
                mine.copy_(theirs)


def channels_last(x: torch.Tensor) -> torch.Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def to_batch(images: np.ndarray) -> torch.Tensor:
    """[n, S, S] in 0..1 or uint8 to float32 [n, 1, S, S] in 0..1."""
    scale = 255 if images.dtype == np.uint8 else 1
    return torch.from_numpy(np.array(images, dtype=np.float32) / scale)[:, None]


def pretrain(args) -> None:
    images, classes = pixels.cached_kermany(args.kermany, PRETRAINING_SIZE, args.work)
    rng = seeded(args.seed)
    order_rng = np.random.default_rng(args.seed)
    net = OpacityNet()
    probe = to_batch(images[np.sort(order_rng.permutation(len(images))[:64])])
    load_coco(net, args.coco, pixels.normalise(probe))
    net = net.to(memory_format=torch.channels_last).train()
    optimiser = optimiser_for(net, args.rate)
    steps = len(images) // BATCH
    total, step = steps * args.epochs, 0
    for epoch in range(args.epochs):
        order, losses, clock = order_rng.permutation(len(images)), [], Clock()
        for start in range(0, steps * BATCH, BATCH):
            pick = np.sort(order[start : start + BATCH])
            x, _ = augment(to_batch(images[pick]), None, rng)
            set_rate(optimiser, args.rate, step, total)
            logits, _ = net(channels_last(pixels.normalise(x)))
            loss = F.binary_cross_entropy_with_logits(logits, torch.from_numpy(classes[pick]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
            step += 1
        print(f"pretrain epoch {epoch + 1}/{args.epochs} loss {np.mean(losses):.4f} {clock}", flush=True)
    save_weights(net, args.work / "pretrained.pt")


def save_weights(net: torch.nn.Module, path: Path) -> None:
    """Whole or not at all: train_all.py takes an existing file for a finished step."""
    partial = path.with_suffix(".partial")
    torch.save(net.state_dict(), partial)
    partial.rename(path)


class Clock:
    """Seconds since it was made, on the wall and of the processor (which other processes do not inflate)."""

    def __init__(self):
        self.wall, self.processor = time.time(), time.process_time()

    def __str__(self) -> str:
        return f"{time.time() - self.wall:.0f} s, {time.process_time() - self.processor:.0f} s of processor"


def start_network(args, probe: torch.Tensor) -> OpacityNet:
    net = OpacityNet()
    if args.init == "coco":
        load_coco(net, args.coco, pixels.normalise(probe))
    elif args.init == "pretrained":
        heads = ("heat", "hidden", "score", "findings")
        own = net.state_dict()
        own.update({k: v for k, v in torch.load(args.work / "pretrained.pt").items() if not k.startswith(heads)})
        net.load_state_dict(own)
    return net.to(memory_format=torch.channels_last)


@dataclass
class Batch:
    images: torch.Tensor
    heat: torch.Tensor
    heat_weight: torch.Tensor
    score: torch.Tensor
    score_weight: torch.Tensor
    findings: torch.Tensor
    findings_weight: torch.Tensor


def make_batch(images: np.ndarray, t: dict, pick: np.ndarray) -> Batch:
    take = {k: torch.from_numpy(t[k][pick]) for k in ("heat", "heat_weight", "score", "score_weight", "findings")}
    return Batch(to_batch(images[pick]), findings_weight=torch.ones(len(pick)), **take)


def mix_halves(batch: Batch, share: float, rng: torch.Generator) -> Batch:
    """Chests made of two patients: their heat is known, all else is not."""
    may = (batch.heat_weight[:, 0] > 0) & (torch.rand(len(batch.images), generator=rng) < share)
    images, heat, partner = exchange_halves(batch.images, batch.heat, may, rng)
    mixed = partner != torch.arange(len(partner))
    other = batch.heat_weight[partner]
    weight = torch.minimum(batch.heat_weight, other)
    keep = (~mixed).float()
    return Batch(
        images, heat, torch.where(mixed[:, None], weight, batch.heat_weight), batch.score,
        batch.score_weight * keep, batch.findings, batch.findings_weight * keep,
    )


def batch_loss(net: OpacityNet, b: Batch) -> torch.Tensor:
    score, heat, findings = net.forward_all(channels_last(pixels.normalise(b.images)))
    bce = F.binary_cross_entropy_with_logits
    score_loss = (b.score_weight * bce(score, b.score * 0.96 + 0.02, reduction="none")).mean()
    cells = bce(heat, b.heat, reduction="none").mean((2, 3))
    heat_loss = (cells[:, 0] * b.heat_weight[:, 0]).mean() + 0.5 * (cells[:, 1:] * b.heat_weight[:, 1:]).mean()
    findings_loss = (b.findings_weight * bce(findings, b.findings, reduction="none").mean(1)).mean()
    return score_loss + 5.0 * heat_loss + 0.5 * findings_loss


@torch.no_grad()
def predict(net: torch.nn.Module, images: np.ndarray) -> np.ndarray:
    """Heat logits [n, g, g] averaged over each image and its mirror image, as in the shipped graph."""
    net.eval()
    heats = []
    for start in range(0, len(images), BATCH):
        x = pixels.normalise(to_batch(images[start : start + BATCH]))
        h = net.heat_logits(channels_last(x))
        mirrored = net.heat_logits(channels_last(torch.flip(x, [3])))
        heats.append(((h + torch.flip(mirrored, [3])) / 2)[:, 0].numpy())
    return np.concatenate(heats)


def epoch_order(read: np.ndarray, unread: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every read image once, and as many of the unread ones."""
    return rng.permutation(np.concatenate([read, rng.permutation(unread)[: len(read)]]))


def train_fold(args) -> None:
    rows = labels.load_rows(args.dataset)
    images = pixels.cached_images(args.dataset, rows, args.size, args.work)
    training = np.array([r.fold != args.fold for r in rows])
    read = np.array([r.read for r in rows])
    targets.fit_weak_labels(rows, training)
    t = targets.make_targets(rows, args.size // pixels.STRIDE)
    if args.teachers:
        targets.add_pseudo_labels(t, rows, [args.work / f"{name}-fold{args.fold}.npz" for name in args.teachers])
    rng = seeded(1000 * args.seed + args.fold)
    order_rng = np.random.default_rng(1000 * args.seed + args.fold)
    net = start_network(args, to_batch(images[np.flatnonzero(training)[:: max(1, int(training.sum()) // 64)]])).train()
    average = MovingAverage(net, 0.985)
    optimiser = optimiser_for(net, args.rate)
    sets = np.flatnonzero(training & read), np.flatnonzero(training & ~read)
    steps = len(epoch_order(*sets, order_rng)) // BATCH
    total, step = steps * args.epochs, 0
    for epoch in range(args.epochs):
        order, losses, clock = epoch_order(*sets, order_rng), [], Clock()
        for start in range(0, steps * BATCH, BATCH):
            batch = make_batch(images, t, np.sort(order[start : start + BATCH]))
            if args.mix > 0:
                batch = mix_halves(batch, args.mix, rng)
            batch.images, batch.heat = augment(batch.images, batch.heat, rng)
            set_rate(optimiser, args.rate, step, total)
            loss = batch_loss(net, batch)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            average.update(net)
            losses.append(loss.item())
            step += 1
        print(f"{args.name} fold {args.fold} epoch {epoch + 1}/{args.epochs} loss {np.mean(losses):.4f} {clock}", flush=True)
    save_member(args, average.net, images, (np.flatnonzero(~training), sets[1]))


def save_member(args, net: torch.nn.Module, images: np.ndarray, sets: tuple[np.ndarray, np.ndarray]) -> None:
    """Weights NAME-foldK.pt and NAME-foldK.npz: heat of the held-out images and of the unread training images."""
    held_out, unread = sets
    stem = args.work / f"{args.name}-fold{args.fold}"
    save_weights(net, stem.with_suffix(".pt"))
    np.savez(
        stem.with_suffix(".npz"), index=held_out, heat=predict(net, images[held_out]),
        unread=unread, unread_heat=predict(net, images[unread]).astype(np.float16),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["pretrain", "fold"])
    parser.add_argument("--dataset", type=Path, help="folder with labels.csv and images/")
    parser.add_argument("--kermany", type=Path, help="folder with train/NORMAL and train/PNEUMONIA")
    parser.add_argument("--coco", type=Path, help="yolox_nano_coco.onnx")
    parser.add_argument("--work", type=Path, required=True, help="folder for caches, weights and predictions")
    parser.add_argument("--init", choices=["scratch", "coco", "pretrained"], default="pretrained")
    parser.add_argument("--name", default="member", help="of the weights and predictions")
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=256, help="side of the input, divisible by 32")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--mix", type=float, default=0.0, help="share of images that get another's left half")
    parser.add_argument("--teachers", nargs="+", help="names of members whose heat unread images learn from")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.work.mkdir(parents=True, exist_ok=True)
    pretrain(args) if args.step == "pretrain" else train_fold(args)


if __name__ == "__main__":
    main()
