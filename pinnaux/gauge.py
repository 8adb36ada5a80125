"""What conditions leave open of a field that they hold only through its derivatives: a constant, or another one at every moment.

Errors and noise of such a field are what remains when that is left out, as of the pressure of a flow between walls.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.plan import Plan

MOST_FUNCTIONS, POINTS_EACH = 16, 20
"""Chebyshev polynomials of time that stand for any function of it, and how many points tell each of them from the field."""
ALIKE = 1e-6
"""Functions that differ by less than such a share at the points are the same there."""


@dataclass(frozen=True, eq=False)
class Gauge:
    """The functions, of every point's time, that may be added to fields: `constant` (N, 1) and `of_time` (N, K), and the points' `weights` (N, 1)."""

    plan: Plan
    constant: Tensor
    of_time: Tensor
    weights: Tensor

    @staticmethod
    def of(plan: Plan, points: Tensor, shares: Tensor | None = None) -> Gauge:
        """At points (N, d) of the domain, which stand for `shares` (N,) of it if not for the same."""
        one, domain = points.new_ones(len(points), 1), plan.problem.domain
        weights = one if shares is None else shares[:, None]
        of_time = one
        if domain.time is not None:
            low, high = domain.time.bounds
            angle = torch.arccos((2 * (points[:, domain.names.index(domain.time.name)] - low) / (high - low) - 1).clamp(-1, 1))
            count = max(1, min(MOST_FUNCTIONS, len(points) // POINTS_EACH))
            of_time = torch.cos(angle[:, None] * torch.arange(count).to(points))
        return Gauge(plan, one, of_time, weights)

    def without(self, values: Tensor, name: str) -> Tensor:
        """Values (N, m) of a scalar unknown less what may be added to each column, the best fit of it."""
        if name not in {field.name for field in self.plan.floating} or not len(values):
            return values
        functions, root = self.of_time if name in {field.name for field in self.plan.adrift} else self.constant, self.weights.sqrt()
        left, sizes, right = torch.linalg.svd(root * functions, full_matrices=False)
        kept = sizes > ALIKE * sizes.max()  # points of one moment tell one function of time only
        return values - functions @ (right[kept].T @ ((left[:, kept].T @ (root * values)) / sizes[kept, None]))
