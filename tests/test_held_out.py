"""The judge between trial solutions: a weighted residual on points of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from compute_problems import SMALL, collocation, decay, everything, small_ansatz

from pinnaux import Condition, Field, Interval, Problem, diff, exp, log, sqrt, where
from pinnaux.collocation import Purpose
from pinnaux.objective import Objective
from pinnaux.trainers.features import held_out
from pinnaux.trainers.held_out import HeldOut, check_finite
from pinnaux.trainers.state import NumericalFailure


def judge_of(problem: Problem) -> HeldOut:
    blocks = collocation(problem, **SMALL).blocks(50, Purpose(0, 1))
    return HeldOut(blocks, tuple(torch.arange(1.0, len(block.names) + 1, dtype=torch.float64) for block in blocks))


def test_the_score_is_the_weighted_root_mean_square_of_all_residuals() -> None:
    problem = everything()
    ansatz, theta = small_ansatz(problem)
    judge = judge_of(problem)
    means = judge.residuals(ansatz, theta)
    weights = {name: weight.item() for block, own in zip(judge.blocks, judge.weights) for name, weight in zip(block.names, own)}
    assert judge.score(ansatz, theta) == pytest.approx(sum((weights[name] * rms) ** 2 for name, rms in means.items()) ** 0.5, rel=1e-12)
    for block in judge.blocks:
        for name, values in zip(block.names, block.residuals(ansatz, theta)):
            assert means[name] == pytest.approx(values.square().mean().sqrt().item(), rel=1e-12)


def undefined_problem() -> Problem:
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    return Problem([u], [Condition("plain", u == x, on=domain.boundary), Condition("logarithm", log(u - 100) == x, on=domain)])


def test_where_zero_is_undefined_one_is_what_others_are_compared_with() -> None:
    """log u = 3 and u = x: of u = 1 a residual of 3 and another of 1 − x."""
    domain = Interval(0, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    problem = Problem([u], [Condition("plain", u == x, on=domain), Condition("start", log(u) == 3, on=domain.boundary["left"])])
    ansatz, theta = small_ansatz(problem)
    judge = replace(judge_of(problem), weights=(torch.tensor([2.0], dtype=torch.float64), torch.tensor([0.5], dtype=torch.float64)))
    assert judge.from_zero(ansatz, torch.zeros_like(theta)).zero == pytest.approx((4 / 3 + 9 / 4) ** 0.5, rel=0.02)


def test_a_solution_that_is_undefined_somewhere_is_worse_than_any_other() -> None:
    problem = undefined_problem()
    ansatz, theta = small_ansatz(problem)
    assert judge_of(problem).score(ansatz, theta) == float("inf")


def test_an_undefined_residual_is_named_with_its_condition_and_point() -> None:
    problem = undefined_problem()
    ansatz, theta = small_ansatz(problem)
    blocks = judge_of(problem).blocks
    with pytest.raises(NumericalFailure) as failure:
        check_finite(Objective.unweighted(ansatz, blocks), theta)
    first = blocks[1].surroundings.points[0, 0].item()
    value = ansatz.groups[0].push(theta, blocks[1].surroundings.points[:1], blocks[1].specs[0])[0][0, 0, 0].item()
    assert str(failure.value) == (f"the residual of condition 'logarithm' is nan at the point ({first:.6g}), "
                                  f"by the term log(u - 100) with u - 100 = {value - 100:.6g}")
    assert failure.value.condition == "logarithm"
    check_finite(Objective.unweighted(ansatz, blocks[:1]), theta)


def test_the_zero_solution_has_the_score_that_others_are_compared_with() -> None:
    points = collocation(decay(), **SMALL)
    judge = held_out(points)
    ansatz, theta = small_ansatz(decay())
    zero = torch.zeros_like(theta)
    assert judge.zero == pytest.approx(judge.score(ansatz, zero), rel=1e-12)


def term_of(formula: Callable, value: float = -0.25, at: float = 0.0) -> str:
    """The term that is blamed for a residual formula(u, x) = 1 at the left end x = `at`, where u has the given value."""
    domain = Interval(at, at + 1)
    u, (x,) = Field("u", domain), domain.coordinates
    problem = Problem([u], [Condition("wrong", formula(u, x) == 1, on=domain.boundary["left"])])
    ansatz, theta = small_ansatz(problem)
    theta = torch.zeros_like(theta)
    theta[-1] = value  # the bias of the output layer
    with pytest.raises(NumericalFailure) as failure:
        check_finite(Objective.unweighted(ansatz, collocation(problem, **SMALL).blocks(50, Purpose(0, 1))), theta)
    assert failure.value.condition == "wrong"
    assert f"at the point ({at:g}), by the term {failure.value.term}" in str(failure.value)
    return failure.value.term


@pytest.mark.parametrize("formula, term", [
    (lambda u, x: u**1.5, "u^1.5 with u = -0.25"),
    (lambda u, x: 3 * u * x - 2 * (u - 1)**3.5, "(u - 1)^3.5 with u - 1 = -1.25"),
    (lambda u, x: log(u), "log(u) with u = -0.25"),
    (lambda u, x: sqrt(2 * u) + x, "sqrt(2*u) with 2*u = -0.5"),
    (lambda u, x: u / x, "1/x with x = 0"),
    (lambda u, x: diff(u, x) / (u + 0.25), "1/(u + 0.25) with u + 0.25 = 0"),
    (lambda u, x: u / x**2, "1/x^2 with x = 0"),
    (lambda u, x: where(x > 0.5, u, log(x) * u), "log(x) with x = 0"),
    (lambda u, x: where(x < 0.5, u**0.5, 1 / x), "u^0.5 with u = -0.25"),
    (lambda u, x: exp(1e4 * (1 - u)) * u, "exp(10000*(1 - u)) with 10000*(1 - u) = 12500"),
])
def test_the_term_that_is_undefined_is_named_with_what_it_is_given(formula: Callable, term: str) -> None:
    assert term_of(formula) == term


def test_a_solution_that_is_no_number_is_itself_to_blame() -> None:
    assert term_of(lambda u, x: 2 * u + x, value=float("inf")) == "u = inf"
