"""The free parameters of an ansatz that is linear in them, by least squares.

At once for a linear problem, by Gauss–Newton for others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.balance import Balance, exactness
from pinnaux.linalg import LeastSquares, ReducedLeastSquares
from pinnaux.objective import Objective
from pinnaux.settings import Settings


CLOSE = 1e-6
"""The share of |r| that still matters beside noise: where noise is nearly all of |r|, an error of a standard deviation is a small share."""


@dataclass(frozen=True, eq=False)
class Solved:
    """θ, |r| before and after solving for it, and the system last solved."""

    theta: Tensor
    before: Tensor
    after: Tensor
    system: LeastSquares | ReducedLeastSquares


@dataclass(frozen=True, eq=False)
class Newton:
    """One Gauss–Newton step: |r| before it and as predicted after it, and whether the residual sees every parameter."""

    direction: Tensor
    before: Tensor
    predicted: Tensor
    seen: bool
    system: LeastSquares | ReducedLeastSquares


def gauss_newton(
    objective: Objective, theta: Tensor, steps: int, regularisation: float, *, enough: float = 0.05, linear: float = 1e-3,
    memory: float = Settings.memory
) -> Solved:
    """θ (and |r| before and there) after at most `steps` steps with backtracking.

    Ends when a step gains less than the share `enough`, or a linear problem is solved. A linear problem shows itself: the
    residual after the step is the predicted one, to within the share `linear` (a least-squares residual is no better known
    where the system is nearly singular); but not where the step could not see a parameter, as k in k·u while u is zero.
    """
    first = None
    for _ in range(steps):
        newton = newton_step(objective, theta, regularisation, memory)
        before, system = newton.before, newton.system
        first = before if first is None else first
        following, after = taken(objective, theta, newton)
        if not after < before:
            return Solved(theta, first, before, system)
        if newton.seen and after < (1 + linear) * newton.predicted:
            return Solved(following, first, after, system)
        theta = following
        if isinstance(system, ReducedLeastSquares):
            continue  # it solves for no other residual; a first step that gains little may be followed by one that gains all
        theta, after = simplified_newton(objective, following, system, after)
        if after > (1 - enough) * before:
            break
    return Solved(theta, first, after, system)


def quieted(objective: Objective, zero: Tensor, theta: Tensor, steps: int, regularisation: float, memory: float,
            rounds: int = 8, falling: float = 0.5) -> Tensor:
    """θ with measurements of known noise as quiet as the equations allow: quieter and quieter, as long as that lets equations hold better
    and θ explains them.

    All at once would not do: where numbers are far from right, only a loud measurement moves them. Functions are found anew from zero
    with the numbers so far, because those bent towards loud measurements are large and cancel.
    """
    left = math.inf
    for _ in range(rounds if any(any(block.noisy) for block in objective.blocks) else 0):
        balance = Balance.of(objective, theta)
        level = exactness(replace(objective, weights=balance.loud), theta)
        if not (level < falling * left and balance.explains(objective, theta)):
            break
        left, quiet = level, replace(objective, weights=balance.at(level))
        anew = torch.cat([zero[: zero.numel() - objective.ansatz.numbers], objective.ansatz.split(theta)[-1]])
        found = gauss_newton(quiet, anew, steps, regularisation, enough=CLOSE, linear=CLOSE, memory=memory)
        if not found.after < size(quiet, theta):
            found = gauss_newton(quiet, theta, steps, regularisation, enough=CLOSE, linear=CLOSE, memory=memory)
        if not balance.explains(objective, found.theta):
            break
        theta = found.theta
    return theta


def size(objective: Objective, theta: Tensor) -> float:
    """|r|, infinite where a residual is undefined."""
    return torch.nan_to_num(objective.residual(theta).norm(), nan=math.inf).item()


def newton_step(objective: Objective, theta: Tensor, regularisation: float, memory: float) -> Newton:
    """The step from θ by one factorisation of the Jacobian; of one that takes more than `memory` bytes, some rows at a time."""
    # The factorisation stands beside the Jacobian.
    if 2 * theta.element_size() * objective.rows * theta.numel() > memory:
        residual = objective.residual(theta)
        reduced = ReducedLeastSquares.build(objective.row_chunks(theta), theta.numel(), regularisation)
        return Newton(-reduced.solution, residual.norm(), reduced.left, bool(torch.isfinite(reduced.scale).all()), reduced)
    residual, jacobian = objective.jacobian(theta)
    system = LeastSquares.build(jacobian, regularisation)
    direction = -system.solve(residual)
    predicted = (residual + jacobian @ direction).norm()
    return Newton(direction, residual.norm(), predicted, bool(jacobian.any(dim=0).all()), system)


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


def taken(objective: Objective, theta: Tensor, newton: Newton) -> tuple[Tensor, Tensor]:
    """θ and |r| after the whole step, or that step bent by simplified ones, or a shorter one, whichever is the first to lower |r|.

    Along a straight step a curved constraint, as of a pendulum's rod, is lost in second order: where it weighs more than what the
    step gains, only tiny steps would be left (Maratos's effect). Simplified steps lead back to the constraint.
    """
    following = theta + newton.direction
    after = objective.residual(following).norm()
    if not after < newton.before and torch.isfinite(after) and isinstance(newton.system, LeastSquares):
        following, after = simplified_newton(objective, following, newton.system, after)
    if after < newton.before:
        return following, after
    return backtrack(objective, theta, newton.direction / 2, newton.before)


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
