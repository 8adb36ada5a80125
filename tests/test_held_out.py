"""The judge between trial solutions: a weighted residual on points of its own."""

from __future__ import annotations

import pytest
import torch
from compute_problems import SMALL, collocation, decay, everything, small_ansatz

from pinnaux import Condition, Field, Interval, Problem, log
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
    assert str(failure.value) == f"the residual of condition 'logarithm' is nan at the point ({first:.6g})"
    assert failure.value.condition == "logarithm"
    check_finite(Objective.unweighted(ansatz, blocks[:1]), theta)


def test_the_zero_solution_has_the_score_that_others_are_compared_with() -> None:
    points = collocation(decay(), **SMALL)
    judge = held_out(points)
    ansatz, theta = small_ansatz(decay())
    zero = torch.zeros_like(theta)
    assert judge.zero == pytest.approx(judge.score(ansatz, zero), rel=1e-12)
