"""Gauss' rule: on an interval, and on the part of a box that comparisons of one coordinate each leave."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pinnaux.geometry.points import Points
from pinnaux.geometry.region import PatchRegion
from pinnaux.symbolic.branches import crossings, differences, only_coordinate
from pinnaux.symbolic.numeric import evaluate_predicate

LARGEST_PANEL = 48
FEWEST_NODES = 4
"""Nodes along an axis below which points of low discrepancy are better."""


@lru_cache(maxsize=64)
def gauss(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights (count,) of Gauss–Legendre rules on [0, 1], on equal panels of at most LARGEST_PANEL nodes."""
    panels = -(-count // LARGEST_PANEL)
    x, w = np.polynomial.legendre.leggauss(-(-count // panels))
    places = (np.arange(panels)[:, None] + (x + 1) / 2) / panels
    return places.ravel(), np.tile(w / (2 * panels), panels)


def box_panels(region: PatchRegion, count: int) -> tuple[Points, np.ndarray] | None:
    """About `count` nodes and their weights on a part of the interior of a box such as domain.where(x < 0.5); None of any other region.

    Along every axis the panels end where a comparison changes, so that all of each belongs to the part or none.
    """
    domain = region.domain
    formulas = [one for predicate in region.predicates for one in differences(predicate)]
    names = [only_coordinate(one) for one in formulas]
    along = round(count ** (1 / len(domain.names)))
    if region.kind != "interior" or not names or None in names or along < FEWEST_NODES or not (domain.shape is None or domain.shape.is_box):
        return None
    bounds = {name: (float(low), float(high)) for name, (low, high) in zip(domain.names, domain.bounds)}
    ends = {name: {*pair, *(place for one, own in zip(formulas, names) if own == name for place in crossings(one, name, *pair))} for name, pair in bounds.items()}
    axes = [_panels(sorted(ends[name]), along) for name in domain.names]
    points = np.stack(np.meshgrid(*(nodes for nodes, _ in axes), indexing="ij"), axis=-1).reshape(-1, len(axes))
    weights = np.stack(np.meshgrid(*(own for _, own in axes), indexing="ij"), axis=-1).prod(axis=-1).ravel()
    values = dict(zip(domain.names, points.T))
    inside = np.all([np.broadcast_to(evaluate_predicate(one, values, {}), len(points)) for one in region.predicates], axis=0)
    return Points(points[inside]), weights[inside]


def _panels(ends: list[float], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss' nodes between each end and the next, and their weights, about `count` in all."""
    nodes, weights = gauss(max(FEWEST_NODES, -(-count // (len(ends) - 1))))
    starts, lengths = np.array(ends[:-1]), np.diff(ends)
    return (starts[:, None] + lengths[:, None] * nodes).ravel(), np.outer(lengths, weights).ravel()
