"""Exact elimination of the auxiliary jets: what the trainer solves is the dense step of the separated objective."""

from __future__ import annotations

from collections.abc import Iterator

import cases
import pytest
import reference
import torch
from cases import normal
from reference import assert_same
from separated import Separated, damping
from torch import Tensor

from pinnaux.ansatz import Ansatz, Group, Trained
from pinnaux.jets.spec import JetSpec
from pinnaux.objective import Block, Objective, Surroundings

SPEC = JetSpec.closure(2, [(0, 1)], [(1.0, 2.0)])


@pytest.fixture(autouse=True)
def differentiable() -> Iterator[None]:
    with reference.open_to_autograd():
        yield


def one_equation(jet: Tensor) -> Tensor:
    """Δ'u + u² u_y − 1 = 0."""
    return (jet[3] + jet[0] ** 2 * jet[2] - 1).T


def two_equations(jet: Tensor) -> Tensor:
    u, v = jet[:, :, 0], jet[:, :, 1]
    return torch.stack([u[3] + v[0] * u[1], v[2] * u[0] - v[3] + 0.5])


def separated(outputs: int = 1, widths: tuple[int, ...] = (3, 3), points: int = 40, kind: str = "tanh") -> tuple[Separated, Tensor]:
    case = cases.dense(2, kind, widths, outputs, points)
    return Separated(case, SPEC, one_equation if outputs == 1 else two_equations), case.parameters


def shifted(system: Separated, theta: Tensor, size: float) -> list[Tensor]:
    """Auxiliary jets with defects."""
    return [jet + size * normal(*jet.shape, seed=80 + number) for number, jet in enumerate(system.consistent(theta))]


def weightings(system: Separated, theta: Tensor, auxiliary: list[Tensor]) -> dict[str, list[Tensor]]:
    drawn = [0.1 + torch.rand(len(system.case.points), generator=cases.generator(number), dtype=torch.float64) for number in range(system.depth)]
    return {"tight": system.tight(theta, auxiliary), "norm products": system.norm_products(theta), "random": drawn}


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("weighting", ["tight", "norm products", "random"])
@pytest.mark.parametrize("defect", [0.0, 0.2])
def test_the_eliminated_step_is_the_dense_one(outputs: int, weighting: str, defect: float) -> None:
    system, theta = separated(outputs, (2, 3), 24)
    auxiliary = shifted(system, theta, defect)
    weights = weightings(system, theta, auxiliary)[weighting]
    dense, eliminated = system.dense_step(theta, auxiliary, weights), system.eliminated_step(theta, auxiliary, weights)
    assert dense[1] == pytest.approx(eliminated[1], rel=1e-10)
    assert_same(eliminated[0], dense[0], 1e-8, 0)


def test_with_tight_weights_it_is_gauss_newton_on_the_original_loss() -> None:
    system, theta = separated(points=40)
    auxiliary = system.consistent(theta)
    step, predicted = system.dense_step(theta, auxiliary, system.tight(theta, auxiliary))
    network = system.case.network
    block = Block(("equation",), Surroundings(system.case.points), (SPEC,), ((0, 1),), lambda jets, numbers, around: one_equation(jets[0]))
    objective = Objective.unweighted(Ansatz((Group(("u",), ("x", "y"), (Trained(network),)),)), (block,))
    residual, jacobian = objective.jacobian(theta)
    expected = torch.linalg.lstsq(jacobian, -residual[:, None], driver="gelsd").solution[:, 0]
    assert_same(step, expected, 1e-8, 0)
    mean = (residual + jacobian @ expected).square().sum()
    assert predicted == pytest.approx(mean.item() * block.surroundings.count / (system.depth + 1), rel=1e-10)


@pytest.mark.parametrize("widths", [(3,), (3, 2), (2, 3, 2)])
def test_tight_weights_leave_every_residual_the_same_share(widths: tuple[int, ...]) -> None:
    system, theta = separated(widths=widths)
    auxiliary = shifted(system, theta, 0.1)
    slopes, _ = system.sensitivities(theta, auxiliary)
    assert_same(damping(slopes, system.tight(theta, auxiliary)), torch.full((40, 1, 1), len(widths) + 1.0, dtype=torch.float64), 1e-12)


