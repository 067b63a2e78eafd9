"""Labels, patient-wise folds, cached pixels and augmentation for cxr-opacity.

Nothing in here ever opens a radiograph of a test patient: `load_rows` drops them
before any file is touched.
"""
from __future__ import annotations

import csv
import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared-python"))
import preprocess  # noqa: E402

SIZE = 256
STRIDE = 8
GRID = SIZE // STRIDE
SCORE_CELLS = 20  # the score of an image is the mean of its 20 hottest of 1024 cells
FOLDS = 5
BOX_SPACE = 1024  # the boxes are given in pixels of the 1024 px original
INPUT_SPEC = {
    "name": "image",
    "size": [SIZE, SIZE],
    "window": {"kind": "percentile", "low": 1, "high": 99},
    "resize": {"kind": "area-letterbox", "pad": 0},
    "normalise": {"mean": 0.5, "std": 0.25},
}
NIH_FINDINGS = [
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis",
    "Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax",
]
NIH_BOXES = ["Atelectasis", "Cardiomegaly", "Effusion", "Infiltrate", "Mass", "Nodule", "Pneumonia", "Pneumothorax"]
OPACITY, NOT_NORMAL, NORMAL = "Lung Opacity", "No Lung Opacity / Not Normal", "Normal"


@dataclass
class Row:
    file: str
    patient: str
    age: int
    sex: str
    view: str
    findings: list[str]
    rsna: str
    boxes: list[list[float]]
    nih_boxes: list[tuple[str, list[float]]]
    fold: int = -1
    weak: float = field(default=0.0)

    @property
    def read(self) -> bool:
        return self.rsna != ""

    @property
    def positive(self) -> bool:
        return self.rsna == OPACITY


def is_test_patient(patient: str) -> bool:
    return int(hashlib.sha256(patient.encode()).hexdigest()[:8], 16) % 5 == 0


def load_rows(dataset: Path) -> list[Row]:
    """Rows of the training patients only, each with its fold."""
    rows = []
    with open(dataset / "labels.csv", newline="") as handle:
        for r in csv.DictReader(handle):
            if is_test_patient(r["patient"]):
                continue
            rows.append(
                Row(
                    r["file"], r["patient"], int(r["age"]), r["sex"], r["view"], r["nih_findings"].split("|"),
                    r["rsna_class"], json.loads(r["rsna_boxes"] or "[]"),
                    [(b[0], b[1:]) for b in json.loads(r["nih_boxes"] or "[]")],
                )
            )
    assign_folds(rows)
    return rows


def assign_folds(rows: list[Row]) -> None:
    """Whole patients, stratified by their strongest label, order fixed by a hash."""
    strength = {OPACITY: 3, NOT_NORMAL: 2, NORMAL: 1, "": 0}
    stratum: dict[str, int] = {}
    for r in rows:
        stratum[r.patient] = max(stratum.get(r.patient, 0), strength[r.rsna])
    def order(patient: str) -> tuple:
        return (-stratum[patient], hashlib.sha256(f"fold:{patient}".encode()).hexdigest())

    fold = {p: i % FOLDS for i, p in enumerate(sorted(stratum, key=order))}
    for r in rows:
        r.fold = fold[r.patient]


def read_values(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("L"), dtype=np.float64)


def cached_images(dataset: Path, rows: list[Row], cache: Path) -> np.ndarray:
    """float32 [n, SIZE, SIZE] in 0..1, made once with the product's own preprocessing."""
    key = hashlib.sha256(json.dumps([INPUT_SPEC, [r.file for r in rows]]).encode()).hexdigest()[:12]
    path = cache / f"cxr-{key}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        images = np.empty((len(rows), SIZE, SIZE), dtype=np.float32)
        for i, r in enumerate(rows):
            images[i] = preprocess.letterboxed(read_values(dataset / "images" / r.file), "MONOCHROME2", INPUT_SPEC)
        np.save(path, images)
    return np.load(path, mmap_mode="r")


def cached_kermany(dataset: Path, cache: Path) -> tuple[np.ndarray, np.ndarray]:
    """uint8 images and labels of the paediatric pretraining set (its official training split)."""
    path = cache / f"kermany-{SIZE}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        files = [(p, 0.0) for p in sorted((dataset / "train" / "NORMAL").iterdir())]
        files += [(p, 1.0) for p in sorted((dataset / "train" / "PNEUMONIA").iterdir())]
        images = np.stack(
            [
                np.round(preprocess.letterboxed(read_values(p), "MONOCHROME2", INPUT_SPEC) * 255).astype(np.uint8)
                for p, _ in files
            ]
        )
        np.savez(path, images=images, labels=np.array([y for _, y in files], dtype=np.float32))
    data = np.load(path)
    return data["images"], data["labels"]


