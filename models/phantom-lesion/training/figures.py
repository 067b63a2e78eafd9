"""DeLong's variance of the area under the curve, with the interval on the logit scale."""
from __future__ import annotations

import math

import numpy as np

Z_95 = 1.959963984540054


def delong(positive: np.ndarray, negative: np.ndarray) -> tuple[float, float, float]:
    """AUC and its 95% interval. DeLong et al., Biometrics 1988; positives and negatives taken as independent."""
    wins = (positive[:, None] > negative[None, :]) + 0.5 * (positive[:, None] == negative[None, :])
    auc = float(wins.mean())
    variance = wins.mean(axis=1).var(ddof=1) / len(positive) + wins.mean(axis=0).var(ddof=1) / len(negative)
    if auc in (0.0, 1.0):
        # No pair is out of order and the variance is 0: the exact bound for the smaller group stands in.
        bound = 0.025 ** (1 / min(len(positive), len(negative)))
        return (auc, bound, 1.0) if auc == 1.0 else (auc, 0.0, 1 - bound)
    logit = math.log(auc / (1 - auc))
    half = Z_95 * math.sqrt(variance) / (auc * (1 - auc))
    expit = lambda x: 1 / (1 + math.exp(-x))  # noqa: E731
    return auc, expit(logit - half), expit(logit + half)


def wilson(hits: int, total: int) -> tuple[float, float]:
    p, z2 = hits / total, Z_95**2
    centre = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = Z_95 * math.sqrt(p * (1 - p) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return centre - half, centre + half


if __name__ == "__main__":
    # Check values: AUC 0.9, logit interval 0.5296 to 0.9863; Wilson 190/200 0.9104 to 0.9726.
    auc, low, high = delong(np.array([0.9, 0.8, 0.7, 0.55, 0.4]), np.array([0.6, 0.5, 0.35, 0.3, 0.2, 0.1]))
    assert abs(auc - 0.9) < 1e-9 and abs(low - 0.5296) < 1e-4 and abs(high - 0.9863) < 1e-4, (auc, low, high)
    assert np.allclose(wilson(190, 200), (0.9104, 0.9726), atol=1e-4)
    print("ok")
