"""Exact elimination of the auxiliary jets: what the trainer solves is the dense step of the separated objective."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import reference
import torch
from cases import normal
from compute_problems import decay, source
from reference import assert_same
from separated_problems import WEIGHTINGS, burgers, pair, separated, shifted, values
from torch import Tensor

from pinnaux.elimination import EliminatedSystem, Linearised
from pinnaux.separated import Auxiliaries, Separated, Weights

# Scalar equations, a system of equations of one network, and conditions on several regions with a branch that has no auxiliaries.
problems = tuple(pytest.param(one, count, id=one.__name__) for one, count in ((burgers, 26), (pair, 20), (source, 12)))


@pytest.fixture(autouse=True)
def differentiable() -> Iterator[None]:
    with reference.open_to_autograd():
        yield


def stacked(system: Separated, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights) -> Tensor:
    """Weighted residuals at the auxiliary jets and √ω_li d_li: their squares sum to Φ."""
    parts = []
    for number in range(len(system.objective.blocks)):
        view = system.view(number, theta, auxiliaries)
        numbers = system.objective.ansatz.split(theta)[-1][:, None].expand(-1, view.block.surroundings.count)
        parts.append(view.block.program(view.jets, numbers, view.block.surroundings) * view.factors[:, None])
    for defects, own in zip(system.defects(theta, auxiliaries), weights):
        parts += [weight.sqrt()[None, :, None] * defect for defect, weight in zip(defects, own)]
    return torch.cat([part.flatten() for part in parts])


def dense_step(system: Separated, theta: Tensor, auxiliaries: Auxiliaries, weights: Weights) -> tuple[Tensor, Auxiliaries, float]:
    """The Gauss–Newton step in (θ, n), where it leads the auxiliary jets, and the Φ that it predicts."""
    shapes = [jet.shape for chain in auxiliaries for jet in chain]
    sizes = [theta.numel(), *(shape.numel() for shape in shapes)]

    def regrouped(jets: list[Tensor]) -> Auxiliaries:
        places = iter(jet.view(shape) for jet, shape in zip(jets, shapes))
        return tuple(tuple(next(places) for _ in chain) for chain in auxiliaries)

    def function(z: Tensor) -> Tensor:
        own, *jets = torch.split(z, sizes)
        return stacked(system, own, regrouped(list(jets)), weights)

    z = torch.cat([theta, *(jet.flatten() for chain in auxiliaries for jet in chain)])
    jacobian, value = torch.autograd.functional.jacobian(function, z), function(z)
    step = torch.linalg.lstsq(jacobian, -value[:, None], driver="gelsd").solution[:, 0]
    own, *jets = torch.split(z + step, sizes)
    return own - theta, regrouped(list(jets)), (value + jacobian @ step).square().sum().item()


def least_squares(residual: Tensor, rows: Tensor) -> Tensor:
    return torch.linalg.lstsq(rows, -residual[:, None], driver="gelsd").solution[:, 0]


@pytest.mark.parametrize("problem, interior", problems)
@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("defect", [pytest.param(0.0, marks=pytest.mark.slow), 0.2])
def test_the_eliminated_step_is_the_dense_one(problem: Callable, interior: int, weighting: str, defect: float) -> None:
    system, theta = separated(problem, (2, 2), interior)
    auxiliaries = shifted(system.push(theta), defect) if defect else system.push(theta)
    weights = WEIGHTINGS[weighting].weights(system, theta, auxiliaries)
    step, jets, predicted = dense_step(system, theta, auxiliaries, weights)
    eliminated = EliminatedSystem.of(system, theta, auxiliaries, weights)
    residual, rows = eliminated.system()
    assert rows.shape[0] > rows.shape[1]
    found = least_squares(residual, rows)
    assert (residual + rows @ found).square().sum().item() == pytest.approx(predicted, rel=1e-10)
    assert_same(rows @ found, rows @ step, 1e-10, 0)
    assert_same(found, step, 1e-10 * _condition(rows), 0)
    moved = torch.cat([jet.flatten() for chain in eliminated.moved(step) for jet in chain])
    assert_same(moved, torch.cat([jet.flatten() for chain in jets for jet in chain]), 1e-8, 0)


def _condition(rows: Tensor) -> float:
    """Steps are only as well known as the system determines them: above a condition number of 10⁴ they get the excess as margin."""
    return max(1.0, torch.linalg.cond(rows).item() / 1e4)


@pytest.mark.parametrize("problem, widths", [(values, (2, 2)), (burgers, (2, 2)), (decay, (2,))])
def test_with_tight_weights_it_is_gauss_newton_on_the_original_loss(problem: Callable, widths: tuple[int, ...]) -> None:
    system, theta = separated(problem, widths, 30)
    auxiliaries = system.push(theta)
    weights = WEIGHTINGS["sensitivity"].weights(system, theta, auxiliaries)
    step, _, predicted = dense_step(system, theta, auxiliaries, weights)
    residual, jacobian = system.objective.jacobian(theta)
    expected = least_squares(residual, jacobian)
    assert_same(step, expected, 1e-10 * _condition(jacobian), 0)
    assert predicted == pytest.approx((residual + jacobian @ expected).square().sum().item() / (system.layers + 1), rel=1e-10)


@pytest.mark.parametrize("widths", [(3,), (3, 2), (2, 3, 2)])
def test_tight_weights_leave_every_residual_the_same_share(widths: tuple[int, ...]) -> None:
    system, theta = separated(values, widths)
    auxiliaries = shifted(system.push(theta), 0.1)
    linearised = Linearised.of(system, 0, theta, auxiliaries)
    found = linearised.damping(WEIGHTINGS["sensitivity"].weights(system, theta, auxiliaries))
    assert_same(found, torch.full((12, 1, 1), len(widths) + 1.0, dtype=torch.float64), 1e-12)


def test_norm_products_leave_every_residual_at_least_that_share() -> None:
    """For a value and an activation of slope at most 1 the products bound the sensitivity from above."""
    system, theta = separated(values, (4, 4, 4), 50)
    auxiliaries = system.push(theta)
    linearised = Linearised.of(system, 0, theta, auxiliaries)
    shares = 1 / linearised.damping(WEIGHTINGS["norm"].weights(system, theta, auxiliaries)).flatten()
    assert shares.min() >= 1 / (system.layers + 1) and shares.max() < 1 and shares.std() > 0


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_the_best_slacks_leave_what_the_formula_says(weighting: str) -> None:
    """min_s |ρ − Σ Λ_l s_l|² + Σ ω_l |s_l|² = ρᵀ S⁻¹ ρ for two equations, by dense least squares at every point."""
    system, theta = separated(pair, interior=6)
    auxiliaries = shifted(system.push(theta), 0.3)
    weights = WEIGHTINGS[weighting].weights(system, theta, auxiliaries)
    (block,) = EliminatedSystem.of(system, theta, auxiliaries, weights).blocks
    expected = block.whiten(block.rho).square().sum(dim=0)
    for point in range(6):
        slopes = [slope[:, :, point].flatten(1) for slope in block.linearised.slopes[0]]
        own = torch.cat(slopes, dim=1)
        roots = torch.cat([weight[point].sqrt().expand(slope.shape[1]) for slope, weight in zip(slopes, weights[0])])
        matrix, right = torch.cat([own, torch.diag(roots)]), torch.cat([block.rho[:, point], own.new_zeros(own.shape[1])])
        best = torch.linalg.lstsq(matrix, right[:, None]).solution[:, 0]
        assert (matrix @ best - right).square().sum().item() == pytest.approx(expected[point].item(), rel=1e-9)
        found = block.slacks(torch.zeros_like(theta), weights)[0]
        assert_same(torch.cat([slack[:, point].flatten() for slack in found]), best, 1e-8, 0)


def test_defects_after_a_step_are_of_second_order() -> None:
    """The best jets predicted for a step of θ leave, beside the slacks, defects that fall with the square of the step."""
    system, theta = separated(burgers)
    auxiliaries = system.push(theta)
    weights = WEIGHTINGS["norm"].weights(system, theta, auxiliaries)
    eliminated, direction = EliminatedSystem.of(system, theta, auxiliaries, weights), normal(len(theta), seed=82)
    flat = eliminated.moved(torch.zeros_like(theta))
    at_rest = system.defects(theta, flat)
    sizes = []
    for step in (1e-3, 5e-4):
        # Without the slacks of step zero: what the step adds to them is linear, and taken off as well.
        twice, once = (system.defects(theta + k * step * direction, eliminated.moved(k * step * direction)) for k in (2, 1))
        excess = [c - 2 * b + a for one, two, three in zip(at_rest, once, twice) for a, b, c in zip(one, two, three)]
        sizes.append(torch.cat([one.flatten() for one in excess]).norm().item())
    assert sizes[0] / sizes[1] == pytest.approx(4, rel=0.05) and sizes[1] > 0
