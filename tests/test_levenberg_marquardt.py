"""Levenberg–Marquardt: one step of it against dense algebra, many of them against known minima."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from cases import normal
from compute_problems import collocation, decay, everything, plate, small_ansatz
from reference import assert_same
from torch import Tensor
from toys import Toy, linear, numbers, valley

from pinnaux.collocation import Purpose
from pinnaux.objective import Objective, balanced_weights
from pinnaux.trainers.levenberg_marquardt import Descent, LevenbergMarquardt, moved


def stepped(state: Descent, steps: int) -> list[Descent]:
    """The state and those after each step."""
    states = [state]
    for _ in range(steps):
        states.append(LevenbergMarquardt().step(states[-1]))
    return states


def training(problem: Callable, widths: tuple[int, ...] = (5, 4), interior: int = 30) -> Descent:
    """A small network of a real problem, at random."""
    declared = problem()
    ansatz, theta = small_ansatz(declared, widths)
    blocks = collocation(declared, fewest_points=10).blocks(interior, Purpose(0, 1))
    objective = Objective.unweighted(ansatz, blocks)
    return Descent(Objective(ansatz, blocks, balanced_weights(objective, theta)), theta, 1e-2)


@pytest.mark.parametrize("rows, columns", [(20, 6), (6, 20)])
def test_a_quadratic_loss_is_minimised_in_one_step_without_damping(rows: int, columns: int) -> None:
    matrix, right = normal(rows, columns), normal(rows, seed=1)
    following = LevenbergMarquardt().step(Descent(linear(matrix, right), torch.zeros(columns, dtype=torch.float64), 1e-14))
    expected = torch.linalg.lstsq(matrix, right[:, None], driver="gelsd").solution[:, 0]
    assert_same(following.theta, expected, 1e-9, 0)
    assert following.loss == pytest.approx((matrix @ expected - right).square().sum().item(), rel=1e-9, abs=1e-20)


def test_strong_damping_steps_a_little_down_the_gradient() -> None:
    matrix, right = normal(20, 6), normal(20, seed=1)
    theta = normal(6, seed=2)
    step = LevenbergMarquardt().step(Descent(linear(matrix, right), theta, 1e6)).theta - theta
    gradient = matrix.T @ (matrix @ theta - right)
    assert torch.nn.functional.cosine_similarity(step, -gradient, dim=0) > 1 - 1e-8
    assert step.norm() < 1e-5


def geodesic(function: Callable[[Tensor], Tensor], theta: Tensor) -> tuple[Tensor, Tensor]:
    """The undamped step δ = −J⁺ r and its acceleration a = −½ J⁺ r''(δ, δ), densely."""
    jacobian = torch.autograd.functional.jacobian(function, theta)
    step = -torch.linalg.lstsq(jacobian, function(theta)[:, None]).solution[:, 0]
    rate = torch.autograd.functional.jacobian(lambda own: torch.autograd.functional.jacobian(function, own, create_graph=True) @ step, theta)
    second = rate @ step
    return step, -0.5 * torch.linalg.lstsq(jacobian, second[:, None]).solution[:, 0]


def bent(theta: Tensor) -> Tensor:
    """Residuals quadratic in θ, so that a difference of any length gives their second derivative exactly."""
    return torch.stack([theta[0] - 1 + 0.1 * theta[1] ** 2, theta[1] + 0.1 * theta[0] * theta[1] - 0.5, theta[0] + theta[1] - 1.2])


def test_a_step_is_accelerated_by_the_second_order_of_the_residual() -> None:
    theta = numbers(0.1, -0.2)
    step, acceleration = geodesic(bent, theta)
    assert 2 * acceleration.norm() < 0.75 * step.norm() and acceleration.norm() > 1e-3
    found = LevenbergMarquardt().step(Descent(Toy(bent), theta, 1e-14)).theta
    assert_same(found, theta + step + acceleration, 1e-10, 0)


def test_an_acceleration_that_is_long_beside_its_step_is_left_out() -> None:
    def sharp(theta: Tensor) -> Tensor:
        return torch.stack([theta[0] + 0.8 * theta[1] ** 2, theta[1] - 1])

    theta = numbers(0.0, 0.0)
    step, acceleration = geodesic(sharp, theta)
    assert 2 * acceleration.norm() > 0.75 * step.norm()
    assert Toy(sharp).loss(theta + step) < Toy(sharp).loss(theta)
    assert_same(LevenbergMarquardt().step(Descent(Toy(sharp), theta, 1e-14)).theta, theta + step, 1e-10, 0)


@pytest.mark.parametrize("problem", [decay, plate, everything])
def test_the_loss_never_rises_on_the_same_points(problem: Callable) -> None:
    states = stepped(training(problem), 8)
    losses = [state.objective.residual(state.theta).square().sum().item() for state in states]
    assert all(after <= before for before, after in zip(losses, losses[1:]))
    assert losses[-1] < 0.3 * losses[0]
    for state, loss in zip(states[1:], losses[1:]):
        assert state.loss == pytest.approx(loss, rel=1e-12)
    assert [state.steps for state in states] == list(range(9))


def test_a_curved_valley_is_followed_to_its_end() -> None:
    states = stepped(Descent(Toy(valley), numbers(-1.2, 1.0), 1e-2), 40)
    assert states[-1].theta.tolist() == pytest.approx([1, 1], abs=1e-8)


def test_damping_falls_with_good_steps_and_rises_with_refused_ones() -> None:
    good = stepped(Descent(linear(normal(9, 3), normal(9, seed=1)), numbers(0, 0, 0), 1e-2), 1)
    assert good[1].damping < good[0].damping

    def steep(theta: Tensor) -> Tensor:
        """Newton's step from 3 goes far beyond the zero."""
        return torch.atan(5 * theta)

    refused = stepped(Descent(Toy(steep), numbers(3.0), 1e-6), 1)
    assert refused[1].damping > 1e-6 and not refused[1].stuck
    assert Toy(steep).loss(refused[1].theta) < Toy(steep).loss(numbers(3.0))


