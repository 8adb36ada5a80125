"""Linear least squares: by QR with a little regularisation, and the damped normal equations, primal or dual."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


def least_squares(matrix: Tensor, right: Tensor, regularisation: float) -> Tensor:
    """argmin |A x − b|² + ε² σ² |S x|², A (N, P), b (N,): S the columns' lengths, σ² = P the largest possible |A S⁻¹|².

    Never the normal equations, which would square the condition number: one QR factorisation of the scaled columns with
    ε·I below them. For ε near the rounding error this agrees with cutting singular values off, at a third of the cost.
    """
    columns = matrix.shape[1]
    scale = matrix.norm(dim=0)
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    stacked = matrix.new_zeros(matrix.shape[0] + columns, columns + 1)
    torch.div(matrix, scale, out=stacked[: matrix.shape[0], :columns])
    stacked[: matrix.shape[0], columns] = right
    stacked[matrix.shape[0]:, :columns].fill_diagonal_(regularisation * columns**0.5)
    triangle = torch.linalg.qr(stacked, mode="r")[1]
    return torch.linalg.solve_triangular(triangle[:columns, :columns], triangle[:columns, columns:], upper=True)[:, 0] / scale


@dataclass(frozen=True)
class DampedSystem:
    """(JᵀJ + μ D) δ = −Jᵀ r for many μ and r: primal (P ≤ N) or dual (N < P), whichever matrix is smaller.

    D is diagonal (P,). The dual form is δ = −D⁻¹Jᵀ (J D⁻¹ Jᵀ + μ)⁻¹ r.
    """

    jacobian: Tensor
    diagonal: Tensor
    gram: Tensor

    @staticmethod
    def build(jacobian: Tensor, diagonal: Tensor) -> DampedSystem:
        if jacobian.shape[0] < jacobian.shape[1]:
            return DampedSystem(jacobian, diagonal, (jacobian / diagonal) @ jacobian.T)
        return DampedSystem(jacobian, diagonal, jacobian.T @ jacobian)

    @property
    def dual(self) -> bool:
        return self.jacobian.shape[0] < self.jacobian.shape[1]

    def factor(self, damping: float) -> Tensor | None:
        """Cholesky factor of the damped matrix, or None where it is not positive definite in this precision."""
        matrix = self.gram.clone()
        matrix.diagonal().add_(damping if self.dual else damping * self.diagonal)
        factor, info = torch.linalg.cholesky_ex(matrix)
        return None if info.item() else factor

    def solve(self, factor: Tensor, residual: Tensor) -> Tensor:
        """δ (P,) for a residual (N,)."""
        right = residual if self.dual else self.jacobian.T @ residual
        solution = torch.cholesky_solve(right[:, None], factor)[:, 0]
        return -(self.jacobian.T @ solution) / self.diagonal if self.dual else -solution
