"""Noise that nobody stated: measurements and equations that contradict each other.

Fitted as if both were exact, they leave residuals in the equations. If these vanish as measurements get quieter, and the measurements
still miss the solution, then by noise: what remains of them among solutions of the equations is their standard deviation. An equation
that is wrong looks the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from pinnaux.balance import Balance, exactness
from pinnaux.collocation import Collocation
from pinnaux.objective import Objective
from pinnaux.trainers.closed_form import quieted
from pinnaux.trainers.first_fit import FirstFit

CONTRADICTION = 10.0
"""Without the noise equations hold better by this factor at least, and the noise is larger than what they then leave by as much."""
LARGEST_SHARE = 0.5
"""Of what is measured: beyond that a solution that was not found is taken for noise."""
AT_FIRST = 10.0
"""Equations are bent towards measurements that count as exact, and what is then left of the noise is too small by far."""
FEWEST = 5
"""So many more measurements than unknown numbers tell how far they scatter."""
ROUNDS = 3


def silent(collocation: Collocation) -> tuple[str, ...]:
    """Components of measurements whose noise is not stated, and which are enough to tell it: more than the unknown numbers can fit."""
    enough = FEWEST + len(collocation.plan.problem.parameters)
    return tuple(name for region in collocation.plan.regions if region.region.kind == "observations" and len(region.region.points) >= enough
                 for name, stated in zip(region.components, region.noisy) if not stated)


def found_noise(collocation: Collocation, fit: FirstFit) -> Mapping[str, float]:
    """Standard deviations by component of measurements without stated noise; empty where nothing contradicts, or where numbers fail."""
    names, settings, objective, theta = silent(collocation), collocation.plan.settings, fit.objective, fit.theta
    # What is solved to the accuracy contradicts nothing; where numbers fail, training will tell.
    if not names or not settings.accuracy < fit.left < math.inf:
        return {}
    noise = {name: AT_FIRST * deviation for name, deviation in _deviations(objective, theta, names).items()}
    before = _left(_with_noise(collocation, objective, noise), theta) if _are_noise(noise, objective, theta) else math.nan
    for _ in range(ROUNDS):
        if not _are_noise(noise, objective, theta):
            return {}
        noisy = _with_noise(collocation, objective, noise)
        theta = quieted(noisy, fit.zero, theta, settings.newton_steps, settings.regularisation, settings.memory)
        noise = {name: noise[name] * deviation for name, deviation in _deviations(noisy, theta, names).items()}
    return noise if _are_noise(noise, objective, theta) and _contradicts(_with_noise(collocation, objective, noise), theta, before) else {}


def _contradicts(noisy: Objective, theta: Tensor, before: float) -> bool:
    """Whether equations hold far better than before the measurements were quieted, and far better than the measurements do."""
    balance, left = Balance.of(noisy, theta), _left(noisy, theta)
    return CONTRADICTION * left < min(before, balance.noise) and balance.noise < LARGEST_SHARE * balance.signal


def _left(objective: Objective, theta: Tensor) -> float:
    """The residual of what holds exactly, in the balance at θ."""
    return exactness(replace(objective, weights=Balance.of(objective, theta).loud), theta)


def _deviations(objective: Objective, theta: Tensor, names: Sequence[str]) -> dict[str, float]:
    """Root mean square residuals of some components."""
    found = objective.by_component(theta)
    return {name: found[name].square().mean().sqrt().item() for name in names}


def _are_noise(deviations: Mapping[str, float], objective: Objective, theta: Tensor) -> bool:
    """False of what is met to half the digits (as values that are pinned are, up to rounding) and of what a diverged fit leaves."""
    least = torch.finfo(theta.dtype).eps ** 0.5 * objective.residual(theta).norm().item()
    weights = {name: weight.item() for block, own in zip(objective.blocks, objective.weights) for name, weight in zip(block.names, own)}
    return all(least < weights[name] * deviation < math.inf for name, deviation in deviations.items())


def _with_noise(collocation: Collocation, objective: Objective, noise: Mapping[str, float]) -> Objective:
    """The same points with measurements in standard deviations."""
    known = replace(collocation, noise=noise)
    return Objective.unweighted(objective.ansatz, tuple(known.block_on(number, block.surroundings) for number, block in enumerate(objective.blocks)))
