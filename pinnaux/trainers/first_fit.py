"""A first fit in features, which what measurements say is asked of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from pinnaux.ansatz import Trial
from pinnaux.collocation import Collocation
from pinnaux.objective import Objective
from pinnaux.trainers.closed_form import gauss_newton, size
from pinnaux.trainers.confidence import thinned
from pinnaux.trainers.features import trial_problem
from pinnaux.trainers.first_solution import solved_from_zero

SCALES = (1.0, 2.0, 4.0)
POLISH = 3


@dataclass(frozen=True, eq=False)
class FirstFit:
    """θ that fits the objective, all of it as loud as equations, in features of a scale; and the zero solution."""

    objective: Objective
    zero: Tensor
    theta: Tensor
    scale: float

    @property
    def left(self) -> float:
        """The residual relative to that of the zero solution, infinite where numbers fail."""
        return size(self.objective, self.theta) / max(size(self.objective, self.zero), 1e-300)


def first_fit(collocation: Collocation) -> FirstFit:
    """The best of several scales, or the first that is solved to the accuracy."""
    best = _fit(collocation, SCALES[0])
    for scale in SCALES[1:]:
        if best.left <= collocation.plan.settings.accuracy:
            break
        best = min(best, _fit(collocation, scale), key=lambda one: one.left)
    return best


def _fit(collocation: Collocation, scale: float) -> FirstFit:
    settings = collocation.plan.settings
    _, objective, zero = trial_problem(collocation, Trial(settings.reference_trial[0], scale, settings.pilot_features))
    # Some thousand measurements tell as much as any number of them, and cost less.
    few = tuple(thinned(block) if region.region.kind == "observations" else block for region, block in zip(collocation.plan.regions, objective.blocks))
    objective = replace(objective, blocks=few)
    theta = solved_from_zero(collocation, objective, zero, settings.newton_steps, settings.regularisation)
    theta = gauss_newton(objective, theta, POLISH * settings.newton_steps, settings.regularisation, memory=settings.memory).theta
    return FirstFit(objective, zero, theta, scale)
