"""First-order and quasi-Newton methods beside torch's own, and on functions whose minimum is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import reference
import torch
from cases import normal
from compute_problems import collocation, decay, plate, small_ansatz
from reference import assert_same
from torch import Tensor
from toys import Toy, linear, numbers, valley

from pinnaux.collocation import Purpose
from pinnaux.objective import Objective
from pinnaux.problem import Problem
from pinnaux.trainers.first_order import Adam
from pinnaux.trainers.line_search import Place, StrongWolfe, lowest
from pinnaux.trainers.quasi_newton import LBFGS, DenseInverse, SSBroyden, broyden_parameters, first_length, self_scaled, two_loops

METHODS = (Adam(), LBFGS(), SSBroyden())
problems = (pytest.param(decay, id="decay"), pytest.param(plate, id="plate"))


@pytest.fixture(autouse=True)
def differentiable() -> Iterator[None]:
    with reference.open_to_autograd():
        yield


def objective_of(problem: Callable[[], Problem]) -> tuple[Objective, Tensor]:
    declared = problem()
    ansatz, theta = small_ansatz(declared)
    return Objective.unweighted(ansatz, collocation(declared, fewest_points=10).blocks(20, Purpose(0, 1))), theta


def run(method: object, objective: Objective | Toy, theta: Tensor, steps: int) -> list:
    states = [method.begin(theta)]
    for _ in range(steps):
        states.append(method.step(objective, states[-1]))
    return states


def by_torch(optimiser: Callable[[list[Tensor]], torch.optim.Optimizer], objective: Objective, theta: Tensor, steps: int) -> Tensor:
    """θ after torch's own steps, with the gradient by automatic differentiation through the residuals."""
    own = theta.clone().requires_grad_()
    minimiser = optimiser([own])

    def closure() -> Tensor:
        minimiser.zero_grad()
        loss = objective.residual(own).square().sum()
        loss.backward()
        return loss

    for _ in range(steps):
        minimiser.step(closure)
    return own.detach()


@pytest.mark.parametrize("problem", problems)
@pytest.mark.parametrize("rate", [1e-3, 1e-2])
def test_adam_goes_where_torch_goes(problem: Callable[[], Problem], rate: float) -> None:
    objective, theta = objective_of(problem)
    expected = by_torch(lambda own: torch.optim.Adam(own, lr=rate), objective, theta, 12)
    found = run(Adam(rate), objective, theta, 12)[-1].theta
    assert (expected - theta).abs().max() > 5 * rate
    assert_same(found, expected, 1e-10, 0)


@pytest.mark.parametrize("problem", problems)
@pytest.mark.parametrize("steps", [1, 4, 9])
def test_lbfgs_goes_where_torch_goes(problem: Callable[[], Problem], steps: int) -> None:
    objective, theta = objective_of(problem)
    options = dict(max_iter=steps, max_eval=200, history_size=5, tolerance_grad=0, tolerance_change=0, line_search_fn="strong_wolfe")
    expected = by_torch(lambda own: torch.optim.LBFGS(own, **options), objective, theta, 1)
    found = run(LBFGS(memory=5), objective, theta, steps)[-1].theta
    assert (expected - theta).abs().max() > 1e-3
    assert_same(found, expected, 1e-10, 0)


def test_the_two_loops_multiply_by_the_bfgs_matrix() -> None:
    root = normal(6, 6)
    hessian = root @ root.T + torch.eye(6, dtype=torch.float64)
    steps = [normal(6, seed=seed) for seed in (1, 2, 3)]
    pairs = tuple((s, hessian @ s) for s in steps)
    s, y = pairs[-1]
    matrix = torch.eye(6, dtype=torch.float64) * (s @ y) / (y @ y)
    for s, y in pairs:
        turn = torch.eye(6, dtype=torch.float64) - torch.outer(s, y) / (s @ y)
        matrix = turn @ matrix @ turn.T + torch.outer(s, s) / (s @ y)
    gradient = normal(6, seed=9)
    assert_same(two_loops(pairs, gradient), matrix @ gradient, 1e-12, 0)


