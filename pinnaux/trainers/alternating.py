"""Alternating minimisation of the separated objective (arXiv:2504.21501, arXiv:2507.12766): each block in closed form, others held.

A sweep: the output layer (with whatever else the residual is linear in) by least squares at the last auxiliary jets; every hidden
layer by one damped Gauss–Newton solve of Σ ω|F_l(n_(l−1); θ_l) − n_l|², whose units are problems of their own; and between them
the auxiliary jets, all layers of a point together, by the exact minimiser of the linearised Φ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from pinnaux.collocation import Collocation
from pinnaux.consistency import best_jets
from pinnaux.layer_solves import solve_layers, solve_output
from pinnaux.self_adaptive import Sensitivities, Weighting
from pinnaux.separated import Auxiliaries, Separated
from pinnaux.trainers.automatic import Unlimited
from pinnaux.trainers.auxiliary import AuxiliaryRun, AuxiliaryState
from pinnaux.trainers.state import Budget, Report

@dataclass(frozen=True, eq=False)
class Alternating:
    """Sweeps, each followed by as long a step along the way it went as lowers the original loss (×2 while it does).

    That step matters: a sweep moves by what the defects allow, a small part of the way, since a layer is held to all K·width numbers
    of its jet while the residual feels one direction of it.
    """

    collocation: Collocation
    weighting: Weighting = Sensitivities(floor=1e-2)
    refresh_every: int = 50
    report_every: int = 5
    regularisation: float = 1e-10
    longest: float = 1024.0

    @cached_property
    def run(self) -> AuxiliaryRun:
        """The frame that the step is taken in."""
        return AuxiliaryRun(self.collocation, self.weighting, self._advance, self.refresh_every, self.report_every)

    def init(self) -> AuxiliaryState:
        """Nothing done yet."""
        return AuxiliaryState(rate=1e-3)

    def step(self, state: AuxiliaryState, budget: Budget = Unlimited()) -> tuple[AuxiliaryState, Report]:
        """One sweep over all blocks."""
        return self.run.step(state, budget)

    def _advance(self, separated: Separated, state: AuxiliaryState) -> AuxiliaryState:
        theta, jets = state.theta, state.auxiliaries
        for depth in reversed(range(max(chain.depth for chain in separated.chains))):
            jets = best_jets(separated, theta, jets, self.weighting)
            weights = self.weighting.weights(separated, theta, jets)
            theta = solve_layers(separated, theta, jets, weights, depth, state.rate)
        jets = best_jets(separated, theta, jets, self.weighting)
        theta = solve_output(separated, theta, jets, self.regularisation)
        return self._extended(separated, state, theta, jets)

    def _extended(self, separated: Separated, state: AuxiliaryState, theta: Tensor, jets: Auxiliaries) -> AuxiliaryState:
        """As far along θ − θ₀ as the original loss falls; the sweep itself where it does not fall at all."""
        objective, way = separated.objective, theta - state.theta
        length, best = 1.0, objective.residual(theta).norm()
        while length < self.longest:
            after = objective.residual(state.theta + 2 * length * way).norm()
            if not after < best:
                break
            length, best = 2 * length, after
        if length == 1.0:
            return replace(state, theta=theta, auxiliaries=jets)
        theta = state.theta + length * way
        return replace(state, theta=theta, auxiliaries=separated.push(theta))
