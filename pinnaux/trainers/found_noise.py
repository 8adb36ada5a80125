"""Noise that nobody stated: measurements and equations that contradict each other.

Fitted as if both were exact, they leave residuals in the equations. If these vanish as measurements get quieter, and the measurements
still miss the solution, then by noise: what remains of them among solutions of the equations is their standard deviation. An equation
that is wrong looks the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from pinnaux.ansatz import Trial
from pinnaux.balance import Balance, exactness
from pinnaux.collocation import Collocation
from pinnaux.objective import Objective
from pinnaux.trainers.closed_form import gauss_newton, quieted
from pinnaux.trainers.features import trial_problem

CONTRADICTION = 10.0
"""Without the noise equations hold better by this factor at least, and the noise is larger than what they then leave by as much."""
LARGEST_SHARE = 0.5
"""Of what is measured: beyond that a solution that was not found is taken for noise."""
ROUNDS = 3


def found_noise(collocation: Collocation) -> Mapping[str, float]:
    """Standard deviations by component of all measurements without stated noise; empty where nothing contradicts."""
    silent = [name for region in collocation.plan.regions if region.region.kind == "observations"
              for name, stated in zip(region.components, region.noisy) if not stated]
    if not silent:
        return {}
    settings = collocation.plan.settings
    _, objective, zero = trial_problem(replace(collocation, corners=False), Trial(*settings.reference_trial, settings.pilot_features))
    theta = gauss_newton(objective, zero, settings.newton_steps, settings.regularisation, memory=settings.memory).theta
    # What is solved to the accuracy contradicts nothing; where numbers fail, training will tell.
    if not settings.accuracy * objective.residual(zero).norm() < objective.residual(theta).norm() < math.inf:
        return {}
    noise = _deviations(objective, theta, silent)
    if not all(_is_noise(deviation, objective, theta) for deviation in noise.values()):
        return {}
    before = _left(_with_noise(collocation, objective, noise), theta)
    for _ in range(ROUNDS):
        noisy = _with_noise(collocation, objective, noise)
        theta = quieted(noisy, zero, theta, settings.newton_steps, settings.regularisation, settings.memory)
        noise = {name: noise[name] * size for name, size in _deviations(noisy, theta, silent).items()}
        if not all(_is_noise(deviation, objective, theta) for deviation in noise.values()):
            return {}
    noisy = _with_noise(collocation, objective, noise)
    balance, left = Balance.of(noisy, theta), _left(noisy, theta)
    contradicts = CONTRADICTION * left < min(before, balance.noise) and balance.noise < LARGEST_SHARE * balance.signal
    return noise if contradicts else {}


def _left(objective: Objective, theta: Tensor) -> float:
    """The residual of what holds exactly, in the balance at θ."""
    return exactness(replace(objective, weights=Balance.of(objective, theta).loud), theta)


def _deviations(objective: Objective, theta: Tensor, names: list[str]) -> dict[str, float]:
    """Root mean square residuals of some components."""
    found = objective.by_component(theta)
    return {name: found[name].square().mean().sqrt().item() for name in names}


def _is_noise(deviation: float, objective: Objective, theta: Tensor) -> bool:
    """False of what is met to half the digits (as by a single value that is pinned, up to rounding) and of what a diverged fit leaves."""
    return torch.finfo(theta.dtype).eps ** 0.5 * objective.residual(theta).norm().item() < deviation < math.inf


def _with_noise(collocation: Collocation, objective: Objective, noise: Mapping[str, float]) -> Objective:
    """The same points with measurements in standard deviations."""
    known = replace(collocation, noise=noise)
    return Objective.unweighted(objective.ansatz, tuple(known.block_on(number, block.surroundings) for number, block in enumerate(objective.blocks)))