def coverage(boxes: list[list[float]]) -> np.ndarray:
    """[GRID, GRID]: how much of each cell the boxes cover (largest single cover)."""
    out = np.zeros((GRID, GRID), dtype=np.float32)
    edges = np.arange(GRID + 1) * (BOX_SPACE / GRID)
    step = BOX_SPACE / GRID
    for x, y, w, h in boxes:
        cx = np.clip(np.minimum(edges[1:], x + w) - np.maximum(edges[:-1], x), 0, None) / step
        cy = np.clip(np.minimum(edges[1:], y + h) - np.maximum(edges[:-1], y), 0, None) / step
        out = np.maximum(out, np.outer(cy, cx))
    return out


def weak_features(row: Row) -> np.ndarray:
    boxed = {name for name, _ in row.nih_boxes}
    return np.array(
        [float(f in row.findings) for f in NIH_FINDINGS]
        + [float(b in boxed) for b in NIH_BOXES]
        + [float("No Finding" in row.findings)]
    )


def fit_weak_labels(rows: list[Row], training: np.ndarray, ridge: float = 2.0) -> None:
    """Soft opacity targets for unread images, from NIH labels, learned on the read training images only."""
    x = np.stack([weak_features(r) for r in rows])
    x = np.hstack([x, np.ones((len(x), 1))])
    use = np.array([r.read for r in rows]) & training
    y = np.array([float(r.positive) for r in rows])
    w = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], ridge)
    penalty[-1] = 1e-6
    for _ in range(30):  # Newton's method for a ridge logistic regression
        p = 1 / (1 + np.exp(-x[use] @ w))
        gradient = x[use].T @ (p - y[use]) + penalty * w
        hessian = (x[use] * (p * (1 - p))[:, None]).T @ x[use] + np.diag(penalty)
        w -= np.linalg.solve(hessian, gradient)
    p = 1 / (1 + np.exp(-x @ w))
    for r, value in zip(rows, p):
        r.weak = float(value)


def make_targets(rows: list[Row]) -> dict[str, np.ndarray]:
    n = len(rows)
    heat = np.zeros((n, 1 + len(NIH_BOXES), GRID, GRID), dtype=np.float32)
    heat_weight = np.zeros((n, 1 + len(NIH_BOXES)), dtype=np.float32)
    score = np.zeros(n, dtype=np.float32)
    score_weight = np.zeros(n, dtype=np.float32)
    findings = np.zeros((n, len(NIH_FINDINGS)), dtype=np.float32)
    for i, r in enumerate(rows):
        score[i] = float(r.positive) if r.read else r.weak
        score_weight[i] = 1.0 if r.read else 0.35
        findings[i] = [float(f in r.findings) for f in NIH_FINDINGS]
        if r.read:
            heat[i, 0] = coverage(r.boxes)
            heat_weight[i, 0] = 1.0
        for c, name in enumerate(NIH_BOXES, start=1):
            own = [b for label, b in r.nih_boxes if label == name]
            if own:
                heat[i, c] = coverage(own)
                heat_weight[i, c] = 1.0
            elif ("Infiltration" if name == "Infiltrate" else name) not in r.findings:
                heat_weight[i, c] = 0.25  # labelled absent, by text mining only
    return {
        "heat": heat, "heat_weight": heat_weight, "score": score, "score_weight": score_weight, "findings": findings,
    }


def augment(images: torch.Tensor, heat: torch.Tensor | None, rng: torch.Generator, strength: float = 1.0):
    """Flip, affine (unequal scales imitate letterboxed portrait and landscape images), grey-level changes."""
    n = images.shape[0]

    def uniform(low: float, high: float) -> torch.Tensor:
        return torch.rand(n, generator=rng) * (high - low) + low

    flip = torch.where(torch.rand(n, generator=rng) < 0.5, -1.0, 1.0)
    angle = uniform(-10, 10) * (np.pi / 180) * strength
    zoom = torch.exp(uniform(-0.16, 0.16) * strength)
    aspect = torch.exp(uniform(-0.10, 0.10) * strength)
    sx, sy = zoom * aspect, zoom / aspect
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = cos * sx * flip, -sin * sy
    theta[:, 1, 0], theta[:, 1, 1] = sin * sx * flip, cos * sy
    theta[:, 0, 2] = uniform(-0.10, 0.10) * strength
    theta[:, 1, 2] = uniform(-0.10, 0.10) * strength
    images = F.grid_sample(images, F.affine_grid(theta, list(images.shape), False), align_corners=False)
    if heat is not None:
        heat = F.grid_sample(heat, F.affine_grid(theta, list(heat.shape), False), align_corners=False)
    shape = (n, 1, 1, 1)
    gamma = torch.exp(uniform(-0.35, 0.35) * strength).view(shape)
    contrast = torch.exp(uniform(-0.20, 0.20) * strength).view(shape)
    brightness = (uniform(-0.10, 0.10) * strength).view(shape)
    images = images.clamp(1e-4, 1).pow(gamma)
    images = (images - 0.5) * contrast + 0.5 + brightness
    noise = torch.randn(images.shape, generator=rng) * uniform(0, 0.04).view(shape) * strength
    return (images + noise).clamp(0, 1), heat


def normalise(images: torch.Tensor) -> torch.Tensor:
    return (images - INPUT_SPEC["normalise"]["mean"]) / INPUT_SPEC["normalise"]["std"]
