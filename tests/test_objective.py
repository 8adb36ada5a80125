"""Residuals, Jacobian rows and weights of the least-squares problem, against nested autograd and brute force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import reference
import torch
from cases import normal
from compute_problems import collocation, conductivity, decay, everything, plate, small_ansatz, source
from reference import assert_same
from torch import Tensor

from pinnaux import objective as objective_module
from pinnaux.ansatz import Ansatz
from pinnaux.collocation import Purpose
from pinnaux.objective import Block, Objective, balanced_weights
from pinnaux.problem import Problem

problems = (pytest.param(everything, id="everything"), pytest.param(plate, id="plate"), pytest.param(decay, id="decay"),
            pytest.param(source, id="source"), pytest.param(conductivity, id="conductivity"))


@pytest.fixture(autouse=True)
def differentiable() -> Iterator[None]:
    with reference.open_to_autograd():
        yield


def objective_of(problem: Problem, interior: int = 8) -> tuple[Objective, Tensor]:
    """With weights that differ."""
    ansatz, theta = small_ansatz(problem)
    blocks = replace(collocation(problem, fewest_points=4), evenly=True).blocks(interior, Purpose(0, 1))
    weights = tuple(torch.linspace(0.5, 2, len(block.names), dtype=torch.float64) for block in blocks)
    return Objective(ansatz, blocks, weights), theta


def value(ansatz: Ansatz, theta: Tensor, group: int, points: Tensor) -> Tensor:
    """(N, unknowns) of a group by plain torch functions."""
    branch, own = ansatz.groups[group].branches[0], ansatz.split(theta)[group]
    parameters = torch.cat([branch.hidden, own]) if hasattr(branch, "hidden") else own
    return reference.values(branch.network, parameters, points)


def test_the_losses_of_the_components_add_up_to_the_loss() -> None:
    objective, theta = objective_of(everything())
    losses = objective.losses(theta)
    assert list(losses) == list(objective.by_component(theta))
    assert sum(losses.values()) == pytest.approx(objective.gradient(theta)[0].item(), rel=1e-12)
    block, weight = objective.blocks[0], objective.weights[0]
    mean = objective.by_component(theta)["motion[1]"].square().mean()
    assert losses["motion[1]"] == pytest.approx((weight[block.names.index("motion[1]")] ** 2 * mean).item(), rel=1e-12)


def test_residuals_are_those_of_nested_autograd() -> None:
    objective, theta = objective_of(everything())
    ansatz = objective.ansatz
    k = (0.7 * torch.exp(theta[-1])).item()
    found = objective.by_component(theta)
    for block in objective.blocks:
        points = block.surroundings.points.clone().requires_grad_()
        u, v = value(ansatz, theta, 0, points).T
        q = value(ansatz, theta, 1, points[:, [0, 2]])[:, 0]
        (ux, uy, ut), (_, vy, vt), (qx, _, _) = (reference.slope(one, points).T for one in (u, v, q))
        second = [sum(reference.slope(reference.slope(one, points)[:, axis], points)[:, axis] for axis in (0, 1)) for one in (u, v)]
        normal = block.surroundings.normals
        expected = {
            "motion[0]": lambda: ut + u * ux - k * second[0] + q, "motion[1]": lambda: vt + v * vy - k * second[1] - points[:, 0],
            "source": lambda: reference.slope(qx, points)[:, 0] - q * u,
            "wall": lambda: ux * normal[:, 0] + uy * normal[:, 1] - k * v, "seen": lambda: u**2 - points[:, 0],
            "start[0]": lambda: u - torch.sin(points[:, 0]), "start[1]": lambda: v - points[:, 1]}
        for name in block.names:
            assert_same(found[name], expected[name]().detach(), 1e-12, 0)
    assert set(found) == set(expected)


@pytest.mark.parametrize("problem", problems)
def test_the_jacobian_is_the_derivative_of_the_residual(problem) -> None:
    objective, theta = objective_of(problem())
    residual, jacobian = objective.jacobian(theta)
    assert_same(residual, objective.residual(theta), 1e-14, 0)
    expected = torch.autograd.functional.jacobian(objective.residual, theta)
    assert_same(jacobian, expected, 1e-11)
    assert jacobian.abs().amax(dim=1).min() > 0


@pytest.mark.parametrize("problem", problems)
def test_the_gradient_is_that_of_the_squares_of_the_residual(problem, monkeypatch: pytest.MonkeyPatch) -> None:
    objective, theta = objective_of(problem())
    residual, jacobian = objective.jacobian(theta)
    for points, size in ((64, 2**20), (3, 1)):
        monkeypatch.setattr(objective_module, "FEWEST_CHUNK_POINTS", points)
        monkeypatch.setattr(objective_module, "CHUNK_JET_BYTES", size)
        loss, gradient = objective.gradient(theta)
        assert loss.item() == pytest.approx(residual.square().sum().item(), rel=1e-13)
        assert_same(gradient, 2 * jacobian.T @ residual, 1e-12, 0)


def test_squares_of_the_residual_sum_to_weighted_means() -> None:
    objective, theta = objective_of(everything())
    expected = sum(weight[number] ** 2 * values.square().mean() for block, weight in zip(objective.blocks, objective.weights)
                   for number, values in enumerate(block.residuals(objective.ansatz, theta)))
    assert objective.residual(theta).square().sum().item() == pytest.approx(expected.item(), rel=1e-13)


@pytest.mark.parametrize("problem", problems)
def test_products_with_the_jacobian_need_no_jacobian(problem, monkeypatch: pytest.MonkeyPatch) -> None:
    objective, theta = objective_of(problem())
    _, jacobian = objective.jacobian(theta)
    direction, covector = normal(len(theta), seed=71), normal(objective.rows, seed=72)
    for points, size in ((64, 2**20), (3, 1)):
        monkeypatch.setattr(objective_module, "FEWEST_CHUNK_POINTS", points)
        monkeypatch.setattr(objective_module, "CHUNK_JET_BYTES", size)
        assert_same(objective.tangent(theta, direction), jacobian @ direction, 1e-11, 0)
        assert_same(objective.adjoint(theta, covector), jacobian.T @ covector, 1e-11, 0)


def test_a_residual_of_coordinates_alone_has_no_slope() -> None:
    objective, theta = objective_of(decay())
    block = objective.blocks[0]
    still = Block(block.names, block.surroundings, block.specs, block.axes, lambda jets, numbers, around: 2 * around.points.T)
    objective = Objective(objective.ansatz, (still,), objective.weights[:1])
    assert objective.gradient(theta)[0].item() == pytest.approx(objective.residual(theta).square().sum().item(), rel=1e-14)
    assert (objective.gradient(theta)[1] == 0).all() and (objective.tangent(theta, theta) == 0).all()


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    objective, theta = objective_of(everything(), interior=150)
    residual, jacobian = objective.jacobian(theta)
    weights = balanced_weights(objective, theta)
    monkeypatch.setattr(objective_module, "CHUNK_ENTRIES", 1)
    monkeypatch.setattr(objective_module, "CHUNK_JET_BYTES", 1)
    parts, rows = objective.jacobian(theta)
    for found in (parts, objective.residual(theta)):
        assert_same(found, residual, 1e-14, 0)
    assert_same(rows, jacobian, 1e-12)
    chunks = list(objective.row_chunks(theta))
    assert len(chunks) > len(objective.blocks)
    assert_same(sum(own.T @ own for _, own in chunks), jacobian.T @ jacobian, 1e-13)
    assert_same(sum(own.T @ r for r, own in chunks), jacobian.T @ residual, 1e-13, 0)
    for one, other in zip(balanced_weights(objective, theta), weights):
        assert_same(one, other, 1e-13, 0)


def test_an_unknown_that_a_region_does_not_mention_has_zero_columns_there() -> None:
    problem = everything()
    objective, theta = objective_of(problem)
    sizes = [group.size for group in objective.ansatz.groups]
    silent = {name: block for block in objective.blocks for name in block.names if name in ("wall", "seen", "start[0]")}
    for block in silent.values():
        assert block.axes[1] is None
        _, rows = block.linearise(objective.ansatz, theta)
        assert (rows[:, :, sizes[0]:sizes[0] + sizes[1]] == 0).all()
        assert (rows[:, :, :sizes[0]] != 0).any()
    _, rows = silent["start[0]"].linearise(objective.ansatz, theta)
    assert (rows[:, :, -1] == 0).all()


def test_the_points_of_a_block_do_not_mix() -> None:
    objective, theta = objective_of(everything())
    for block in objective.blocks:
        count = block.surroundings.count
        some = torch.arange(count - 1, -1, -2)
        part = Block(block.names, block.surroundings.take(some), block.specs, block.axes, block.program)
        for all_points, chosen in zip(block.linearise(objective.ansatz, theta), part.linearise(objective.ansatz, theta)):
            assert_same(chosen, all_points[:, some], 1e-13, 2 if chosen.dim() == 3 else 1)


def test_weights_are_the_inverse_root_mean_square_of_the_gradients() -> None:
    objective, theta = objective_of(everything())
    found = balanced_weights(objective, theta)
    for block, weights in zip(objective.blocks, found):
        for number, weight in enumerate(weights):
            rows = torch.autograd.functional.jacobian(lambda own, n=number, b=block: b.residuals(objective.ansatz, own)[n], theta)
            assert weight.item() == pytest.approx(rows.square().sum(dim=1).mean().item() ** -0.5, rel=1e-11)


def test_with_balanced_weights_every_condition_has_a_jacobian_of_the_same_size() -> None:
    objective, theta = objective_of(everything())
    balanced = Objective(objective.ansatz, objective.blocks, balanced_weights(objective, theta))
    _, jacobian = balanced.jacobian(theta)
    start = 0
    for block in balanced.blocks:
        for _ in block.names:
            assert jacobian[start:start + block.surroundings.count].square().sum().item() == pytest.approx(1.0, rel=1e-12)
            start += block.surroundings.count


def test_a_condition_that_nothing_moves_keeps_its_weight_finite() -> None:
    objective, theta = objective_of(decay())
    block = objective.blocks[0]
    still = Block(block.names, block.surroundings, block.specs, block.axes, lambda jets, numbers, around: torch.ones_like(jets[0][:1, :, 0]))
    objective = Objective(objective.ansatz, (still,), (torch.ones(1, dtype=torch.float64),))
    assert balanced_weights(objective, theta)[0].tolist() == [1.0]
    residual, jacobian = objective.jacobian(theta)
    assert (jacobian == 0).all() and residual.square().sum().item() == pytest.approx(1.0)