@pytest.mark.parametrize("seed", range(6))
def test_every_self_scaled_update_satisfies_the_secant_equation_and_stays_positive_definite(seed: int) -> None:
    inverse, usual = torch.eye(7, dtype=torch.float64), torch.diag(torch.logspace(-2, 2, 7, dtype=torch.float64))
    for number in range(40):
        s, root = normal(7, seed=1000 * seed + number), normal(7, 7, seed=1000 * seed + 500 + number)
        y = usual @ s + 0.1 * root @ root.T @ s
        inverse = self_scaled(inverse, s, y, (s @ torch.linalg.solve(inverse, s)).item())
        assert_same(inverse @ y, s, 1e-9, 0)
        assert_same(inverse, inverse.T, 1e-12, 0)
        assert torch.linalg.eigvalsh(inverse)[0] > 0


def test_broyden_parameters_without_scaling_are_those_of_bfgs() -> None:
    # b = 1 makes the middle choice θ = (1 − b)/b = 0: BFGS, unscaled.
    assert broyden_parameters(1.0, 4.0, 10) == (1.0, 1.0)
    # b = ½, h = 3: a = ½, c = 1/√3, ρ = 1, θ = min(1, 1) = 1: DFP, with σ = 1.5 and τ = min(1.5^(−1/9), 1).
    assert broyden_parameters(0.5, 3.0, 10) == pytest.approx((0.0, 1.5 ** (-1 / 9)))
    # b = 2, h = 2: a = 3, c = √¾, ρ = 2(1 − c), θ = max((ρ − 1)/3, −½).
    rho = 2 * (1 - 0.75**0.5)
    theta = (rho - 1) / 3
    sigma = 1 + 3 * theta
    assert broyden_parameters(2.0, 2.0, 5) == pytest.approx(((1 - theta) / sigma, min(0.5 * sigma**-0.25, sigma)))


@pytest.mark.parametrize("along", [1e-6, 0.3, 1.0, 3.0, 1e6])
@pytest.mark.parametrize("across", [0.0, 1e-7, 1.0, 100.0])
def test_extreme_pairs_keep_the_matrix_positive_definite(along: float, across: float) -> None:
    s, y = numbers(1, 0), numbers(along, along * across)
    found = self_scaled(torch.eye(2, dtype=torch.float64), s, y, 1.0)
    assert (found @ y - s).norm() <= 1e-14 * found.norm() * y.norm()
    assert found[0, 0] > 0 and torch.linalg.det(found) > 0


def test_pairs_beyond_the_precision_give_finite_parameters() -> None:
    for b, h in ((1e20, 1e20), (1e-3, 1e3), (1e-12, 1e14), (1e14, 1e-12)):
        for unknowns in (1, 2, 10**4):
            shape, scale = broyden_parameters(b, h, unknowns)
            assert math.isfinite(shape) and 0 < scale <= 1


def test_a_matrix_that_rounding_has_left_indefinite_is_given_up() -> None:
    toy, theta = linear(torch.eye(3, dtype=torch.float64), numbers(1, 2, 3)), numbers(0, 0, 0)
    loss, gradient = toy.gradient(theta)
    state = DenseInverse(theta, -torch.eye(3, dtype=torch.float64), loss.item(), gradient)
    following = SSBroyden().step(toy, state)
    assert following.loss < loss and torch.linalg.eigvalsh(following.inverse)[0] > 0
    s, y = numbers(1, 0, 0), numbers(2, 1, 0)
    found = self_scaled(torch.diag(numbers(1, -9, 1)), s, y, 1.0)
    assert torch.linalg.eigvalsh(found)[0] > 0
    assert_same(found @ y, s, 1e-12, 0)


class Exact:
    """The minimum along the line of a quadratic function, from its matrix."""

    def __init__(self, hessian: Tensor) -> None:
        self.hessian = hessian

    def search(self, objective: Toy, theta: Tensor, loss: float, gradient: Tensor, direction: Tensor, first: float) -> Place:
        length = -(gradient @ direction / (direction @ self.hessian @ direction)).item()
        value, slope = objective.gradient(theta + length * direction)
        return Place(length, value.item(), 0.0, theta + length * direction, slope)


@pytest.mark.parametrize("method", [LBFGS(), SSBroyden()], ids=lambda method: method.name)
def test_a_quadratic_is_minimised_in_as_many_steps_as_unknowns_by_exact_line_searches(method: LBFGS | SSBroyden) -> None:
    matrix, right = normal(20, 8) * torch.logspace(-1, 1, 8, dtype=torch.float64), normal(20, seed=1)
    toy = linear(matrix, right)
    states = run(replace(method, wolfe=Exact(2 * matrix.T @ matrix)), toy, torch.zeros(8, dtype=torch.float64), 9)
    best = torch.linalg.lstsq(matrix, right[:, None]).solution[:, 0]
    assert_same(states[-1].theta, best, 1e-7, 0)
    assert (states[4].theta - best).norm() > 1e-3 * best.norm()


