"""Damped Gauss–Newton with the auxiliary jets eliminated, and geodesic acceleration: least squares in L⁻¹ρ, S = L Lᵀ (see `elimination`).

With tight weights and one equation a point, S is (L + 1) I: this is then Levenberg–Marquardt on the original loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.collocation import Collocation
from pinnaux.elimination import EliminatedSystem
from pinnaux.self_adaptive import Sensitivities, Weighting
from pinnaux.separated import Separated
from pinnaux.trainers.state import Budget, Report, Unlimited
from pinnaux.trainers.auxiliary import AuxiliaryRun, AuxiliaryState
from pinnaux.trainers.levenberg_marquardt import Descent, LevenbergMarquardt


@dataclass(frozen=True, eq=False)
class Whitened:
    """L⁻¹ r(θ) with the S of one linearisation: the least-squares problem that elimination leaves, as the nonlinear residual sees it."""

    eliminated: EliminatedSystem

    @property
    def ansatz(self) -> Ansatz:
        return self.eliminated.separated.objective.ansatz

    @property
    def rows(self) -> int:
        return self.eliminated.separated.objective.rows

    def residual(self, theta: Tensor) -> Tensor:
        """(rows,): no defect is left after the step, so that ρ is the original residual."""
        objective = self.eliminated.separated.objective
        parts = [block.residuals(objective.ansatz, theta) * (weight / block.surroundings.count**0.5)[:, None]
                 for block, weight in zip(objective.blocks, objective.weights)]
        return self.eliminated.whiten(torch.cat([part.flatten() for part in parts]))

    def jacobian(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """The system linearised; θ is where that was done."""
        return self.eliminated.system()


@dataclass(frozen=True, eq=False)
class GaussNewton:
    """Steps of `LevenbergMarquardt` on the eliminated system, linearised at a push."""

    collocation: Collocation
    weighting: Weighting = Sensitivities()
    refresh_every: int = 8
    report_every: int = 4

    @cached_property
    def run(self) -> AuxiliaryRun:
        """The frame that the step is taken in."""
        return AuxiliaryRun(self.collocation, self.weighting, self._advance, self.refresh_every, self.report_every, eliminates=True)

    def init(self) -> AuxiliaryState:
        """Nothing done yet."""
        return AuxiliaryState(rate=self.collocation.plan.settings.first_damping)

    def step(self, state: AuxiliaryState, budget: Budget = Unlimited()) -> tuple[AuxiliaryState, Report]:
        """One step of θ."""
        return self.run.step(state, budget)

    def _advance(self, separated: Separated, state: AuxiliaryState) -> AuxiliaryState:
        weights = self.weighting.weights(separated, state.theta, state.auxiliaries)
        whitened = Whitened(EliminatedSystem.of(separated, state.theta, state.auxiliaries, weights))
        # What is whitened is there as a whole, so there is no memory to save.
        found = LevenbergMarquardt(memory=math.inf).step(Descent(whitened, state.theta, state.rate))
        return replace(state, theta=found.theta, auxiliaries=separated.push(found.theta), rate=found.damping,
                       idle=state.idle + 1 if found.stuck else 0)
