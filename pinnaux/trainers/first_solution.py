"""The free parameters of an ansatz that is linear in them, solved for without a solution to start from."""

from __future__ import annotations

import math
from dataclasses import replace

from torch import Tensor

from pinnaux.architecture import constant_start, random_start
from pinnaux.balance import fair_weights
from pinnaux.collocation import Collocation, Purpose
from pinnaux.objective import Objective
from pinnaux.trainers.closed_form import gauss_newton, quieted, size

RANDOM_START = 4


def solved_from_zero(collocation: Collocation, objective: Objective, zero: Tensor, steps: int, regularisation: float) -> Tensor:
    """From the zero solution; from random functions where nothing moves away from it: div(|∇u|∇u) = f and (∫u)²u = f degenerate there.

    Where that does not help either, from functions that are one: log u is undefined at zero, and u^3.5 where u is negative.
    """
    settings = collocation.plan.settings
    best = gauss_newton(objective, zero, steps, regularisation, memory=settings.memory).theta
    best = quieted(objective, zero, best, steps, regularisation, settings.memory)
    before = size(objective, zero)
    if size(objective, best) < settings.moved * before:
        return best
    others = [random_start(objective.ansatz, collocation, Purpose(settings.seed, RANDOM_START)),
              constant_start(objective.ansatz, collocation)]
    for theta in others:
        weighted = replace(objective, weights=fair_weights(objective, theta))
        found = gauss_newton(weighted, theta, 3 * steps, settings.start_regularisation, memory=settings.memory).theta
        best = min(best, found, key=lambda one: size(objective, one))
        if size(objective, best) < settings.moved * before < math.inf:
            break
    return best