@pytest.mark.parametrize("method, steps", [(LBFGS(), 45), (SSBroyden(), 60)], ids=lambda one: getattr(one, "name", ""))
def test_rosenbrocks_valley_is_followed_to_its_end(method: LBFGS | SSBroyden, steps: int) -> None:
    states = run(method, Toy(valley), numbers(-1.2, 1.0), steps)
    assert states[-1].theta.tolist() == pytest.approx([1, 1], abs=1e-7)
    losses = [Toy(valley).loss(state.theta) for state in states]
    assert all(after <= before for before, after in zip(losses, losses[1:]))


@pytest.mark.parametrize("first", [1e-3, 0.3, 1.0, 7.0, 500.0])
@pytest.mark.parametrize("function", [
    lambda t: (t - 2) ** 2 + 1, lambda t: (t - 1) ** 4 - t, lambda t: torch.cosh(t - 3) + 0.3 * torch.sin(5 * t),
], ids=["parabola", "quartic", "waves"])
def test_a_length_found_satisfies_the_strong_wolfe_conditions(first: float, function: Callable[[Tensor], Tensor]) -> None:
    def line(length: float) -> Place:
        at = torch.tensor(length, dtype=torch.float64, requires_grad=True)
        value = function(at)
        (slope,) = torch.autograd.grad(value, at)
        return Place(length, value.item(), slope.item(), at, slope)

    start = line(0.0)
    found = StrongWolfe(curvature=0.1).along(line, start, first)
    assert found.loss <= start.loss + 1e-4 * found.length * start.slope
    assert abs(found.slope) <= 0.1 * abs(start.slope)


def test_a_cubic_is_interpolated_exactly() -> None:
    def place(at: float) -> Place:
        return Place(at, at**3 - 3 * at, 3 * at**2 - 3, torch.zeros(1), torch.zeros(1))

    assert lowest(place(0.2), place(3.0)) == pytest.approx(1.0, rel=1e-13)
    assert lowest(place(3.0), place(0.2)) == lowest(place(0.2), place(3.0))


def test_the_search_stays_where_the_loss_is_defined() -> None:
    toy = Toy(lambda theta: torch.log(theta) - 3)
    for method in (LBFGS(), SSBroyden()):
        states = run(method, toy, numbers(0.2), 20)
        assert states[-1].theta.item() == pytest.approx(20.0855369, rel=1e-5)


@pytest.mark.parametrize("method", [LBFGS(), SSBroyden()], ids=lambda method: method.name)
def test_at_a_minimum_it_says_that_it_is_stuck_and_stays(method: LBFGS | SSBroyden) -> None:
    states = run(method, Toy(valley), numbers(1.0, 1.0), 2)
    assert states[-1].stuck and states[-1].theta.tolist() == [1, 1]
    assert not method.moved(states[-1]).stuck
    elsewhere = method.step(linear(torch.eye(2, dtype=torch.float64), numbers(0, 0)), method.moved(states[-1]))
    assert not elsewhere.stuck and elsewhere.theta.norm() < 1


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_each_lowers_the_loss_of_a_small_network(method: Adam | LBFGS | SSBroyden) -> None:
    objective, theta = objective_of(decay)
    found = run(method, objective, theta, 60)[-1].theta
    before, after = (objective.residual(at).square().sum() for at in (theta, found))
    assert after < (0.9 if isinstance(method, Adam) else 1e-2) * before


def test_a_matrix_learnt_on_some_points_is_used_on_others() -> None:
    objective, theta = objective_of(decay)
    state = run(SSBroyden(), objective, theta, 30)[-1]
    moved = SSBroyden().moved(state)
    assert moved.gradient is None and moved.inverse is state.inverse
    other, _ = objective_of(decay)
    other = replace(other, weights=tuple(2 * weight for weight in other.weights))
    following = SSBroyden().step(other, moved)
    assert isinstance(following, DenseInverse)
    assert following.loss == pytest.approx(other.residual(following.theta).square().sum().item(), rel=1e-12)
    assert following.loss < other.residual(theta).square().sum()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_the_gradient_vanishes_the_first_step_has_a_length(dtype: torch.dtype) -> None:
    assert first_length(torch.zeros(3, dtype=dtype)) == 1.0
