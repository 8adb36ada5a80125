"""Damped steps where the Jacobian does not fit: the same as with it, whatever is done without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from cases import normal
from compute_problems import collocation, decay, everything, plate, small_ansatz
from reference import assert_same
from torch import Tensor

from pinnaux.collocation import Collocation, Purpose
from pinnaux.damped import MatrixFree, NormalEquations, conjugate_gradients, linearised
from pinnaux.linalg import DampedSystem
from pinnaux.objective import Objective, balanced_weights
from pinnaux.plan import Plan
from pinnaux.settings import Settings
from pinnaux.trainers.levenberg_marquardt import Descent, LevenbergMarquardt, economy

KINDS = (DampedSystem, NormalEquations, MatrixFree)


def objective_of(problem: Callable, interior: int = 60) -> tuple[Objective, Tensor]:
    declared = problem()
    ansatz, theta = small_ansatz(declared, (5, 4))
    blocks = collocation(declared, fewest_points=10).blocks(interior, Purpose(0, 1))
    return Objective(ansatz, blocks, balanced_weights(Objective.unweighted(ansatz, blocks), theta)), theta


def budget(kind: type, theta: Tensor) -> float:
    """As many bytes as leave this kind of system only."""
    return {DampedSystem: 1e9, NormalEquations: 2.0 * theta.element_size() * theta.numel() ** 2, MatrixFree: 0.0}[kind]


def uneven(lengths: Tensor) -> Tensor:
    """A diagonal that is none of the trainer's, (P,)."""
    return lengths.mean() * torch.linspace(0.5, 2, len(lengths), dtype=lengths.dtype)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("problem, interior", [(decay, 200), (plate, 200), (everything, 60), (decay, 12)], ids=["decay", "plate", "everything", "fewer rows"])
@pytest.mark.parametrize("damping", [1e-6, pytest.param(1e-2, marks=pytest.mark.slow), 1e2])
def test_every_kind_of_system_gives_the_dense_step(kind: type, problem: Callable, interior: int, damping: float) -> None:
    objective, theta = objective_of(problem, interior)
    residual, jacobian = objective.jacobian(theta)
    diagonal = uneven(jacobian.square().sum(dim=0))
    dense = jacobian.T @ jacobian + damping * torch.diag(diagonal)
    system = {DampedSystem: lambda: DampedSystem.build(jacobian, diagonal), NormalEquations: lambda: NormalEquations.build(objective, theta, uneven),
              MatrixFree: lambda: MatrixFree.build(objective, theta, uneven, rank=15, tolerance=1e-13)}[kind]()
    factor = system.factor(damping)
    for right in (residual, normal(len(residual), seed=4)):
        assert_same(system.solve(factor, right), -torch.linalg.solve(dense, jacobian.T @ right), 1e-8, 0)
    direction = normal(len(theta), seed=5)
    assert_same(system.tangent(direction), jacobian @ direction, 1e-11, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_system_is_chosen_by_the_memory_there_is(kind: type) -> None:
    objective, theta = objective_of(decay, 200)
    found = linearised(objective, theta, uneven, budget(kind, theta))
    assert type(found.system) is kind and bool(found.economy) == (kind is not DampedSystem)
    assert_same(found.residual, objective.residual(theta), 1e-13, 0)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_training_takes_the_same_way_with_little_memory(kind: type) -> None:
    objective, theta = objective_of(plate, 200)
    plenty = little = Descent(objective, theta, 1e-2)
    for _ in range(5):
        plenty = LevenbergMarquardt().step(plenty)
        little = LevenbergMarquardt(memory=budget(kind, theta)).step(little)
        assert little.loss == pytest.approx(plenty.loss, rel=1e-3) and little.damping == plenty.damping


@pytest.mark.parametrize("kind", KINDS)
def test_single_precision_takes_nearly_the_same_step(kind: type) -> None:
    objective, theta = objective_of(plate, 200)
    expected = LevenbergMarquardt().step(Descent(objective, theta, 1e-1)).loss
    declared = plate()
    single = Collocation(Plan.of(declared, Settings(fewest_points=10)), torch.float32, torch.device("cpu"))
    small = Objective(objective.ansatz, single.blocks(200, Purpose(0, 1)), tuple(weight.float() for weight in objective.weights))
    found = LevenbergMarquardt(memory=budget(kind, theta.float())).step(Descent(small, theta.float(), 1e-1))
    assert found.theta.dtype == torch.float32
    assert found.loss == pytest.approx(expected, rel=1e-2)


def test_what_is_done_for_want_of_memory_is_said_once_and_in_words() -> None:
    objective, theta = objective_of(decay, 200)
    before = Descent(objective, theta, 1e-2)
    after = LevenbergMarquardt(memory=budget(NormalEquations, theta)).step(before)
    kibibytes = 8 * objective.rows * len(theta) / 2**10
    square = 16 * len(theta) ** 2 / 2**10
    assert economy(before, after) == f"; the Jacobian of {kibibytes:.3g} KiB does not fit into {square:.3g} KiB: normal equations by chunks"
    assert economy(after, LevenbergMarquardt(memory=budget(NormalEquations, theta)).step(after)) == ""
    none = LevenbergMarquardt(memory=0.0).step(after)
    assert economy(after, none) == (f"; neither the Jacobian of {kibibytes:.3g} KiB nor the normal equations of {square:.3g} KiB "
                                    "fit into 0 KiB: conjugate gradients")
    assert economy(None, LevenbergMarquardt().step(before)) == ""


def test_a_sketch_of_the_spectrum_spares_conjugate_gradients_their_steps() -> None:
    """A spectrum that falls from 1 to 1e-12: of 60 eigenvalues, the 20 largest are taken care of by the sketch."""
    objective, theta = objective_of(plate, 200)
    counts = {}
    for rank in (1, 30):
        system = MatrixFree.build(objective, theta, lambda lengths: lengths.mean().expand_as(lengths), rank=rank, tolerance=1e-8)
        right, asked = normal(len(theta), seed=6), []
        conjugate_gradients(lambda y: asked.append(y) or system._apply(y, 1e-6), right, lambda y: system._precondition(y, 1e-6), 1e-8, 300)
        counts[rank] = len(asked)
    assert counts[30] < 0.6 * counts[1]


def test_conjugate_gradients_solve_a_definite_system_in_as_many_steps_as_it_has_eigenvalues() -> None:
    basis, _ = torch.linalg.qr(normal(12, 12))
    matrix = basis @ torch.diag(torch.tensor([1.0, 7.0, 100.0] * 4, dtype=torch.float64)) @ basis.T
    right = normal(12, seed=1)
    found = conjugate_gradients(lambda y: matrix @ y, right, lambda y: y, 1e-14, 3)
    assert_same(found, torch.linalg.solve(matrix, right), 1e-10, 0)
