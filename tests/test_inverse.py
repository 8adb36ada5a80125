"""Eigenvalues of rectangular pencils against SciPy's for the square ones that they are made of."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases import generator, normal
from scipy.linalg import eig

from pinnaux.trainers.inverse import Inverse, invariant

SIZE, COUNT = 40, 6


def pencil(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Square A and B with eigenvalues (k/2)² of some kinds, in coordinates that are no good ones."""
    values = (torch.arange(1, SIZE + 1, dtype=torch.float64) / 2) ** 2
    matrix = torch.diag(values)
    if kind == "double":
        matrix[1, 1] = matrix[2, 2]
    if kind == "triangular":
        matrix += 0.5 * normal(SIZE, SIZE, seed=2).triu(1)
    if kind == "complex":
        matrix[:2, :2] = torch.tensor([[0.5, 2.0], [-2.0, 0.5]])
    if kind == "constraint":
        right = torch.eye(SIZE, dtype=torch.float64)
        right[-1, -1] = 0
        return matrix, right
    mixing = normal(SIZE, SIZE, seed=1) + 5 * torch.eye(SIZE)
    weight = torch.diag(1 + torch.rand(SIZE, generator=generator(4), dtype=torch.float64)) if kind == "weight" else torch.eye(SIZE, dtype=torch.float64)
    return matrix @ mixing, weight @ mixing


def overdetermined(left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """More equations than unknowns, which all hold for the same functions: rows mixed by a matrix with orthonormal columns."""
    rotation = torch.linalg.qr(normal(3 * SIZE, SIZE, seed=3))[0]
    return rotation @ left, rotation @ right


@pytest.mark.parametrize("kind", ["simple", "double", "triangular", "complex", "weight", "constraint"])
@pytest.mark.parametrize("shift", [-0.3, 5.1])
def test_the_eigenpairs_nearest_to_the_shift_are_those_of_the_square_pencil(kind: str, shift: float) -> None:
    left, right = pencil(kind)
    pairs = Inverse.build(*overdetermined(left, right), shift, 1e-12).nearest(COUNT, 2 * COUNT, generator())
    expected = eig(left.numpy(), right.numpy())[0]
    expected = expected[np.isfinite(expected)]
    expected = expected[np.argsort(np.abs(expected - shift))][:COUNT]
    found = pairs.values[:COUNT].numpy()
    assert np.sort_complex(np.round(found, 8)) == pytest.approx(np.sort_complex(np.round(expected, 8)), abs=1e-7)
    residual = (left.to(pairs.vectors) - 0) @ pairs.vectors - (right.to(pairs.vectors) @ pairs.vectors) * pairs.values
    scale = (right.to(pairs.vectors) @ pairs.vectors).norm(dim=0) * (1 + pairs.values.abs())
    assert (residual.norm(dim=0) / scale)[:COUNT].max() < 1e-6


def test_features_that_nearly_depend_on_one_another_do_no_harm() -> None:
    left, right = overdetermined(*pencil("simple"))
    doubled = [torch.cat([matrix, matrix + 1e-13 * matrix.roll(1, 1)], dim=1) for matrix in (left, right)]
    pairs = Inverse.build(*doubled, -0.3, 1e-12).nearest(COUNT, 2 * COUNT, generator())
    assert pairs.values.real[:COUNT] == pytest.approx([(k / 2) ** 2 for k in range(1, COUNT + 1)], rel=1e-7)


def test_functions_of_a_double_eigenvalue_are_two() -> None:
    pairs = Inverse.build(*overdetermined(*pencil("double")), -0.3, 1e-12).nearest(COUNT, 2 * COUNT, generator())
    both = pairs.vectors[:, 1:3].real
    assert pairs.values[1:3].real == pytest.approx([2.25, 2.25], rel=1e-9)
    assert torch.linalg.svdvals(both / both.norm(dim=0))[1] > 0.1


def test_an_invariant_space_is_found_where_eigenvectors_are_parallel() -> None:
    matrix = torch.tensor([[1.0, 1e-9, 0.0], [0.0, 1.0 + 1e-15, 0.0], [0.3, 0.2, 5.0]], dtype=torch.float64)
    basis = invariant(matrix, 1.0, 2)
    assert basis.T @ basis == pytest.approx(np.eye(2), abs=1e-12)
    assert (matrix @ basis - basis).norm() < 1e-8
