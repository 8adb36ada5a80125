"""Stage 2: Levenberg–Marquardt on all layers, with the layers' auxiliary jets eliminated exactly.

Every hidden layer l and point i has a free jet n_li in the separated objective Σ|R|² + Σ ω_li |F_l(n_(l−1)) − n_l|²
(arXiv:2504.21501). With the tight self-adaptive weights ω_li = |λ_li|², λ the sensitivity of the residual to the layer's jet,
the best auxiliary variables of the linearised problem are known in closed form and leave every residual the same factor
1/(L+1): what remains is a step of Gauss–Newton in the weights. The defects after that step are second order; solving for them
with the same factorisation is geodesic acceleration (Transtrum & Sethna, arXiv:1207.4999).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.damped import F, System, linearised
from pinnaux.linalg import positive
from pinnaux.objective import Objective
from pinnaux.settings import Settings

GOOD_GAIN = 0.5
"""The share of the predicted gain above which the linear model is trusted farther: the damping falls after such a step only."""
PATIENT_TRIES = 2
"""Refusals after which the damping is far too small, and grows by `impatient` instead of `raise_`."""


@dataclass(frozen=True, eq=False)
class Descent:
    """The state: objective (ansatz, points, weights), θ, damping μ, steps done; `economy` says what the last did for want of memory."""

    objective: Objective
    theta: Tensor
    damping: float
    steps: int = 0
    loss: float = float("inf")
    stuck: bool = False
    economy: str = ""


@dataclass(frozen=True)
class LevenbergMarquardt:
    """Gain-ratio damping: ×`lower` after a step that gained as predicted, ×`raise_` after one that was refused.

    Of a step refused again and again the damping grows ×`impatient`, up to `largest`. Matrices take `memory` bytes at most.
    """

    lower: float = 0.2
    raise_: float = 2.0
    impatient: float = 10.0
    smallest: float = 1e-15
    largest: float = 1e10
    tries: int = 10
    probe: float = 0.1
    longest_acceleration: float = 0.75
    memory: float = Settings.memory

    def step(self, state: Descent) -> Descent:
        """One accepted step, or the same θ and `stuck` if no damping gives a lower loss."""
        found = linearised(state.objective, state.theta, lambda lengths: self._metric(state.objective.ansatz, lengths), self.memory)
        residual, system, state = found.residual, found.system, replace(state, economy=found.economy)
        loss = residual.square().sum().item()
        damping = state.damping
        for attempt in range(self.tries):
            factor = system.factor(damping)
            if factor is not None:
                step, predicted = self._direction(state, system, factor, residual)
                following = state.theta + step
                after = state.objective.residual(following).square().sum().item()
                gain = (loss - after) / max(loss - predicted, 1e-300)
                if after < loss:
                    damping = max(damping * self.lower, self.smallest) if gain > GOOD_GAIN else damping
                    return replace(state, theta=following, damping=damping, steps=state.steps + 1, loss=after, stuck=False)
            damping *= self.raise_ if attempt < PATIENT_TRIES else self.impatient
            if damping > self.largest:
                break
        return replace(state, steps=state.steps + 1, damping=min(damping, self.largest), loss=loss, stuck=True)

    def _metric(self, ansatz: Ansatz, lengths: Tensor) -> Tensor:
        """(P,): the mean of the squared column lengths (P,) for every parameter: a sphere as trust region, in units of the loss.

        Singular functions have their own.
        """
        regular = torch.tensor(ansatz.regular, device=lengths.device)
        return positive(torch.where(regular, lengths[regular].mean(), lengths))

    def _direction(self, state: Descent, system: System[F], factor: F, residual: Tensor) -> tuple[Tensor, float]:
        """δ, plus the acceleration a where 2|a| ≤ 0.75 |δ|; and the loss that the linear model predicts for δ."""
        velocity = system.solve(factor, residual)
        slope = system.tangent(velocity)
        probe = state.objective.residual(state.theta + self.probe * velocity)
        curvature = (2 / self.probe) * ((probe - residual) / self.probe - slope)
        predicted = (residual + slope).square().sum().item()
        if not torch.isfinite(curvature).all():
            return velocity, predicted
        acceleration = 0.5 * system.solve(factor, curvature)
        accepted = 2 * acceleration.norm() <= self.longest_acceleration * velocity.norm()
        return (velocity + acceleration if accepted else velocity), predicted


def moved(state: Descent, objective: Objective) -> Descent:
    """The same θ and damping on other points or weights."""
    return replace(state, objective=objective, stuck=False)


def economy(before: Descent | None, after: Descent) -> str:
    """What a step has changed to for want of memory, as the end of a report's message: "" where nothing changed."""
    changed = after.economy and (before is None or before.economy != after.economy)
    return f"; {after.economy}" if changed else ""