def test_norm_products_leave_every_residual_at_least_that_share() -> None:
    """For a value and an activation of slope at most 1 the products bound the sensitivity from above."""
    case = cases.dense(2, "tanh", (4, 4, 4), 1, 50)
    system = Separated(case, JetSpec.closure(2, []), lambda jet: (jet[0] - 1).T)
    slopes, _ = system.sensitivities(case.parameters, system.consistent(case.parameters))
    shares = 1 / damping(slopes, system.norm_products(case.parameters)).flatten()
    assert shares.min() >= 1 / (system.depth + 1) and shares.max() < 1 and shares.std() > 0


@pytest.mark.parametrize("weighting", ["tight", "norm products", "random"])
def test_the_best_slacks_leave_what_the_formula_says(weighting: str) -> None:
    """min_s (ρ − Σ λ_l·s_l)² + Σ ω_l |s_l|² = ρ²/(1 + Σ |λ_l|²/ω_l), by dense least squares at every point."""
    system, theta = separated(points=10)
    auxiliary = shifted(system, theta, 0.3)
    slopes, _ = system.sensitivities(theta, auxiliary)
    weights = weightings(system, theta, auxiliary)[weighting]
    rho = normal(10, seed=81)
    expected = rho.square() / damping(slopes, weights)[:, 0, 0]
    for point in range(10):
        own = torch.cat([slope[0, :, point].flatten() for slope in slopes])
        roots = torch.cat([weight[point].sqrt().expand(slope[0, :, point].numel()) for slope, weight in zip(slopes, weights)])
        matrix = torch.cat([own[None], torch.diag(roots)])
        right = torch.cat([rho[point:point + 1], own.new_zeros(len(own))])
        best = torch.linalg.lstsq(matrix, right[:, None]).solution[:, 0]
        assert (matrix @ best - right).square().sum().item() == pytest.approx(expected[point].item(), rel=1e-10)


@pytest.mark.parametrize("size", [0.01, 0.3, 3.0])
def test_the_separated_objective_bounds_the_original_loss(size: float) -> None:
    """loss ≤ (L + 1) Φ for values and an activation of slope at most 1, with the products of norms as weights."""
    case = cases.dense(2, "tanh", (4, 3, 4), 2, 30)
    system = Separated(case, JetSpec.closure(2, []), lambda jet: (jet[0] - 1).T)
    weights = system.norm_products(case.parameters)
    for seed in range(20):
        auxiliary = [jet + size * normal(*jet.shape, seed=100 * seed + number) for number, jet in enumerate(system.consistent(case.parameters))]
        phi = system.stacked(case.parameters, auxiliary, weights).square().sum()
        assert system.original(case.parameters).square().sum() <= (system.depth + 1) * phi


def test_defects_after_a_step_are_half_the_second_derivative_along_it() -> None:
    """Σ λ_l·d_l and the residual's own curvature: what geodesic acceleration solves for."""
    system, theta = separated(widths=(4, 3), points=12)
    jets = system.consistent(theta)
    slopes, rows = system.sensitivities(theta, jets)
    direction = normal(len(theta), seed=82)
    errors = []
    for step in (1e-2, 5e-3):
        rates = [reference.derivative_along(lambda own, n=number: system.consistent(own)[n], theta, step * direction)
                 for number in range(system.depth)]
        moved = [jet + rate for jet, rate in zip(jets, rates)]
        after = theta + step * direction
        curved = sum((slope * defect).sum(dim=(1, 3)) for slope, defect in zip(slopes, system.defects(after, moved)))
        # What the output layer and the equations bend by themselves, the last jet moving on its tangent.
        curved = curved + system.residual(after, moved) - system.original(theta) - torch.einsum("mnp,p->mn", rows, step * direction)
        half_second = (system.original(theta + step * direction) + system.original(theta - step * direction)) / 2 - system.original(theta)
        assert_same(curved, half_second, 0.3)
        errors.append((curved - half_second).abs().max())
    assert errors[0] / errors[1] == pytest.approx(8, rel=0.15)       # of third order in the step
