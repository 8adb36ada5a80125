"""The free parameters of an ansatz that is linear in them, by least squares.

At once for a linear problem, by Gauss–Newton for others.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.linalg import LeastSquares
from pinnaux.objective import Objective


@dataclass(frozen=True, eq=False)
class Solved:
    """θ, |r| before and after solving for it, and the system last solved."""

    theta: Tensor
    before: Tensor
    after: Tensor
    system: LeastSquares


def gauss_newton(
    objective: Objective, theta: Tensor, steps: int, regularisation: float, *, enough: float = 0.05, linear: float = 1e-3
) -> Solved:
    """θ (and |r| before and there) after at most `steps` steps with backtracking.

    Ends when a step gains less than the share `enough`, or a linear problem is solved. A linear problem shows itself: the
    residual after the step is the predicted one, to within the share `linear` (a least-squares residual is no better known
    where the system is nearly singular); but not where the step could not see a parameter, as k in k·u while u is zero.
    """
    first = None
    for _ in range(steps):
        residual, jacobian = objective.jacobian(theta)
        before = residual.norm()
        first = before if first is None else first
        system = LeastSquares.build(jacobian, regularisation)
        direction = -system.solve(residual)
        predicted = (residual + jacobian @ direction).norm()
        seen = bool(jacobian.any(dim=0).all())
        del jacobian
        following, after = backtrack(objective, theta, direction, before)
        if not after < before:
            return Solved(theta, first, before, system)
        if seen and after < (1 + linear) * predicted:
            return Solved(following, first, after, system)
        theta, after = simplified_newton(objective, following, system, after)
        if after > (1 - enough) * before:
            break
    return Solved(theta, first, after, system)


def simplified_newton(
    objective: Objective, theta: Tensor, system: LeastSquares, size: Tensor, steps: int = 10, enough: float = 0.5
) -> tuple[Tensor, Tensor]:
    """More steps with the same factorisation, which cost next to nothing, while each at least halves |r|; θ and |r| there."""
    for _ in range(steps):
        following = theta - system.solve(objective.residual(theta))
        after = objective.residual(following).norm()
        if not after < size:
            return theta, size
        theta, size, last = following, after, size
        if after > enough * last:
            break
    return theta, size


def backtrack(
    objective: Objective, theta: Tensor, direction: Tensor, before: Tensor, shortest: float = 1 / 64
) -> tuple[Tensor, Tensor]:
    """The longest of the steps 1, ½, ¼ … that lowers |r|, and the |r| there; the last one tried if none does."""
    length = 1.0
    while True:
        following = theta + length * direction
        after = objective.residual(following).norm()
        if (torch.isfinite(after) and after < before) or length <= shortest:
            return following, after
        length /= 2
