"""Figures of scikit-learn and scipy on the cases given as JSON on standard input, as JSON on standard output."""
import json
import sys
import warnings

import numpy as np
from scipy import stats
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression

warnings.simplefilter("ignore")


def logistic(scores, truth):
    """Unpenalised; scores of 0 and 1 moved to 1e-9 from their end, as the product does."""
    inside = np.clip(scores, 1e-9, 1 - 1e-9)
    logits = np.log(inside / (1 - inside))[:, None]
    fit = LogisticRegression(penalty="none", solver="newton-cg", tol=1e-13, max_iter=10_000).fit(logits, truth)
    return [float(fit.coef_[0, 0]), float(fit.intercept_[0])]


def figures(case):
    scores, truth = np.array(case["scores"]), np.array(case["truth"])
    fpr, tpr, thresholds = metrics.roc_curve(truth, scores, drop_intermediate=False)
    observed, predicted = calibration_curve(truth, scores, n_bins=10, strategy="uniform")
    flags = scores >= case["threshold"]
    return {
        "auc": metrics.roc_auc_score(truth, scores),
        "fpr": fpr.tolist(),
        "tpr": tpr.tolist(),
        "thresholds": thresholds[1:].tolist(),
        "brier": metrics.brier_score_loss(truth, scores),
        "observed": observed.tolist(),
        "predicted": predicted.tolist(),
        "confusion": metrics.confusion_matrix(truth, flags, labels=[0, 1]).ravel().tolist(),
        "recall": metrics.recall_score(truth, flags, zero_division=0),
        "precision": metrics.precision_score(truth, flags, zero_division=0),
        "logistic": logistic(scores, truth) if case["overlaps"] else None,
    }


def mcnemar(case):
    first, second = case
    if first + second == 0:
        return 1.0
    return stats.binomtest(first, first + second, 0.5).pvalue


def interval(case):
    count, total = case
    result = stats.binomtest(count, total)
    return [
        [v for v in result.proportion_ci(0.95, method)] for method in ("wilson", "exact")
    ]


given = json.load(sys.stdin)
json.dump(
    {
        "figures": [figures(case) for case in given["cases"]],
        "mcnemar": [mcnemar(case) for case in given["discordant"]],
        "intervals": [interval(case) for case in given["proportions"]],
        "tails": [float(2 * stats.norm.sf(abs(z))) for z in given["z"]],
    },
    sys.stdout,
)
