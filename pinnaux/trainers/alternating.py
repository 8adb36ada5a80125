"""Alternating minimisation of the separated objective (arXiv:2504.21501, arXiv:2507.12766): each block in closed form, others held.

A sweep goes from the last hidden layer to the first: the auxiliary jets of every point, all layers together, move to the minimiser
of the linearised Φ, then the layer is solved for against its jets; at the end the output layer is solved for at the last jets
(`layer_solves`). Jets are carried from sweep to sweep, which leads across plateaus of the original loss.

By itself a sweep crawls, and why can be said. From jets without defects the best ones leave s_l = Λ_lᵀ S⁻¹ρ/ω_l, so that layer l is
driven by Σ ω_l (∂F_l/∂θ_l)ᵀ s_l = J_lᵀ S⁻¹ρ: a sweep is a gradient step on the eliminated objective, preconditioned by one Gram
matrix Σ ω XᵀX a unit, because a layer is held to all K·width numbers of its jet where the residual feels one direction of it. Hence
the longer steps: along the sweep, and along it and the last step together, as far as the original loss falls.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from pinnaux.collocation import Collocation
from pinnaux.consistency import best_jets
from pinnaux.layer_solves import solve_layers, solve_output
from pinnaux.objective import Objective
from pinnaux.self_adaptive import LipschitzBounds, Weighting
from pinnaux.separated import Auxiliaries, Separated
from pinnaux.trainers.state import Budget, Report, Unlimited
from pinnaux.trainers.auxiliary import AuxiliaryRun, AuxiliaryState

MOMENTA = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Shares of the last step that are tried on top of a sweep."""


@dataclass(frozen=True, eq=False)
class Alternating:
    """Sweeps, each followed by the longest step along the way it went, or with the last step added, that lowers the original loss.

    With `longest` 1 and no `momenta` these are the sweeps alone.
    """

    collocation: Collocation
    weighting: Weighting = LipschitzBounds()
    refresh_every: int = 100
    report_every: int = 5
    damping: float = 1e-6
    regularisation: float = 1e-8
    longest: float = 1024.0
    momenta: tuple[float, ...] = MOMENTA

    @cached_property
    def run(self) -> AuxiliaryRun:
        """The frame that the step is taken in."""
        return AuxiliaryRun(self.collocation, self.weighting, self._advance, self.refresh_every, self.report_every)

    def init(self) -> AuxiliaryState:
        """Nothing done yet."""
        return AuxiliaryState()

    def step(self, state: AuxiliaryState, budget: Budget = Unlimited()) -> tuple[AuxiliaryState, Report]:
        """One sweep over all blocks."""
        return self.run.step(state, budget)

    def _advance(self, separated: Separated, state: AuxiliaryState) -> AuxiliaryState:
        theta, jets = sweep(separated, state.theta, state.auxiliaries, self.weighting, self.damping, self.regularisation)
        farther = self._farther(separated.objective, state, theta)
        if farther is not None:
            theta, jets = farther, separated.push(farther)
        return replace(state, theta=theta, auxiliaries=jets, memory=(theta - state.theta,))

    def _farther(self, objective: Objective, state: AuxiliaryState, swept: Tensor) -> Tensor | None:
        """The longer step of the lowest original loss, if it is lower than after the sweep."""
        way, found, least = swept - state.theta, None, objective.residual(swept).norm()
        tried = [swept + share * state.memory[0] for share in self.momenta] if state.memory else []
        for theta in tried:
            after = objective.residual(theta).norm()
            if after < least:
                found, least = theta, after
        length = 2.0
        while length <= self.longest and (after := objective.residual(state.theta + length * way).norm()) < least:
            found, least, length = state.theta + length * way, after, 2 * length
        return found


def sweep(separated: Separated, theta: Tensor, auxiliaries: Auxiliaries, weighting: Weighting, damping: float,
          regularisation: float) -> tuple[Tensor, Auxiliaries]:
    """θ and the auxiliary jets after every layer was solved for once, from the last to the first, and then the output layer."""
    weights = weighting.weights(separated, theta, auxiliaries)
    for depth in reversed(range(max((chain.depth for chain in separated.chains), default=0))):
        auxiliaries = best_jets(separated, theta, auxiliaries, weights)
        theta = solve_layers(separated, theta, auxiliaries, weights, depth, damping)
    auxiliaries = best_jets(separated, theta, auxiliaries, weights)
    return solve_output(separated, theta, auxiliaries, regularisation), auxiliaries
