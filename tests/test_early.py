"""Points towards the first moment: where they are drawn, what they count for, and a rod that needs them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from compute_problems import SMALL, collocation, oscillator
from scipy.optimize import brentq

from pinnaux import Condition, Field, Interval, Problem, TimeInterval, diff, log, solve
from pinnaux.architecture import nothing
from pinnaux.collocation import Collocation, Purpose
from pinnaux.early import Early, Evened
from pinnaux.geometry.points import Points
from pinnaux.objective import Objective
from pinnaux.trainers.held_out import check_finite
from pinnaux.trainers.state import NumericalFailure

LENGTH, DURATION, DIFFUSIVITY = 0.1, 60.0, 1.2e-5
COLD, TO_THE_LEFT, TO_THE_RIGHT = 293.0, 80.0, 60.0
"""Kelvin, and by how much the air is warmer at either end."""
LEFT, RIGHT = 500 / 45, 200 / 45
"""h / k at the ends, per metre."""


def rod() -> Problem:
    """A steel rod at 293 K, of which air heats the ends: heat flows in at the first moment, before which the rod was even."""
    domain = Interval(0, LENGTH) * TimeInterval(0, DURATION)
    (x, t), T = domain.coordinates, Field("T", domain)
    return Problem([T], [
        Condition("conduction", diff(T, t) == DIFFUSIVITY * diff(T, x, x), on=domain), Condition("start", T == COLD, on=domain.initial),
        Condition("left", diff(T, x) == LEFT * (T - COLD - TO_THE_LEFT), on=domain.boundary["left"]),
        Condition("right", -diff(T, x) == RIGHT * (T - COLD - TO_THE_RIGHT), on=domain.boundary["right"])])


def temperature(x: np.ndarray, t: np.ndarray, modes: int = 400) -> np.ndarray:
    """c + d x + Σ a X e^(−α m² t), X = cos m x + (h / k m) sin m x, with the a for which that is nothing at first."""
    slope, at_left = np.linalg.solve([[1.0, -LEFT], [1 + RIGHT * LENGTH, RIGHT]], [-LEFT * TO_THE_LEFT, RIGHT * TO_THE_RIGHT])

    def mismatch(m: float) -> float:
        return (m**2 - LEFT * RIGHT) * np.sin(m * LENGTH) - m * (LEFT + RIGHT) * np.cos(m * LENGTH)

    m = np.array([brentq(mismatch, (n + 1e-9) * np.pi / LENGTH, (n + 1 - 1e-9) * np.pi / LENGTH, xtol=1e-13) for n in range(modes)])
    nodes, weights = np.polynomial.legendre.leggauss(4 * modes)
    nodes, weights = (nodes + 1) * LENGTH / 2, weights * LENGTH / 2

    def shapes(places: np.ndarray) -> np.ndarray:
        return np.cos(np.outer(places, m)) + LEFT / m * np.sin(np.outer(places, m))

    amplitudes = -(weights * (at_left + slope * nodes)) @ shapes(nodes) / (weights @ shapes(nodes) ** 2)
    return COLD + at_left + slope * x + (shapes(x) * np.exp(-DIFFUSIVITY * np.outer(t, m**2))) @ amplitudes


def test_mean_squares_are_those_over_the_domain() -> None:
    """∫ e^(−2 t / 10⁻³) dt over [0, 1] = 5·10⁻⁴."""
    early, count = Early(2.0, 5.0, 0.2, 1e-4), 200_000
    times = 2 + 3 * (np.arange(count) + 0.5) / count
    moved = early.moved(Points(times[:, None]), np.random.default_rng(0)).coordinates[:, -1]
    assert (moved != times).mean() == pytest.approx(0.2, abs=1e-3) and moved.min() > 2 and moved.max() < 5
    assert ((moved - 2) / 3 < 1e-2).mean() == pytest.approx(0.8 * 1e-2 + 0.2 / 2, rel=0.02)
    loudness = early.loudness(torch.as_tensor(moved)).numpy()
    assert (loudness**2).mean() == pytest.approx(1, rel=0.01) and loudness.max() <= 0.8**-0.5
    assert ((loudness * np.exp(-(moved - 2) / 3 / 1e-3)) ** 2).mean() == pytest.approx(5e-4, rel=0.03)


def drawn(points: Collocation) -> set[str]:
    """The regions whose points are drawn towards the first moment."""
    return {region.conditions[0].name for region, block in zip(points.plan.regions, points.compiled) if isinstance(block.program, Evened)}


def test_points_are_drawn_to_the_first_moment_where_it_meets_a_boundary() -> None:
    points = collocation(rod(), **SMALL)
    blocks = {block.names[0]: block.surroundings.points[:, 1] / DURATION for block in points.blocks(1000, Purpose(0, 1))}
    assert drawn(points) == {"conduction", "left", "right"} and drawn(replace(points, evenly=True)) == drawn(collocation(oscillator())) == set()
    assert (blocks["conduction"] < 1e-2).double().mean().item() == pytest.approx(0.108, abs=0.02)
    evenly = replace(points, evenly=True).blocks(1000, Purpose(0, 1))[0].surroundings.points[:, 1] / DURATION
    assert (evenly < 1e-2).double().mean().item() == pytest.approx(0.01, abs=0.005)


def test_what_is_undefined_is_still_told_by_its_term() -> None:
    domain = Interval(0, 1) * TimeInterval(0, 1)
    (x, t), u = domain.coordinates, Field("u", domain)
    points = collocation(Problem([u], [Condition("growth", diff(u, t) == log(u), on=domain), Condition("start", u == 1, on=domain.initial),
                                       Condition("ends", u == 1, on=domain.boundary)]), **SMALL)
    zero = nothing(points)
    with pytest.raises(NumericalFailure, match="log") as caught:
        check_finite(Objective.unweighted(zero.ansatz, points.blocks(100, Purpose(0, 1))), zero.theta)
    assert caught.value.condition == "growth"


def test_the_rods_temperature_meets_its_conditions() -> None:
    places, step = np.linspace(0, LENGTH, 9), 1e-6
    assert temperature(places, 0 * places) == pytest.approx(COLD + 0 * places, abs=0.05)
    for end, inward, ratio, warmer in ((0.0, 1, LEFT, TO_THE_LEFT), (LENGTH, -1, RIGHT, TO_THE_RIGHT)):
        here, near, far = temperature(end + inward * step * np.arange(3), np.full(3, 30.0))
        assert (-3 * here + 4 * near - far) / (2 * step) == pytest.approx(ratio * (here - COLD - warmer), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_error_of_a_rod_heated_from_its_ends_is_what_the_report_says(seed: int) -> None:
    solution = solve(rod(), seed=seed, time_limit=60)
    points = solution.problem.domain.interior.sample(3000, np.random.default_rng(5)).coordinates
    exact = temperature(*points.T)
    error = np.linalg.norm(solution(points)["T"] - exact) / np.linalg.norm(exact)
    assert error < 1e-4
    assert error < 3 * solution.verdict.error_estimate.get("T", np.inf)
    assert any(note.startswith("T varies little beside its size") for note in solution.verdict.notes)
