"""The figures of models/cxr-opacity/training/measures.py on predictions given as JSON, for card-measures.test.ts."""
import json
import sys
import types
from pathlib import Path

import numpy as np

TRAINING = Path(__file__).resolve().parents[3] / "models/cxr-opacity/training"
sys.path.insert(0, str(TRAINING))
# images.py reads pixels and wants torch; of it the measures use this one number, and not on given scores.
images = types.ModuleType("images")
images.score_cells = lambda grid: 1
sys.modules["images"] = images

import labels  # noqa: E402
import measures  # noqa: E402
import statistic as stat  # noqa: E402
import uncertainty  # noqa: E402
from predictions import Predictions  # noqa: E402

uncertainty.REPEATS = 50  # of intervals that are not compared
uncertainty.draw_patients.__defaults__ = (50,)

given = json.load(sys.stdin)
rows = [
    labels.Row(r["file"], r["patient"], r["age"], r["sex"], r["view"], [], r["rsna"], r["boxes"], [])
    for r in given["rows"]
]
score = np.array(given["scores"])
heat = np.array(given["heat"]).reshape(len(rows), given["grid"], given["grid"])
thresholds = given["thresholds"]
p = Predictions(
    rows, np.zeros(len(rows), int), score, score, heat, {k: score >= t for k, t in thresholds.items()}, thresholds,
    tuple(given["rule"]), {0: rows},
)
p = p.take(np.array([r.read for r in rows]))

points = {}
for name in thresholds:
    found = measures.operating_point(p, name)
    points[name] = {
        **{k: {**found[k], "wilson": stat.wilson(found[k]["hits"], found[k]["n"])[1:]} for k in ("sensitivity", "specificity")},
        "prevalence": found["prevalence"],
        "groups": {g: {k: v["hits"] for k, v in of.items()} for g, of in found["groups"].items()},
    }
model = measures.discrimination(p)["model"]
place = measures.localisation(p)
json.dump(
    {
        "auc": {g: {k: of["all"].get(k) for k in ("value", "delong")} for g, of in model.items()},
        "points": points,
        "calibration": measures.calibration(p),
        "peak": place["peak"],
        "froc": place["froc"],
        "drawn": place["drawn_flagged"],
        "thirds": [t["specific"] for t in measures.by_area(p)["thirds"]],
    },
    sys.stdout,
)
