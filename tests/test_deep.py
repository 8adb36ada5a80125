"""The network that is trained on all layers: how it starts, and how its points move."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from compute_problems import SMALL, collocation, conductivity, decay, source

from pinnaux import Condition, Field, Interval, Parameter, Problem, diff, sqrt
from pinnaux.architecture import nothing
from pinnaux.collocation import Purpose
from pinnaux.objective import Objective
from pinnaux.trainers.deep import _continued, advance, begin, spread_start
from pinnaux.trainers.features import held_out
from pinnaux.trainers.levenberg_marquardt import Descent
from pinnaux.trainers.state import NumericalFailure


@pytest.fixture(autouse=True)
def no_graphs():
    with torch.no_grad():
        yield


@pytest.mark.parametrize("problem", [decay, source])
def test_the_start_is_no_random_network_but_has_its_output_layer_solved_for(problem) -> None:
    points = collocation(problem(), **SMALL)
    judge = held_out(points)
    state = begin(points, judge)
    assert judge.score(state.objective.ansatz, state.theta) < 0.5 * judge.zero
    assert torch.equal(state.theta, begin(points, judge).theta)


def test_the_best_of_several_starts_is_taken() -> None:
    points = [collocation(decay(), **{**SMALL, "starts": starts}) for starts in (((0.01, False),), ((1.0, False),), ((0.01, False), (1.0, False)))]
    judge = held_out(points[0])
    scores = [judge.score(state.objective.ansatz, state.theta) for state in (begin(one, judge) for one in points)]
    assert scores[2] == min(scores[:2]) and scores[0] != scores[1]


def test_one_start_holds_the_numbers_of_the_best_solution_that_is_known() -> None:
    """Functions that are solved for with a wrong k, in −k u'' = f, contradict what was measured of u."""
    points = collocation(conductivity(), **SMALL)
    state = spread_start(points, 1.0, False, torch.tensor([0.3], dtype=torch.float64))
    assert state.objective.ansatz.split(state.theta)[-1].tolist() == [0.3]
    judge, known = held_out(points), nothing(points)
    numbers = [known.ansatz.split(known.theta)[-1], torch.tensor([free_of(3.0)], dtype=torch.float64)]
    scores = []
    for free in numbers:
        held = spread_start(points, 1.0, False, free)
        scores.append(judge.score(held.objective.ansatz, held.theta))
    assert scores[1] < 0.1 * scores[0]
    right = replace(known, theta=torch.cat([known.theta[:-1], numbers[1]]))
    best = begin(points, judge, right)
    assert judge.score(best.objective.ansatz, best.theta) < 2 * scores[1]


def free_of(k: float, lower: float = 0.5, upper: float = 5.0) -> float:
    """The free number of k between its bounds, which are ten times apart."""
    share = (k - lower) / (upper - lower)
    return math.log(share / (1 - share))


def test_points_move_every_few_steps_and_stay_in_between() -> None:
    points = collocation(decay(), **{**SMALL, "refresh_every": 3})
    state = begin(points, held_out(points))
    state = replace(state, steps=1)
    blocks = [state.objective.blocks]
    for _ in range(6):
        state = advance(points, replace(state, stuck=False))
        blocks.append(state.objective.blocks)
    moved = [one is not other for one, other in zip(blocks, blocks[1:])]
    assert moved == [False, False, True, False, False, True]
    assert not torch.equal(blocks[0][0].surroundings.points, blocks[3][0].surroundings.points)


def test_a_step_that_helps_nothing_is_followed_by_one_on_other_points() -> None:
    points = collocation(decay(), **SMALL)
    state = replace(begin(points, held_out(points)), steps=1, stuck=True)
    assert advance(points, state).objective.blocks is not state.objective.blocks


def test_training_that_meets_an_undefined_residual_stops_and_names_the_condition() -> None:
    """√(u + 1) on the points where a random u is above −1, then on points where it is not everywhere."""
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    points = collocation(Problem([u], [Condition("root", sqrt(u + 1) == diff(u, x), on=domain), Condition("ends", u == x, on=domain.boundary)]), **SMALL)
    start = begin(points, held_out(points))
    ansatz, theta = start.objective.ansatz, 30 * start.theta
    everywhere = points.blocks(500, Purpose(0, 1))
    defined = torch.isfinite(everywhere[0].residuals(ansatz, theta)[0])
    assert defined.any() and not defined.all()
    here = replace(everywhere[0], surroundings=everywhere[0].surroundings.take(defined))
    state = Descent(Objective.unweighted(ansatz, (here, everywhere[1])), theta, 1.0, steps=points.plan.settings.refresh_every)
    with pytest.raises(NumericalFailure, match="condition 'root' is nan at the point"):
        advance(points, state)


def test_nothing_is_continued_where_only_products_with_numbers_are_nonlinear() -> None:
    domain = Interval(0, 1)
    x, = domain.coordinates
    u, k = Field("u", domain), Parameter("k", initial=2.0)
    found = []
    for reaction in (k * u, k * u + u**3):
        problem = Problem([u], [Condition("balance", diff(u, x, x) == reaction + 6, on=domain), Condition("ends", u == 0, on=domain.boundary)])
        whole = collocation(problem, **SMALL)
        with torch.no_grad():
            found.append(len(_continued(whole, held_out(whole), 1.0)))
    assert found == [0, 1]
