"""Eigenvalues of a rectangular pencil: A c ≈ λ B c in the sense of least squares, the nearest to a number σ first.

K = (A − σB)⁺ B solves the equations with B u on their right side, as any other problem is solved here; its eigenvalues are 1/(λ − σ).
It approximates a compact operator, so that those far from zero are no artefacts. A function is measured by |(A − σB) u|: its coordinates
are y = R c for (A − σB) = Q R, in which K = Qᵀ B R⁻¹, and features that nearly depend on one another do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.linalg import LeastSquares

SMOOTHINGS, MOST_ITERATIONS = 3, 60
"""Applications of K before the first look: it smooths what is random; and how many at most."""
SETTLED, STALLED = 1e-12, 6
"""The relative change of eigenvalues below which they are found, and after how many looks without a smaller one they will not settle."""
ALIKE = 1e-9
"""Eigenvalues of K this close to each other, relative to their size, share their functions."""


@dataclass(frozen=True, eq=False)
class Eigenpairs:
    """Eigenvalues λ (m,), the nearest to σ first, with the eigenvectors' coordinates: complex, as those of a real matrix may be."""

    values: Tensor
    vectors: Tensor


@dataclass(frozen=True, eq=False)
class Inverse:
    """K for one shift σ."""

    system: LeastSquares
    right: Tensor
    shift: float

    @staticmethod
    def build(left: Tensor, right: Tensor, shift: float, regularisation: float) -> Inverse:
        """For A and B (N, P)."""
        return Inverse(LeastSquares.build(left - shift * right, regularisation), right, shift)

    def __call__(self, y: Tensor) -> Tensor:
        """K y (P, m) for coordinates y (P, m)."""
        return self.system.turned(self.right @ self.system.back(y))

    def nearest(self, count: int, width: int, generator: torch.Generator) -> Eigenpairs:
        """`width` eigenpairs by iteration of a subspace, until the first `count` settle or rounding keeps them from it."""
        columns = self.right.shape[1]
        width = min(width, columns)
        y = orthonormal(torch.randn(columns, width, generator=generator, dtype=torch.float64).to(self.right))
        for _ in range(SMOOTHINGS):
            y = orthonormal(self(y))
        before, least, stale = None, float("inf"), 0
        for _ in range(MOST_ITERATIONS):
            image = self(y)
            projected = y.T @ image
            found = _largest(torch.linalg.eigvals(projected), count)
            change = float("inf") if before is None else ((found - before).abs() / found.abs()).max().item()
            stale = 0 if change < least else stale + 1
            if change < SETTLED or stale == STALLED:
                break
            before, least = found, min(least, change)
            y = orthonormal(image)
        return self._pairs(projected, y)

    def _pairs(self, projected: Tensor, y: Tensor) -> Eigenpairs:
        inverses, vectors = torch.linalg.eig(projected)
        order = inverses.abs().argsort(descending=True)
        inverses, vectors = inverses[order], vectors[:, order]
        for number, inverse in enumerate(inverses):
            cluster = ((inverses - inverse).abs() <= ALIKE * inverse.abs()).nonzero()[:, 0].tolist()
            if len(cluster) > 1 and cluster[0] == number:
                inverses[cluster] = inverses[cluster].real.to(inverses)
                vectors[:, cluster] = invariant(projected, inverse.real.item(), len(cluster)).to(vectors)
        whole = y.to(vectors) @ vectors
        coefficients = torch.complex(self.system.back(whole.real.contiguous()), self.system.back(whole.imag.contiguous()))
        return Eigenpairs(self.shift + 1 / inverses, coefficients)


def invariant(matrix: Tensor, value: float, count: int) -> Tensor:
    """Orthonormal columns (n, count) that the matrix nearly multiplies by the value: computed eigenvectors may be nearly parallel."""
    shifted = matrix - value * torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    return torch.linalg.svd(shifted)[2][-count:].T


def orthonormal(columns: Tensor) -> Tensor:
    """An orthonormal basis of the columns' span."""
    return torch.linalg.qr(columns)[0]


def _largest(values: Tensor, count: int) -> Tensor:
    """The absolute values of the largest, in order."""
    return values.abs().sort(descending=True)[0][:count]