def test_no_step_leads_where_the_residual_is_undefined() -> None:
    toy = Toy(lambda theta: torch.log(theta) - 3)
    states = stepped(Descent(toy, numbers(200.0), 1e-6), 30)
    assert all(torch.isfinite(toy.residual(state.theta)).all() for state in states)
    assert states[-1].theta.item() == pytest.approx(20.0855369, rel=1e-6)


def test_at_a_minimum_it_says_that_it_is_stuck_and_stays() -> None:
    matrix, right = normal(9, 3), normal(9, seed=1)
    best = torch.linalg.lstsq(matrix, right[:, None]).solution[:, 0]
    states = stepped(Descent(linear(matrix, right), best, 1e-2), 3)
    assert states[-1].stuck
    assert_same(states[-1].theta, best, 1e-12, 0)
    assert not moved(states[-1], linear(matrix, right + 1)).stuck
    assert not LevenbergMarquardt().step(moved(states[-1], linear(matrix, right + 1))).stuck


def test_parameters_that_nothing_depends_on_are_no_obstacle() -> None:
    toy = Toy(lambda theta: torch.stack([theta[0] - 1, theta[0] * theta[1] - 2]))
    states = stepped(Descent(toy, numbers(0.5, 0.5, 7.0, -3.0), 1e-2), 40)
    assert states[-1].theta.tolist() == pytest.approx([1, 2, 7, -3], abs=1e-6)


def test_a_small_network_learns_the_solution_of_an_equation() -> None:
    state = training(decay, (8,), 40)
    state = stepped(state, 40)[-1]
    (block, _) = state.objective.blocks
    found = state.objective.ansatz.groups[0].push(state.theta, block.surroundings.points, block.specs[0])[0][0, :, 0]
    assert_same(found, 1 / (1 + block.surroundings.points[:, 0]), 1e-5, 0)
