"""Least squares, damped or not, against dense solvers."""

from __future__ import annotations

import cases
import numpy as np
import pytest
import torch
from cases import normal
from torch import Tensor

from pinnaux.linalg import DampedSystem, LeastSquares, ReducedLeastSquares, gram, positive

ROUNDING = 1e-14


def lstsq(matrix: Tensor, right: Tensor) -> Tensor:
    """NumPy's solution of smallest length, the columns scaled to length one before."""
    scale = np.linalg.norm(matrix.numpy(), axis=0)
    scale[scale == 0] = 1
    return torch.tensor(np.linalg.lstsq(matrix.numpy() / scale, right.numpy(), rcond=1e-13)[0] / scale)


def left(matrix: Tensor, right: Tensor, x: Tensor) -> float:
    return (matrix @ x - right).norm().item()


@pytest.mark.parametrize("rows, columns", [(40, 12), (12, 12), (200, 3), (5, 1)])
def test_least_squares_agrees_with_numpy(rows: int, columns: int) -> None:
    matrix, right = normal(rows, columns), normal(rows, seed=1)
    assert torch.allclose(LeastSquares.build(matrix, ROUNDING).solve(right), lstsq(matrix, right), rtol=1e-10, atol=1e-12)


def test_columns_of_very_different_sizes_are_solved_alike() -> None:
    matrix, right = normal(40, 9), normal(40, seed=1)
    sizes = torch.logspace(-12, 12, 9, dtype=torch.float64)
    assert torch.allclose(LeastSquares.build(matrix * sizes, ROUNDING).solve(right) * sizes, LeastSquares.build(matrix, ROUNDING).solve(right), rtol=1e-10, atol=1e-12)


def test_columns_that_depend_on_each_other_are_survived() -> None:
    matrix, right = normal(40, 6), normal(40, seed=1)
    dependent = torch.cat([matrix, matrix[:, :3], matrix @ normal(6, 2, seed=2)], dim=1)
    x = LeastSquares.build(dependent, 1e-8).solve(right)
    assert left(dependent, right, x) == pytest.approx(left(dependent, right, lstsq(dependent, right)), rel=1e-10)
    assert x.norm() < 2 * lstsq(dependent, right).norm()


def test_a_column_of_zeros_gets_nothing() -> None:
    matrix, right = normal(40, 6), normal(40, seed=1)
    matrix[:, 2] = 0
    x = LeastSquares.build(matrix, ROUNDING).solve(right)
    assert x[2] == 0 and torch.allclose(x, lstsq(matrix, right), rtol=1e-10, atol=1e-12)


def test_more_columns_than_rows_are_solved_exactly_and_moderately() -> None:
    matrix, right = normal(10, 25), normal(10, seed=1)
    x = LeastSquares.build(matrix, 1e-10).solve(right)
    assert left(matrix, right, x) < 1e-8 and x.norm() < 2 * lstsq(matrix, right).norm()


@pytest.mark.parametrize("rows, columns", [(40, 12), (12, 12)])
def test_the_amplification_is_the_largest_singular_value_of_what_is_seen_through_what_is_asked(rows: int, columns: int) -> None:
    matrix, seen = normal(rows, columns) * torch.logspace(-3, 3, columns, dtype=torch.float64), normal(7, columns)
    expected = torch.linalg.matrix_norm(seen @ torch.linalg.pinv(matrix, rtol=1e-15), 2).item()
    assert LeastSquares.build(matrix, 1e-15).form.amplification(seen, 100) == pytest.approx(expected, rel=1e-6)


def test_a_direction_that_no_row_asks_about_is_amplified_beyond_measure() -> None:
    matrix = normal(40, 12)
    matrix[:, 3] = matrix[:, 5]
    assert LeastSquares.build(matrix, 1e-11).form.amplification(normal(7, 12)) > 1e9


@pytest.mark.parametrize(("alike", "least", "most"), [(0.0, 0.9, 1.0), (1e-12, 0.9, 1.0), (1e-3, 0.0, 1e-6)])
def test_what_only_regularisation_sees_is_told(alike: float, least: float, most: float) -> None:
    """Of two columns that are nearly the same, the difference is seen by the equations or by nothing else."""
    matrix = normal(40, 12)
    matrix[:, 3] = matrix[:, 5] + alike * matrix[:, 3]
    reduced = ReducedLeastSquares.build(((normal(20), rows) for rows in matrix.split(20)), 12, 1e-11)
    for form in (LeastSquares.build(matrix, 1e-11).form, reduced.form, reduced.form.plus(normal(0, 12))):
        assert least <= form.regularised(form.most_amplified(normal(7, 12))[1]) <= most


def test_a_column_of_zeros_does_not_count_as_amplified() -> None:
    matrix = normal(40, 12)
    matrix[:, 3] = 0
    assert 0 < LeastSquares.build(matrix, 1e-11).form.amplification(normal(7, 12)) < 100


def test_regularisation_is_what_it_says() -> None:
    """|A x − b|² + ε² P |S x|² by its normal equations, for an ε large enough for these."""
    matrix, right, regularisation = normal(30, 5) * torch.tensor([1.0, 10, 0.1, 3, 1]), normal(30, seed=1), 0.3
    square = torch.diag(regularisation**2 * 5 * matrix.square().sum(dim=0))
    expected = torch.linalg.solve(matrix.T @ matrix + square, matrix.T @ right)
    assert torch.allclose(LeastSquares.build(matrix, regularisation).solve(right), expected, rtol=1e-11)


