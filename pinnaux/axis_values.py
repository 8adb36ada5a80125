"""Values on the axis of curvilinear coordinates, where formulas such as u_r/r are 0/0: the limit, extrapolated from beside the axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pinnaux.geometry.domain import Domain
from pinnaux.geometry.frames import ON_AXIS, axis_faces
from pinnaux.symbolic.poles import has_pole
from pinnaux.symbolic.scalar import Expr

# formulas (m of them), points (N, d) → values (m, N)
Evaluate = Callable[[Sequence[Expr], np.ndarray], np.ndarray]

# How far from the axis one looks, relative to the domain's size there, and the polynomial of degree 4 through five such places at 0.
STEP = 1e-2
WEIGHTS = (5.0, -10.0, 10.0, -5.0, 1.0)


def with_limits(evaluate: Evaluate, formulas: Sequence[Expr], points: np.ndarray, domain: Domain) -> np.ndarray:
    """(m, N): the formulas at the points, those that have a pole on the axis there as limits along the coordinates; error O(STEP⁵)."""
    values = evaluate(formulas, points)
    roots = [root for root, _ in domain.zeros]
    divided = [number for number, formula in enumerate(formulas) if has_pole(formula, roots)]
    steps = inward(domain, points)
    at = np.flatnonzero(steps.any(axis=1))
    if divided and len(at):
        chosen = [formulas[number] for number in divided]
        beside = [weight * evaluate(chosen, points[at] + k * steps[at]) for k, weight in enumerate(WEIGHTS, start=1)]
        values[np.ix_(divided, at)] = sum(beside)
    return values


def inward(domain: Domain, points: np.ndarray) -> np.ndarray:
    """(N, d): a small step into the domain for every point on the axis, 0 for all others."""
    steps = np.zeros_like(points)
    bounds = domain.bounds
    for axis, side in axis_faces(domain.frame, bounds) if domain.space else ():
        extent = np.ptp(bounds[axis])
        here = np.abs(points[:, axis] - bounds[axis, side]) <= ON_AXIS * extent
        steps[here, axis] = (1 - 2 * side) * STEP * extent
    return steps
