"""The manifest of the shipped model, from what evaluate.py and input_check.py measured."""
from __future__ import annotations

import images as pixels
from predictions import POINTS

VERSION = "0.3.0"
# Limits that no radiograph of an adult's chest comes near; NIH's have 1024 px originals.
PIXEL_RULES = {
    "minimumRows": 200,
    "minimumColumns": 200,
    "minimumAspectRatio": 0.6,
    "maximumAspectRatio": 1.7,
    "minimumDistinctValues": 32,
    "maximumSingleValueShare": 0.8,
}


def operating_points(figures: dict) -> list[dict]:
    points = []
    for kind in POINTS:
        p = figures["points"][kind]
        point = {"id": kind, "threshold": round(p["threshold"], 4)}
        if kind == "specific":
            point["default"] = True
        points.append(point | {k: round(p[k]["value"], 3) for k in ("sensitivity", "specificity")})
    return points


def label(figures: dict) -> dict:
    auc = figures["discrimination"]["model"]["all"]["all"]
    return {
        "id": "lung-opacity",
        "label": "Lung opacity",
        "code": {"scheme": "99RADTRIAGE", "value": "LUNG-OPACITY", "meaning": "Opacity of lung"},
        "index": 0,
        "operatingPoints": operating_points(figures),
        "heatmap": {"threshold": 0.5, "minimumCells": figures["localisation"]["rule"][1]},
        "validation": {
            "auc": round(auc["value"], 3),
            "aucInterval": [round(auc["low"], 3), round(auc["high"], 3)],
            "n": figures["n"],
            "positives": figures["positives"],
            "method": "5-fold patient-wise cross-validation on training patients",
        },
    }


def input_check(check: dict) -> dict:
    rates = [{k: r[k] for k in ("class", "n", "refused")} for r in check["rates"]]
    return {
        "pixels": PIXEL_RULES,
        "detector": {"output": "atypicality", "maximum": round(check["maximum"], 4), "errorRates": rates, "untested": check["untested"]},
    }


def manifest(label_part: dict, check: dict, size: int, sha256: str) -> dict:
    return {
        "schemaVersion": 2,
        "id": "cxr-opacity",
        "version": VERSION,
        "title": "Lung opacity on adult frontal chest radiographs",
        "demonstration": False,
        "file": "model.onnx",
        "sha256": sha256,
        "licence": "Apache-2.0",
        "intendedUse": "Research use only, not a medical device. Raises adult frontal chest radiographs with a suspected lung "
        "opacity in a radiologist's worklist. It never lowers a study, and every study is read by a radiologist.",
        "attribution": [
            "NIH Clinical Center, ChestX-ray14; Wang et al., CVPR 2017",
            "Radiological Society of North America, Pneumonia Detection Challenge 2018; Shih et al., Radiology: Artificial Intelligence 2019",
            "Kermany et al., Cell 2018, chest radiographs of children, CC BY 4.0 (pretraining)",
            "YOLOX-nano, Megvii, Apache-2.0, trained on COCO (initialisation)",
            "torchxrayvision, Cohen et al. (table that matches RSNA images to NIH images)",
        ],
        "select": {
            "level": "image",
            "all": [
                {"attribute": "Modality", "in": ["CR", "DX"]},
                {"attribute": "BodyPartExamined", "in": ["CHEST", "THORAX", "LUNG", "RIB"], "orMissing": True},
                {"attribute": "ViewPosition", "in": ["PA", "AP"], "orMissing": True},
                {"attribute": "Manufacturer", "notIn": ["RadTriage Phantom"], "orMissing": True},
            ],
            "minimumAgeYears": 18,
        },
        "input": pixels.input_spec(size),
        "outputs": [
            {"kind": "scores", "name": "score", "activation": "none"},
            {"kind": "heatmap", "name": "heatmap", "activation": "none"},
            {"kind": "atypicality", "name": "atypicality"},
        ],
        "labels": [label_part],
        "inputCheck": input_check(check),
    }
