"""First-order training with the auxiliary jets eliminated: gradient steps in θ on ρᵀ S⁻¹ ρ (see `elimination`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch

from pinnaux.collocation import Collocation
from pinnaux.elimination import reduced_gradient
from pinnaux.self_adaptive import LipschitzBounds, Weighting
from pinnaux.separated import Separated
from pinnaux.trainers.auxiliary import AuxiliaryRun, AuxiliaryState
from pinnaux.trainers.first_order import adam
from pinnaux.trainers.state import Budget, Report, Unlimited


@dataclass(frozen=True, eq=False)
class Eliminated:
    """Adam on the eliminated system: S, recomputed and never differentiated, damps points in the measure in which layers feel them.

    The auxiliary jets are linearised at a push in every step, where they are eliminated exactly.
    """

    collocation: Collocation
    rate: float = 1e-3
    weighting: Weighting = LipschitzBounds()
    refresh_every: int = 500
    report_every: int = 25

    @cached_property
    def run(self) -> AuxiliaryRun:
        """The frame that the step is taken in."""
        return AuxiliaryRun(self.collocation, self.weighting, self._advance, self.refresh_every, self.report_every, eliminates=True)

    def init(self) -> AuxiliaryState:
        """Nothing done yet."""
        return AuxiliaryState(rate=self.rate)

    def step(self, state: AuxiliaryState, budget: Budget = Unlimited()) -> tuple[AuxiliaryState, Report]:
        """One step of θ."""
        return self.run.step(state, budget)

    def _advance(self, separated: Separated, state: AuxiliaryState) -> AuxiliaryState:
        weights = self.weighting.weights(separated, state.theta, state.auxiliaries)
        slope = reduced_gradient(separated, state.theta, state.auxiliaries, weights)
        memory = state.memory or (torch.zeros_like(slope), torch.zeros_like(slope))
        direction, memory = adam(slope, memory, state.steps)
        theta = state.theta - state.rate * direction
        return replace(state, theta=theta, auxiliaries=separated.push(theta), memory=memory)