def test_ill_conditioned_columns_lose_no_accuracy_to_squaring() -> None:
    """Monomials up to x¹² fit a function to 1e-9, which the normal equations (condition 1e18) would not."""
    x = torch.linspace(0, 1, 200, dtype=torch.float64)
    matrix = torch.stack([x**k for k in range(13)], dim=1)
    right = torch.exp(x) * torch.sin(3 * x)
    found = left(matrix, right, LeastSquares.build(matrix, 1e-15).solve(right))
    assert found < 1e-9 and found < 3 * left(matrix, right, lstsq(matrix, right)) + 1e-12


def damped(jacobian: Tensor, diagonal: Tensor, damping: float, residual: Tensor) -> Tensor:
    """(JᵀJ + μ D) δ = −Jᵀ r, densely."""
    return -torch.linalg.solve(jacobian.T @ jacobian + damping * torch.diag(diagonal), jacobian.T @ residual)


@pytest.mark.parametrize("damping", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("rows, columns", [(30, 8), (8, 30), (10, 10)])
def test_primal_and_dual_give_the_damped_step(rows: int, columns: int, damping: float) -> None:
    jacobian, residual = normal(rows, columns), normal(rows, seed=1)
    diagonal = 0.5 + torch.rand(columns, generator=cases.generator(2), dtype=torch.float64)
    system = DampedSystem.build(jacobian, diagonal)
    assert system.dual == (rows < columns) and len(system.gram) == min(rows, columns)
    step = system.solve(system.factor(damping), residual)
    assert torch.allclose(step, damped(jacobian, diagonal, damping, residual), rtol=1e-9, atol=1e-12)


def test_one_system_serves_many_dampings_and_residuals() -> None:
    jacobian, diagonal = normal(20, 6), torch.ones(6, dtype=torch.float64)
    system = DampedSystem.build(jacobian, diagonal)
    for damping in (1.0, 1e-2, 1.0):
        factor = system.factor(damping)
        for seed in (1, 2):
            residual = normal(20, seed=seed)
            assert torch.allclose(system.solve(factor, residual), damped(jacobian, diagonal, damping, residual), rtol=1e-9)


@pytest.mark.parametrize("rows, columns", [(30, 8), (8, 30)])
def test_a_singular_system_has_no_factor_until_it_is_damped(rows: int, columns: int) -> None:
    jacobian = normal(rows, columns)
    jacobian[-1 if rows < columns else slice(None), slice(None) if rows < columns else -1] = 0
    system = DampedSystem.build(jacobian, torch.ones(columns, dtype=torch.float64))
    assert system.factor(0.0) is None
    assert torch.isfinite(system.solve(system.factor(1e-6), normal(rows, seed=3))).all()


@pytest.mark.parametrize("rows, columns, chunk", [(200, 12, 7), (200, 12, 64), (15, 12, 4), (10, 25, 3)])
def test_rows_some_at_a_time_give_the_same_as_all_at_once(rows: int, columns: int, chunk: int) -> None:
    matrix, right, seen = normal(rows, columns) * torch.logspace(-8, 8, columns, dtype=torch.float64), normal(rows, seed=1), normal(5, columns, seed=2)
    if rows > columns:
        matrix[:, 3] = 0
    whole = LeastSquares.build(matrix, 1e-10)
    found = ReducedLeastSquares.build(zip(right.split(chunk), matrix.split(chunk)), columns, 1e-10)
    expected = whole.solve(right)
    assert torch.allclose(found.solution, expected, rtol=1e-8, atol=0)
    assert found.left.item() == pytest.approx(left(matrix, right, expected), rel=1e-9, abs=1e-8)
    assert found.form.amplification(seen) == pytest.approx(whole.form.amplification(seen), rel=1e-8)


def test_columns_that_are_nearly_dependent_are_reduced_as_well_as_at_once() -> None:
    x = torch.linspace(0, 1, 200, dtype=torch.float64)
    matrix = torch.stack([x**k for k in range(13)], dim=1)
    right = torch.exp(x) * torch.sin(3 * x)
    found = ReducedLeastSquares.build(zip(right.split(30), matrix.split(30)), 13, 1e-15)
    assert left(matrix, right, found.solution) < 1e-9 and found.left < 1e-9


@pytest.mark.parametrize("rows, columns, panel", [(30, 8, 3), (8, 30, 7), (20, 20, 256)])
def test_the_lower_triangle_of_a_gram_matrix_is_summed_panel_by_panel(rows: int, columns: int, panel: int) -> None:
    first, second = normal(rows, columns), normal(rows, columns, seed=1)
    found = gram(second, gram(first, panel=panel), panel=panel)
    assert torch.allclose(found.tril(), (first.T @ first + second.T @ second).tril(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_zero_may_be_divided_by_in_every_precision(dtype: torch.dtype) -> None:
    values = torch.tensor([0.0, 1e-30, 2.0], dtype=dtype)
    assert torch.equal(0 / positive(values), torch.zeros(3, dtype=dtype)) and torch.equal(positive(values)[1:], values[1:])
    assert torch.isfinite(1 / positive(values)).all()
