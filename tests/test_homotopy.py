"""Continuation: the formulas with a share of what is nonlinear in them, and what it reaches that Newton's method does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from compute_problems import collocation

from pinnaux import Condition, Field, Interval, Parameter, Problem, Rectangle, VectorField, diff, div, dot, exp, grad, laplacian, sin
from pinnaux.architecture import random_start, wide
from pinnaux.collocation import Purpose
from pinnaux.objective import Objective


def reaction() -> Problem:
    """u'' = e^u sin x + k u², with an unknown number k."""
    domain = Interval(0, 1)
    x, = domain.coordinates
    u, k = Field("u", domain), Parameter("k", initial=0.7)
    return Problem([u], [Condition("reaction", diff(u, x, x) == exp(u) * sin(x) + k * u**2, on=domain),
                         Condition("ends", u == 1 + x, on=domain.boundary)])


def flow() -> Problem:
    """(v·∇)v + ∇p = Δv, div v = 0, in a square, no slip."""
    domain = Rectangle((0, 0), (1, 1))
    v, p = VectorField("v", domain, components=("u", "w")), Field("p", domain)
    return Problem([v, p], [Condition("momentum", dot(grad(v), v) + grad(p) == laplacian(v), on=domain),
                            Condition("mass", div(v) == 0, on=domain), Condition("wall", v == (1, 0), on=domain.boundary)])


@pytest.mark.parametrize("problem", [reaction, flow])
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_share_is_between_the_linearisation_at_zero_and_the_problem(problem: Callable[[], Problem], share: float) -> None:
    whole = collocation(problem())
    ansatz = wide(whole, "sin", 2.0, 200, Purpose(0, 1))
    blocks = whole.blocks(50, Purpose(0, 2))
    theta = random_start(ansatz, whole, Purpose(0, 3))
    zero = theta.clone()
    zero[: theta.numel() - ansatz.numbers] = 0
    with torch.no_grad():
        objective = Objective.unweighted(ansatz, blocks)
        # Central differences of the problem itself at zero functions: exact to second order in the step.
        step = 1e-4 * (theta - zero)
        linear = objective.residual(zero) + (objective.residual(zero + step) - objective.residual(zero - step)) / 2e-4
        expected = linear + share * (objective.residual(theta) - linear)
        part = Objective.unweighted(ansatz, replace(whole, share=share).blocks(50, Purpose(0, 2)))
        assert torch.allclose(part.residual(theta), expected, rtol=1e-6, atol=1e-6 * expected.abs().max())


def test_the_derivatives_of_a_share_are_those_of_its_values() -> None:
    whole = collocation(reaction())
    ansatz = wide(whole, "sin", 2.0, 100, Purpose(0, 1))
    objective = Objective.unweighted(ansatz, replace(whole, share=0.4).blocks(40, Purpose(0, 2)))
    theta = random_start(ansatz, whole, Purpose(0, 3))
    way = random_start(ansatz, whole, Purpose(0, 4))
    with torch.no_grad():
        _, jacobian = objective.jacobian(theta)
        change = (objective.residual(theta + 1e-5 * way) - objective.residual(theta - 1e-5 * way)) / 2e-5
        assert torch.allclose(jacobian @ way, change, rtol=1e-6, atol=1e-6 * change.abs().max())
