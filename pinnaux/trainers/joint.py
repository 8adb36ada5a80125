"""Joint gradient training of the separated objective: Adam, or descent with a line search, over (θ, n) together (arXiv:2504.21501)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from pinnaux.collocation import Collocation
from pinnaux.self_adaptive import LipschitzBounds, Weighting
from pinnaux.separated import Auxiliaries, Separated, flattened, shaped
from pinnaux.trainers.auxiliary import AuxiliaryRun, AuxiliaryState
from pinnaux.trainers.first_order import adam
from pinnaux.trainers.state import Budget, Report, Unlimited

SUFFICIENT = 1e-4
"""Armijo's share of the decrease that the gradient promises."""
SHORTEST = 1e-30


@dataclass(frozen=True, eq=False)
class Joint:
    """Adam at a `rate`, or without one descent: −∂Φ/∂θ and −∂Φ/∂n divided by the curvature 2ω of n, as far as Armijo's rule allows.

    Adam forgets its moments where points move, because the auxiliary jets are other ones.
    """

    collocation: Collocation
    rate: float | None = 1e-3
    weighting: Weighting = LipschitzBounds()
    refresh_every: int = 500
    report_every: int = 25

    @cached_property
    def run(self) -> AuxiliaryRun:
        """The frame that the step is taken in."""
        advance = self._descend if self.rate is None else self._adam
        return AuxiliaryRun(self.collocation, self.weighting, advance, self.refresh_every, self.report_every)

    def init(self) -> AuxiliaryState:
        """Nothing done yet."""
        return AuxiliaryState(rate=1.0 if self.rate is None else self.rate)

    def step(self, state: AuxiliaryState, budget: Budget = Unlimited()) -> tuple[AuxiliaryState, Report]:
        """One step of θ and all auxiliary jets at once."""
        return self.run.step(state, budget)

    def _adam(self, separated: Separated, state: AuxiliaryState) -> AuxiliaryState:
        weights = self.weighting.weights(separated, state.theta, state.auxiliaries)
        _, slope, jets = separated.gradient(state.theta, state.auxiliaries, weights)
        together = torch.cat([slope, flattened(jets)])
        age = (state.steps - 1) % self.refresh_every + 1
        memory = state.memory if age > 1 and state.memory else (torch.zeros_like(together), torch.zeros_like(together))
        direction, memory = adam(together, memory, age)
        step = torch.split(-state.rate * direction, [slope.numel(), together.numel() - slope.numel()])
        return replace(state, theta=state.theta + step[0], auxiliaries=shaped(flattened(state.auxiliaries) + step[1], jets), memory=memory)

    def _descend(self, separated: Separated, state: AuxiliaryState) -> AuxiliaryState:
        weights = self.weighting.weights(separated, state.theta, state.auxiliaries)
        before, slope, jets = separated.gradient(state.theta, state.auxiliaries, weights)
        ways = tuple(tuple(jet / (2 * weight[None, :, None]) for jet, weight in zip(*pair)) for pair in zip(jets, weights))
        promised = slope.square().sum() + (flattened(jets) * flattened(ways)).sum()
        length = 2 * state.rate
        while length > SHORTEST:
            theta, moved = state.theta - length * slope, _less(state.auxiliaries, ways, length)
            if separated.value(theta, moved, weights) <= before - SUFFICIENT * length * promised:
                return replace(state, theta=theta, auxiliaries=moved, rate=length, idle=0)
            length /= 2
        return replace(state, rate=1.0, idle=state.idle + 1)


def _less(auxiliaries: Auxiliaries, ways: tuple[tuple[Tensor, ...], ...], length: float) -> Auxiliaries:
    """n − length · ways, no jet farther than the whole way."""
    share = min(length, 1.0)
    return tuple(tuple(jet - share * way for jet, way in zip(*pair)) for pair in zip(auxiliaries, ways))
