"""Where the search for unknown numbers begins: at the initial value, or decades away where measurements are fitted far better there.

A number whose initial value is wrong by many decades leaves least squares no slope to follow. Functions found for a number that is held
cost one linear solve, so all decades are tried.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from pinnaux.ansatz import Trial
from pinnaux.balance import fair_weights
from pinnaux.collocation import Collocation, Purpose
from pinnaux.fields import Parameter
from pinnaux.objective import Objective, Program
from pinnaux.surroundings import Surroundings
from pinnaux.trainers.closed_form import gauss_newton, size
from pinnaux.trainers.features import is_linear, trial_problem
from pinnaux.trainers.first_fit import FirstFit
from pinnaux.unknown_function import Coefficient

FEATURES = 100
DECADES = range(1, 13)
BETWEEN = (0.0, 0.5, 1.0, 1.5, *(decade * math.log(10) for decade in range(1, 9)))
"""Free numbers between two bounds, of both signs: from the middle to where the share of the way from a bound is 1e-8."""
NEAR, FAR = 0.1, 10.0 ** DECADES[-1]
"""Changes of free numbers along which all is linear where it is: a product of both unknowns may be lost in rounding beside other terms."""
STEPS, REGULARISATION = 3, 1e-15
POOR = 0.02
"""Numbers may be wrong with which functions leave more of the zero solution's residual."""
TOGETHER, MOST_TOGETHER = 50, 200
"""How often all numbers are drawn at once, where none of them alone helps."""
BETTER, BETTER_TOGETHER = 0.5, 0.9
"""A start is left for another that lowers the residual to this share at least: less is asked of a decade that is wrong for all numbers."""


@dataclass(frozen=True, eq=False)
class Held:
    """Residuals with the unknown numbers held at given free values (n,)."""

    program: Program
    values: Tensor

    def __call__(self, jets: list[Tensor], numbers: Tensor, surroundings: Surroundings) -> Tensor:
        """What else is among the numbers, as integrals are, stays."""
        held = numbers.clone()
        held[: len(self.values)] = self.values[:, None]
        return self.program(jets, held, surroundings)


@dataclass(frozen=True, eq=False)
class Search:
    """Functions are sought from the zero solution of the objective, in one step where it is linear in them."""

    objective: Objective
    zero: Tensor
    steps: int

    def left(self, values: Tensor) -> float:
        """The balanced residual of the best functions for these free numbers."""
        held = self._balanced(values)
        return size(held, gauss_newton(held, self.zero, self.steps, REGULARISATION).theta)

    def solves(self, values: Tensor) -> bool:
        """Whether functions for these numbers leave next to nothing."""
        return self.left(values) <= POOR * size(self._balanced(values), self.zero)

    def _balanced(self, values: Tensor) -> Objective:
        held = with_numbers(self.objective, values)
        return replace(held, weights=fair_weights(held, self.zero))


def better_starts(collocation: Collocation, fit: FirstFit) -> Mapping[str, float]:
    """Free numbers to start from by name, for those parameters that measurements are fitted much better with; one after another.

    None where those that the first fit has found will do.
    """
    _, objective, zero = trial_problem(collocation, Trial(collocation.plan.settings.reference_trial[0], fit.scale, FEATURES))
    if all(is_linear(collocation, objective, zero, numbers) for numbers in (NEAR, FAR)):  # least squares finds the best numbers from anywhere
        return {}
    values = objective.ansatz.split(zero)[-1].clone()
    search = Search(objective, zero, 1 if is_linear(collocation, with_numbers(objective, values), zero) else STEPS)
    fitted = fit.objective.ansatz.split(fit.theta)[-1]
    if search.solves(fitted):
        return {}
    free = {number: parameter for number, parameter in enumerate(collocation.plan.problem.parameters)
            if not isinstance(parameter, Coefficient)}  # of a function the user has given the size
    left = search.left(values)
    better = _one_by_one(search, free, values, left)
    if torch.equal(better, values) and len(free) > 1:
        # A rate that is wrong hides every other one: what only helps together is tried together.
        better = _together(search, free, values, min(left, search.left(fitted)), Purpose(collocation.plan.settings.seed, TOGETHER))
    return {parameter.name: better[number].item() for number, parameter in free.items() if better[number] != values[number]}


def _one_by_one(search: Search, free: Mapping[int, Parameter], values: Tensor, left: float) -> Tensor:
    """The values with which the residual is far smaller, one number after another."""
    for number, parameter in free.items():
        tried = {one: search.left(_changed(values, number, one)) for one in others(parameter)}
        best = min(tried, key=tried.__getitem__)
        if tried[best] < BETTER * left:
            values, left = _changed(values, number, best), tried[best]
    return values


def _together(search: Search, free: Mapping[int, Parameter], values: Tensor, left: float, purpose: Purpose) -> Tensor:
    """The best of random values of all numbers, if the residual is smaller there than with those so far, and with those fitted.

    Of every number each of its values is drawn as often as the others (a Latin hypercube).
    """
    generator, best, least = purpose.generator(), values, BETTER_TOGETHER * left
    rows = values.repeat(MOST_TOGETHER, 1)
    for number, parameter in free.items():
        options = np.array([values[number].item(), *others(parameter)])
        column = np.resize(generator.permutation(options), MOST_TOGETHER)
        rows[:, number] = torch.from_numpy(generator.permutation(column)).to(values)
    for drawn in rows:
        found = search.left(drawn)
        if found < least:
            best, least = drawn, found
    return best


def others(parameter: Parameter) -> Iterator[float]:
    """Free numbers for other values of a parameter: between bounds, decades from one bound, or of both signs."""
    if parameter.lower is not None and parameter.upper is not None:
        yield from (sign * free for free in BETWEEN for sign in (1, -1))
    elif parameter.lower is not None or parameter.upper is not None:
        yield from (sign * decade * math.log(10) for decade in DECADES for sign in (1, -1))
    else:
        yield from (sign * 10.0 ** (way * decade) for decade in (0, *DECADES) for way in (1, -1) for sign in (1, -1))


def with_numbers(objective: Objective, values: Tensor) -> Objective:
    """The objective, not weighted yet, where the unknown numbers are held at free values (n,)."""
    blocks = tuple(replace(block, program=Held(block.program, values)) for block in objective.blocks)
    return Objective.unweighted(objective.ansatz, blocks)


def _changed(values: Tensor, number: int, free: float) -> Tensor:
    changed = values.clone()
    changed[number] = free
    return changed
