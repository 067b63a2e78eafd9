"""ROC, reliability and FROC as one small SVG beside the card."""
from __future__ import annotations

import numpy as np

import localisation as place
import measures
from predictions import Predictions

SIDE, GAP, TOP, LEFT = 240, 80, 40, 56
INK, MODEL, BASE = "#333", "#1f5fa8", "#b3541e"


def roc(score: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Points (1 - specificity, sensitivity), ties drawn as slopes."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)
    hits, false = np.cumsum(truth[order])[last], np.cumsum(~truth[order])[last]
    return np.vstack([[0, 0], np.stack([false / (~truth).sum(), hits / truth.sum()], 1)])


class Panel:
    """Axes from 0 to `right` and 0 to 1, at the index-th place."""

    def __init__(self, index: int, right: float, texts: tuple[str, str, str]):
        self.x0, self.right, self.parts = LEFT + index * (SIDE + GAP), right, []
        title, x_label, y_label = texts
        self.parts.append(f'<rect x="{self.x0}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{INK}"/>')
        middle = self.x0 + SIDE / 2
        self.text((middle, TOP - 14), title, 'text-anchor="middle" font-weight="bold"')
        self.text((middle, TOP + SIDE + 36), x_label, 'text-anchor="middle"')
        across = f'text-anchor="middle" transform="rotate(-90 {self.x0 - 36} {TOP + SIDE / 2})"'
        self.text((self.x0 - 36, TOP + SIDE / 2), y_label, across)
        for share in (0, 0.5, 1):
            x, y = self.at(share * right, share)
            self.text((x, TOP + SIDE + 16), f"{share * right:g}", 'text-anchor="middle"')
            self.text((self.x0 - 6, y + 4), f"{share:g}", 'text-anchor="end"')

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.x0 + SIDE * x / self.right, TOP + SIDE * (1 - y)

    def text(self, where: tuple[float, float], content: str, attributes: str) -> None:
        self.parts.append(f'<text x="{where[0]:g}" y="{where[1]:g}" {attributes}>{content}</text>')

    def line(self, points, style: str) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*p) for p in points))
        self.parts.append(f'<polyline points="{path}" fill="none" {style}/>')

    def dot(self, point: tuple[float, float], colour: str) -> None:
        x, y = self.at(*point)
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')


def thinned(points: np.ndarray, most: int = 150) -> np.ndarray:
    return points if len(points) <= most else points[np.unique(np.linspace(0, len(points) - 1, most).round().astype(int))]


def draw(everything: Predictions, figures: dict) -> str:
    p = everything.take(np.array([r.read for r in everything.rows]))
    panels = [roc_panel(p, figures), reliability_panel(figures), froc_panel(p, figures)]
    width, height = LEFT + 3 * SIDE + 2 * GAP + 20, TOP + SIDE + 76
    note = TOP + SIDE + 62
    body = "\n".join(part for panel in panels for part in panel.parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="{INK}">\n'
        "<title>ROC, reliability and FROC of cxr-opacity</title>\n"
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n{body}\n'
        f'<text x="{LEFT}" y="{note}"><tspan fill="{MODEL}">blue: the model (dots: operating points)</tspan>'
        f'<tspan dx="14" fill="{BASE}">brown: baseline (the view alone; the prevalence; a fixed point)</tspan></text>\n</svg>\n'
    )


def roc_panel(p: Predictions, figures: dict) -> Panel:
    panel = Panel(0, 1, ("ROC", "1 - specificity", "sensitivity"))
    panel.line([(0, 0), (1, 1)], f'stroke="{INK}" stroke-dasharray="3 3"')
    panel.line(roc(measures.view_score(p.rows), p.truth), f'stroke="{BASE}"')
    panel.line(thinned(roc(p.ranking, p.truth)), f'stroke="{MODEL}" stroke-width="1.5"')
    for point in figures["points"].values():
        panel.dot((1 - point["specificity"]["value"], point["sensitivity"]["value"]), MODEL)
    return panel


def reliability_panel(figures: dict) -> Panel:
    panel = Panel(1, 1, ("Reliability (95% bars)", "mean score", "share with opacity"))
    panel.line([(0, 0), (1, 1)], f'stroke="{INK}" stroke-dasharray="3 3"')
    prevalence = figures["calibration"]["prevalence"]
    panel.line([(0, prevalence), (1, prevalence)], f'stroke="{BASE}"')
    for b in figures["calibration"]["bins"]:
        panel.line([(b["score"], b["low"]), (b["score"], b["high"])], f'stroke="{MODEL}"')
        panel.dot((b["score"], b["value"]), MODEL)
    return panel


def froc_panel(p: Predictions, figures: dict) -> Panel:
    panel = Panel(2, 2, ("FROC", "false marks an image", "boxes hit"))
    false, hit, total = place.froc_curve(p.heat, [r.boxes for r in p.rows])
    use = false <= 2
    panel.line(thinned(np.stack([false[use], hit[use] / total], 1)), f'stroke="{MODEL}" stroke-width="1.5"')
    fixed = figures["localisation"]["froc_fixed"]
    panel.dot((fixed["false"], fixed["hits"] / fixed["n"]), BASE)
    return panel
