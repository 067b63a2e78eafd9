"""Train cxr-opacity.

  pretrain: COCO backbone weights, then paediatric pneumonia radiographs (Kermany et al.)
  fold:     one member of the ensemble: trained on four fifths of the training patients,
            its predictions for the remaining fifth saved for evaluate.py

See README.md for the commands that made the shipped model.
"""
from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import data
from network import OpacityNet, load_coco

BATCH = 16


def seeded(seed: int) -> torch.Generator:
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def optimiser_for(net: torch.nn.Module, rate: float) -> torch.optim.Optimizer:
    decay = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    return torch.optim.AdamW([{"params": decay, "weight_decay": 0.03}, {"params": plain, "weight_decay": 0.0}], lr=rate)


def set_rate(optimiser, rate: float, step: int, total: int) -> None:
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


def pretrain(args) -> None:
    images, labels = data.cached_kermany(args.kermany, args.work)
    rng = seeded(args.seed)
    order_rng = np.random.default_rng(args.seed)
    net = OpacityNet()
    probe = torch.from_numpy(images[order_rng.permutation(len(images))[:64]].astype(np.float32) / 255)[:, None]
    load_coco(net, args.coco, data.normalise(probe))
    net = net.to(memory_format=torch.channels_last).train()
    optimiser = optimiser_for(net, args.rate)
    steps = len(images) // BATCH
    total, step = steps * args.epochs, 0
    for epoch in range(args.epochs):
        order, losses, started = order_rng.permutation(len(images)), [], time.time()
        for start in range(0, steps * BATCH, BATCH):
            pick = np.sort(order[start : start + BATCH])
            x = torch.from_numpy(images[pick].astype(np.float32) / 255)[:, None]
            x, _ = data.augment(x, None, rng)
            set_rate(optimiser, args.rate, step, total)
            logits, _ = net(channels_last(data.normalise(x)))
            loss = F.binary_cross_entropy_with_logits(logits, torch.from_numpy(labels[pick]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
            step += 1
        print(f"pretrain epoch {epoch} loss {np.mean(losses):.4f} {time.time() - started:.0f} s", flush=True)
        torch.save(net.state_dict(), args.work / "pretrained.pt")


def start_network(args, probe: torch.Tensor) -> OpacityNet:
    net = OpacityNet()
    if args.init == "coco":
        load_coco(net, args.coco, data.normalise(probe))
    elif args.init == "pretrained":
        heads = ("heat", "hidden", "score", "findings")
        state = torch.load(args.work / "pretrained.pt")
        own = net.state_dict()
        own.update({k: v for k, v in state.items() if not k.startswith(heads)})
        net.load_state_dict(own)
    return net.to(memory_format=torch.channels_last)


def batch_loss(net, x, t, pick, heat_target) -> torch.Tensor:
    score, heat, findings = net.forward_all(x)
    weight = torch.from_numpy(t["score_weight"][pick])
    target = torch.from_numpy(t["score"][pick]) * 0.96 + 0.02
    score_loss = (weight * F.binary_cross_entropy_with_logits(score, target, reduction="none")).mean()
    cells = F.binary_cross_entropy_with_logits(heat, heat_target, reduction="none").mean((2, 3))
    heat_weight = torch.from_numpy(t["heat_weight"][pick])
    heat_loss = (cells[:, 0] * heat_weight[:, 0]).mean() + 0.5 * (cells[:, 1:] * heat_weight[:, 1:]).mean()
    findings_loss = F.binary_cross_entropy_with_logits(findings, torch.from_numpy(t["findings"][pick]))
    return score_loss + 5.0 * heat_loss + 0.5 * findings_loss


@torch.no_grad()
def predict(net: torch.nn.Module, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits averaged over each image and its mirror image, as in the shipped graph."""
    net.eval()
    scores, heats = [], []
    for start in range(0, len(images), BATCH):
        x = data.normalise(torch.from_numpy(np.array(images[start : start + BATCH]))[:, None])
        s, h = net(channels_last(x))
        s2, h2 = net(channels_last(torch.flip(x, [3])))
        scores.append(((s + s2) / 2).numpy())
        heats.append(((h + torch.flip(h2, [3])) / 2)[:, 0].numpy())
    return np.concatenate(scores), np.concatenate(heats)


def epoch_order(rows, training: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every read image once, and about as many of the unread ones."""
    read = np.flatnonzero(training & np.array([r.read for r in rows]))
    unread = rng.permutation(np.flatnonzero(training & ~np.array([r.read for r in rows])))
    return rng.permutation(np.concatenate([read, unread[: len(read)]]))


def train_fold(args) -> None:
    rows = data.load_rows(args.dataset)
    images = data.cached_images(args.dataset, rows, args.work)
    training = np.array([r.fold != args.fold for r in rows])
    data.fit_weak_labels(rows, training)
    t = data.make_targets(rows)
    rng = seeded(1000 * args.seed + args.fold)
    order_rng = np.random.default_rng(1000 * args.seed + args.fold)
    probe = torch.from_numpy(np.array(images[np.sort(order_rng.permutation(np.flatnonzero(training))[:64])]))[:, None]
    net = start_network(args, probe).train()
    average = MovingAverage(net, 0.985)
    optimiser = optimiser_for(net, args.rate)
    steps = len(epoch_order(rows, training, order_rng)) // BATCH
    total, step = steps * args.epochs, 0
    for epoch in range(args.epochs):
        order, losses, started = epoch_order(rows, training, order_rng), [], time.time()
        for start in range(0, steps * BATCH, BATCH):
            pick = np.sort(order[start : start + BATCH])
            x = torch.from_numpy(np.array(images[pick]))[:, None]
            x, heat = data.augment(x, torch.from_numpy(t["heat"][pick]), rng)
            set_rate(optimiser, args.rate, step, total)
            loss = batch_loss(net, channels_last(data.normalise(x)), t, pick, heat)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            average.update(net)
            losses.append(loss.item())
            step += 1
        print(f"fold {args.fold} epoch {epoch} loss {np.mean(losses):.4f} {time.time() - started:.0f} s", flush=True)
    held_out = np.flatnonzero(~training & np.array([r.read for r in rows]))
    scores, heats = predict(average.net, images[held_out])
    name = f"{args.name}-fold{args.fold}-seed{args.seed}"
    np.savez(args.work / f"{name}.npz", index=held_out, score=scores, heat=heats)
    torch.save(average.net.state_dict(), args.work / f"{name}.pt")
    report(rows, held_out, scores, name)


def report(rows, held_out, scores, name: str) -> None:
    """A line for the log only; the figures of the card come from evaluate.py."""
    y = np.array([rows[i].positive for i in held_out])
    auc = np.mean(scores[y][:, None] > scores[~y][None])
    print(f"{name}: n {len(y)} positives {y.sum()} AUC {auc:.4f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["pretrain", "fold"])
    parser.add_argument("--dataset", type=Path, help="folder with labels.csv and images/")
    parser.add_argument("--kermany", type=Path, help="folder with train/NORMAL and train/PNEUMONIA")
    parser.add_argument("--coco", type=Path, help="yolox_nano_coco.onnx")
    parser.add_argument("--work", type=Path, required=True, help="folder for caches, weights and predictions")
    parser.add_argument("--init", choices=["scratch", "coco", "pretrained"], default="pretrained")
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--name", default="member")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.work.mkdir(parents=True, exist_ok=True)
    pretrain(args) if args.step == "pretrain" else train_fold(args)


if __name__ == "__main__":
    main()
