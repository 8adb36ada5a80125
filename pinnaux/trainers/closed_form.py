"""The free parameters of an ansatz that is linear in them, by least squares: at once for a linear problem, by Gauss–Newton for others."""

from __future__ import annotations

import torch
from torch import Tensor

from pinnaux.linalg import least_squares
from pinnaux.objective import Objective


def gauss_newton(objective: Objective, theta: Tensor, steps: int, regularisation: float, *, enough: float = 0.05, linear: float = 1e-3) -> Tensor:
    """θ after at most `steps` steps with backtracking; ends when a step gains less than the share `enough`, or a linear problem is solved.

    A linear problem shows itself: the residual after the step is the predicted one, to within the share `linear`; but not where the
    step could not see a parameter, as k in k·u while u is zero.
    """
    for _ in range(steps):
        residual, jacobian = objective.jacobian(theta)
        before = residual.norm()
        direction = -least_squares(jacobian, residual, regularisation)
        predicted = (residual + jacobian @ direction).norm()
        following, after = backtrack(objective, theta, direction, before)
        if not after < before:
            return theta
        theta = following
        seen = bool(jacobian.any(dim=0).all())
        if (seen and after < (1 + linear) * predicted) or after > (1 - enough) * before:
            return theta
    return theta


def backtrack(objective: Objective, theta: Tensor, direction: Tensor, before: Tensor, shortest: float = 1 / 64) -> tuple[Tensor, Tensor]:
    """The longest of the steps 1, ½, ¼ … that lowers |r|, and the |r| there; the last one tried if none does."""
    length = 1.0
    while True:
        following = theta + length * direction
        after = objective.residual(following).norm()
        if (torch.isfinite(after) and after < before) or length <= shortest:
            return following, after
        length /= 2
