"""The table of radiographs, its patient-wise split and its five folds.

`load_rows` gives the training patients; `load_test_rows` those set aside. Only
`evaluate.py test` calls the second. No image is opened here.
"""
from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

FOLDS = 5
BOX_SPACE = 1024  # the boxes are given in pixels of the 1024 px original
MINIMUM_AGE = 18
NIH_FINDINGS = [
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis",
    "Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax",
]
NIH_BOXES = ["Atelectasis", "Cardiomegaly", "Effusion", "Infiltrate", "Mass", "Nodule", "Pneumonia", "Pneumothorax"]
OPACITY, NOT_NORMAL, NORMAL = "Lung Opacity", "No Lung Opacity / Not Normal", "Normal"


@dataclass
class Row:
    """One radiograph. Boxes are [x, y, width, height] in pixels of the 1024 px original."""

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
        """Read by the radiologists of the challenge."""
        return self.rsna != ""

    @property
    def positive(self) -> bool:
        return self.rsna == OPACITY

    @property
    def adult(self) -> bool:
        return self.age >= MINIMUM_AGE


def is_test_patient(patient: str) -> bool:
    return int(hashlib.sha256(patient.encode()).hexdigest()[:8], 16) % 5 == 0


def read_table(dataset: Path, test: bool) -> list[Row]:
    rows = []
    with open(dataset / "labels.csv", newline="") as handle:
        for r in csv.DictReader(handle):
            if is_test_patient(r["patient"]) != test:
                continue
            rows.append(
                Row(
                    r["file"], r["patient"], int(r["age"]), r["sex"], r["view"], r["nih_findings"].split("|"),
                    r["rsna_class"], json.loads(r["rsna_boxes"] or "[]"),
                    [(b[0], b[1:]) for b in json.loads(r["nih_boxes"] or "[]")],
                )
            )
    return rows


def load_rows(dataset: Path) -> list[Row]:
    """Rows of the training patients only, each with its fold."""
    rows = read_table(dataset, test=False)
    assign_folds(rows)
    return rows


def load_test_rows(dataset: Path) -> list[Row]:
    """Rows of the patients set aside. To be scored once, at the very end."""
    return read_table(dataset, test=True)


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
