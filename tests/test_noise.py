"""Stated noise: residuals in standard deviations, from numbers, formulas and measured columns."""

from __future__ import annotations

import numpy as np
import pytest
from compute_problems import collocation, small_ansatz

from pinnaux import Condition, Field, Observations, Problem, Rectangle, VectorField, abs
from pinnaux.plan import Plan
from pinnaux.settings import Settings
from pinnaux.signature import signature

plate = Rectangle((0, 0), (1, 1))
x, y = plate.coordinates
T, velocity = Field("T", plate), VectorField("velocity", plate)
ROWS = np.random.default_rng(0).random((9, 4)) + 0.1
probes = Observations({"x": ROWS[:, 0] * 0.9, "y": ROWS[:, 1] * 0.9, "T": ROWS[:, 2], "error": ROWS[:, 3]}, plate, columns=("T", "error"))


def problem(noise: object) -> Problem:
    return Problem([T], [Condition("probes", T == probes["T"], on=probes, noise=noise)])


@pytest.mark.parametrize(("noise", "expected"), [
    (0.05, np.full(9, 0.05)), (probes["error"], ROWS[:, 3]), (0.1 * abs(probes["T"]) + 0.01, 0.1 * ROWS[:, 2] + 0.01), (0.1 + x, 0.1 + 0.9 * ROWS[:, 0])],
    ids=["number", "column", "share of the value", "formula of coordinates"])
def test_residuals_are_in_standard_deviations(noise: object, expected: np.ndarray) -> None:
    ansatz, theta = small_ansatz(problem(noise))
    (plain,), (found,) = (collocation(problem(one)).block(0, probes.points).residuals(ansatz, theta) for one in (None, noise))
    assert (plain / found).numpy() == pytest.approx(expected, rel=1e-12)
    assert Plan.of(problem(noise)).stated_noise == {"probes": pytest.approx(np.sqrt(np.mean(expected**2)), rel=1e-12)}
    assert Plan.of(problem(None)).stated_noise == {}


def test_every_component_has_its_own_noise_or_all_the_same() -> None:
    both = velocity == (probes["T"], 2 * probes["T"])
    for noise, expected in ((0.5, {"seen[0]": 0.5, "seen[1]": 0.5}), ((0.5, 2), {"seen[0]": 0.5, "seen[1]": 2.0})):
        found = Plan.of(Problem([velocity], [Condition("seen", both, on=probes, noise=noise)])).stated_noise
        assert list(found.values()) == pytest.approx(list(expected.values())) and len(found) == 2


def test_all_measurements_of_known_noise_are_used_for_both_training_and_judging() -> None:
    settings = Settings(fewest_to_hold_out=5)
    for noise, counts in ((None, (8, 1)), (0.1, (9, 9))):
        points = collocation(problem(noise), fewest_to_hold_out=settings.fewest_to_hold_out)
        (region,) = points.plan.regions
        found = tuple(len(points.sample(region, 0, np.random.default_rng(0), held_out)) for held_out in (False, True))
        assert found == counts


def test_other_noise_makes_another_problem() -> None:
    assert signature(problem(0.1)).agrees(signature(problem(0.1)))
    assert not signature(problem(0.1)).agrees(signature(problem(0.2))) and not signature(problem(0.1)).agrees(signature(problem(None)))
