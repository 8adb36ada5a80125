"""Measurements of known noise count by their standard deviation, and as little beside equations as these allow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from compute_problems import collocation, everything, small_ansatz
from noisy_problems import loads

from pinnaux import Condition, Field, Interval, Observations, diff
from pinnaux.ansatz import Ansatz, Features, Group
from pinnaux.balance import BEND, QUIETEST, Balance, exactness, fair_weights
from pinnaux.collocation import Purpose
from pinnaux.jets.inputs import Embedding
from pinnaux.network import Network
from pinnaux.objective import Objective, balanced_weights
from pinnaux.problem import Problem


def objective_of(problem: Problem) -> tuple[Objective, torch.Tensor]:
    ansatz, theta = small_ansatz(problem)
    return Objective.unweighted(ansatz, collocation(problem).blocks(40, Purpose(0, 1))), theta


def by_name(objective: Objective, weights: tuple[torch.Tensor, ...]) -> dict[str, float]:
    return {name: weight.item() for block, own in zip(objective.blocks, weights) for name, weight in zip(block.names, own)}


def test_without_known_noise_conditions_are_just_balanced() -> None:
    objective, theta = objective_of(everything())
    assert by_name(objective, fair_weights(objective, theta)) == by_name(objective, balanced_weights(objective, theta))


def test_every_measurement_counts_by_its_standard_deviation() -> None:
    objective, theta = objective_of(loads(0).problem)
    counts = {name: block.surroundings.count for block in objective.blocks for name in block.names}
    for level in (0.0, 1e-3, 1.0):
        weights = by_name(objective, Balance.of(objective, theta).at(level))
        assert weights["good"] ** 2 / counts["good"] == pytest.approx(weights["poor"] ** 2 / counts["poor"], rel=1e-12)
        assert weights["balance"] == by_name(objective, balanced_weights(objective, theta))["balance"]


def test_measurements_together_are_as_loud_as_an_equation_at_most() -> None:
    objective, theta = objective_of(loads(0).problem)
    loud = replace(objective, weights=Balance.of(objective, theta).at(1e9))
    _, jacobian = loud.jacobian(theta)
    counts = torch.tensor([block.surroundings.count for block in loud.blocks for _ in block.names])
    sizes = dict(zip([name for block in loud.blocks for name in block.names], (rows.square().sum() for rows in jacobian.split(counts.tolist()))))
    assert sizes["good"] + sizes["poor"] == pytest.approx(1.0, rel=1e-9) and sizes["balance"] == pytest.approx(1.0, rel=1e-9)


def test_their_noise_is_no_less_than_what_equations_leave() -> None:
    objective, theta = objective_of(loads(0).problem)
    balance = Balance.of(objective, theta)
    for level, expected in ((1e9, balance.noise), (balance.noise / 2, balance.noise / 2), (1e-4 * balance.noise, (BEND * 1e-4) ** 0.5 * balance.noise)):
        weights = by_name(objective, balance.at(level))
        assert (weights["good"] ** 2 + weights["poor"] ** 2) ** 0.5 == pytest.approx(expected, rel=1e-9)
    assert by_name(objective, balance.at(0.0)) == by_name(objective, balance.at(QUIETEST * balance.signal))


def test_what_holds_exactly_is_judged_without_them() -> None:
    objective, theta = objective_of(loads(0).problem)
    means = {name: values.square().mean().item() for name, values in objective.by_component(theta).items()}
    assert exactness(objective, theta) == pytest.approx((means["balance"] + means["ends"]) ** 0.5, rel=1e-12)


def straight(*sets: tuple[int, float, float], offset: float = 0.0) -> Problem:
    """u = offset + x measured in several sets of so many points with a noise, the slope by so much too large."""
    domain = Interval(0, 1)
    (x,), u = domain.coordinates, Field("u", domain)
    conditions = [Condition("straight", diff(u, x, x) == 0, on=domain)]
    for number, (count, noise, wrong) in enumerate(sets):
        places = np.linspace(0, 1, count)
        seen = Observations({"x": places, "u": offset + (1 + wrong) * places + noise * (-1.0) ** np.arange(count)}, domain, columns=("u",))
        conditions.append(Condition(f"seen {number}", u == seen["u"], on=seen, noise=noise))
    return Problem([u], conditions)


def line(constant: float, slope: float) -> tuple[Ansatz, torch.Tensor]:
    """constant + slope x, the slope as that of a sine too wide to bend."""
    features = Features(Network.dense(Embedding((0.0,), (1e4,), (0.0,)), (1,), 1, "sin"), torch.tensor([1.0, 0.0], dtype=torch.float64))
    return Ansatz((Group(("u",), ("x",), (features,)),)), torch.tensor([1e4 * slope, constant], dtype=torch.float64)


@pytest.mark.parametrize(("sets", "offset", "found", "explained"), [
    ([(42, 0.01, 0.0)], 0.0, (0, 1), True), ([(42, 0.01, 0.0)], 0.0, (0, 1.2), True), ([(42, 0.01, 0.0)], 0.0, (0, 0), False),
    ([(42, 0.01, 0.0)], 20.0, (20, 1), True), ([(42, 0.01, 0.0)], 20.0, (20.5, 0), False),
    ([(42, 1.0, 0.0)], 0.0, (0.5, 0), True), ([(4200, 1.0, 0.0)], 0.0, (0.5, 0), False),
    ([(42, 0.01, 0.0), (42, 1e-4, 0.0)], 0.0, (0, 1), True), ([(42, 1e-2, 2.0), (42, 1e-4, 0.0)], 0.0, (0, 1), False),
    ([(1, 0.01, 0.0)] * 30, 5.0, (5, 1), True), ([(1, 0.01, 0.0)] * 30, 5.0, (0, 0), False), ([(42, 0.01, 0.0), (3, 0.01, 0.0)], 5.0, (5, 1), True)])
def test_measurements_are_explained_by_what_misses_them_by_little_more_than_their_noise(
        sets: list[tuple[int, float, float]], offset: float, found: tuple[float, float], explained: bool) -> None:
    """Neither zero nor a constant explains what varies by more than chance, nor does a set that is met explain one that is not."""
    problem, (ansatz, theta) = straight(*sets, offset=offset), line(*found)
    objective = Objective.unweighted(ansatz, collocation(problem).blocks(40, Purpose(0, 1)))
    assert Balance.of(objective, theta).explains(objective, theta) is explained


def test_what_explains_nothing_makes_measurements_loud() -> None:
    objective, theta = objective_of(loads(0).problem)
    zero = torch.zeros_like(theta)
    assert by_name(objective, fair_weights(objective, zero)) == by_name(objective, Balance.of(objective, zero).loud)
