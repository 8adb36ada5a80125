"""Output layers in closed form: linear problems at once, others by Gauss–Newton."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from cases import normal
from compute_problems import bar, collocation, decay, plate
from reference import assert_same
from torch import Tensor
from toys import Toy, linear, numbers, valley

from pinnaux import objective as objective_module
from pinnaux.architecture import start, wide
from pinnaux.collocation import Purpose
from pinnaux.linalg import LeastSquares, ReducedLeastSquares
from pinnaux.objective import Objective
from pinnaux.problem import Problem
from pinnaux.trainers.closed_form import backtrack, gauss_newton

TINY = 1e-14


def test_a_linear_problem_is_solved_at_once() -> None:
    matrix, right = normal(20, 6), normal(20, seed=1)
    toy = linear(matrix, right)
    found = gauss_newton(toy, normal(6, seed=2), 8, TINY).theta
    assert_same(found, torch.linalg.lstsq(matrix, right[:, None]).solution[:, 0], 1e-10, 0)
    assert len(toy.asked) == 1


def test_a_nonlinear_problem_is_solved_step_by_step() -> None:
    assert_same(gauss_newton(Toy(valley), numbers(-1.2, 1.0), 200, TINY, enough=0.0).theta, numbers(1, 1), 1e-8, 0)


def test_an_unknown_number_that_the_zero_solution_hides_is_found_all_the_same() -> None:
    """k u = 6, u = 2 from u = 0, where k has no influence: the first step looks like a linear problem's."""
    toy = Toy(lambda theta: torch.stack([theta[0] * theta[1] - 6, theta[0] - 2]))
    assert_same(gauss_newton(toy, numbers(0.0, 1.0), 30, TINY).theta, numbers(2, 3), 1e-8, 0)


@pytest.mark.parametrize("start_at", [1.5, 3.0, 10.0, 50.0])
def test_a_step_that_goes_too_far_is_shortened(start_at: float) -> None:
    """The arc tangent, on which Newton's full steps diverge from 1.4 on."""
    toy = Toy(torch.atan)
    assert abs(gauss_newton(toy, numbers(start_at), 60, TINY, enough=0.0).theta.item()) < 1e-9


def test_the_longest_step_that_helps_is_taken() -> None:
    """|θ − 1| from 0 along 10: the steps 1 and ½ and ¼ raise it, ⅛ lowers it."""
    toy = Toy(lambda theta: theta - 1)
    following, after = backtrack(toy, numbers(0.0), numbers(10.0), numbers(1.0)[0])
    assert following.tolist() == [1.25] and after.item() == 0.25


def test_steps_into_the_undefined_are_shortened_too() -> None:
    toy = Toy(lambda theta: torch.log(theta) - 1)
    assert gauss_newton(toy, numbers(20.0), 30, TINY).theta.item() == pytest.approx(torch.e, rel=1e-9)


def test_where_no_step_helps_nothing_changes() -> None:
    kinked = Toy(lambda theta: torch.stack([1 + theta[0].abs()]))
    assert gauss_newton(kinked, numbers(0.0), 8, TINY).theta.tolist() == [0.0]
    undefined = Toy(lambda theta: torch.sqrt(theta) - 1)
    assert gauss_newton(undefined, numbers(0.0), 8, TINY).theta.tolist() == [0.0]


def solved(problem: Problem, columns: int) -> tuple[Tensor, Tensor]:
    """The first unknown by spread features at its points, and those."""
    points = collocation(problem)
    ansatz = wide(points, "sin", 2.0, columns, Purpose(0, 1))
    objective = Objective.unweighted(ansatz, points.blocks(3 * columns, Purpose(0, 2)))
    theta = gauss_newton(objective, start(ansatz, points), 8, 1e-12).theta
    block = objective.blocks[0]
    return block.jets(ansatz, theta)[0][0][0, :, 0], block.surroundings.points[:, 0]


def test_features_solve_a_linear_equation_to_many_digits() -> None:
    found, x = solved(bar(), 100)
    assert_same(found, torch.sin(torch.pi * x), 1e-9, 0)


def test_features_solve_a_nonlinear_equation_to_many_digits() -> None:
    found, t = solved(decay(), 100)
    assert_same(found, 1 / (1 + t), 1e-9, 0)


@pytest.mark.parametrize("problem", [plate, decay])
def test_with_little_memory_the_same_is_found_some_rows_at_a_time(problem: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objective_module, "CHUNK_ENTRIES", 1)
    points = collocation(problem())
    ansatz = wide(points, "sin", 2.0, 80, Purpose(0, 1))
    objective = Objective.unweighted(ansatz, points.blocks(300, Purpose(0, 2)))
    theta = start(ansatz, points)
    expected, found = (gauss_newton(objective, theta, 8, 1e-8, memory=memory) for memory in (1e9, 0.0))
    assert isinstance(found.system, ReducedLeastSquares) and isinstance(expected.system, LeastSquares)
    assert max(found.after, expected.after) < 1e-6 * expected.before
