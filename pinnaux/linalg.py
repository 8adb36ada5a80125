"""Linear least squares: by QR with a little regularisation, at once or some rows at a time, and the damped normal equations, primal or dual."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor


def positive(values: Tensor) -> Tensor:
    """Values ≥ 0 to divide by: the least positive number of their precision in place of 0."""
    return values.clamp_min(torch.finfo(values.dtype).tiny)


@dataclass(frozen=True)
class LeastSquares:
    """argmin |A x − b|² + ε² P |S x|² for one A (N, P) and many b (N,); S holds the columns' lengths.

    Never the normal equations, which would square the condition number: one QR factorisation of the scaled columns with
    ε√P·I below them, kept as Householder vectors. For ε near the rounding error this agrees with cutting singular values off,
    at a third of the cost.
    """

    factor: Tensor
    reflections: Tensor
    scale: Tensor
    slight: float = 0.0

    @staticmethod
    def build(matrix: Tensor, regularisation: float) -> LeastSquares:
        rows, columns = matrix.shape
        scale = matrix.norm(dim=0)
        scale = torch.where(scale > 0, scale, torch.inf)  # what no row sees is not moved
        # Column by column, as LAPACK wants it, the factorisation takes the place of the matrix: one copy less of the largest there is.
        stacked = matrix.new_zeros(columns, rows + columns).T
        torch.div(matrix, scale, out=stacked[:rows])
        slight = regularisation * columns**0.5
        stacked[rows:].fill_diagonal_(slight)
        factor, reflections = torch.geqrf(stacked, out=(stacked, matrix.new_empty(columns)))
        return LeastSquares(factor, reflections, scale, slight)

    def solve(self, right: Tensor) -> Tensor:
        """x (P,) for b (N,)."""
        return self.back(self.turned(right[:, None]))[:, 0]

    def turned(self, right: Tensor) -> Tensor:
        """Qᵀ b (P, m) for m columns b (N, m), A S⁻¹ = Q R."""
        columns = len(self.scale)
        padded = torch.cat([right, right.new_zeros(columns, right.shape[1])])
        return torch.ormqr(self.factor, self.reflections, padded, left=True, transpose=True)[:columns]

    def back(self, turned: Tensor) -> Tensor:
        """x (P, m) with R S x = y, for m columns y (P, m)."""
        return torch.linalg.solve_triangular(self.factor[: len(self.scale)], turned, upper=True) / self.scale[:, None]

    @property
    def form(self) -> QuadraticForm:
        """|A x|² + ε² P |S x|² of x."""
        return QuadraticForm(self.factor[: len(self.scale)].triu(), self.scale, self.slight)


@dataclass(frozen=True)
class ReducedLeastSquares:
    """The same problem for one b whose A comes some rows at a time: of A = QR only R and Qᵀb are kept.

    Every block of rows is put below the R found so far and reduced with it (the sequential form of the tall-skinny QR of
    arXiv:0808.2664): as backward stable as one factorisation, in P × P memory. `left` is |A x − b| at the solution x.
    """

    solution: Tensor
    left: Tensor
    triangle: Tensor
    scale: Tensor
    slight: float = 0.0

    @staticmethod
    def build(chunks: Iterable[tuple[Tensor, Tensor]], columns: int, regularisation: float) -> ReducedLeastSquares:
        """From chunks of b (n,) and rows (n, P); A x ≈ b."""
        triangle, turned, outside = None, None, 0.0
        for right, rows in _gathered(chunks, columns):
            triangle, turned, beyond = _reduced(triangle, turned, rows, right)
            outside = outside + beyond
        scale = triangle.norm(dim=0)
        scale = torch.where(scale > 0, scale, torch.inf)  # what no row sees is not moved
        slight = regularisation * columns**0.5
        below = slight * torch.eye(columns, dtype=scale.dtype, device=scale.device)
        final, last, _ = _reduced(triangle / scale, turned, below, turned.new_zeros(columns))
        solution = torch.linalg.solve_triangular(final, last[:, None], upper=True)[:, 0] / scale
        left = (outside + (triangle @ solution - turned).square().sum()).sqrt()
        return ReducedLeastSquares(solution, left, final, scale, slight)

    @property
    def form(self) -> QuadraticForm:
        """|A x|² + ε² P |S x|² of x."""
        return QuadraticForm(self.triangle, self.scale, self.slight)


def _gathered(chunks: Iterable[tuple[Tensor, Tensor]], least: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Chunks joined until they have `least` rows and more: a factorisation of few rows below a large R would do it all again for little."""
    waiting: list[tuple[Tensor, Tensor]] = []
    count = 0
    for chunk in chunks:
        waiting.append(chunk)
        count += len(chunk[0])
        if count >= least:
            yield torch.cat([one for one, _ in waiting]), torch.cat([one for _, one in waiting])
            waiting, count = [], 0
    if waiting:
        yield torch.cat([one for one, _ in waiting]), torch.cat([one for _, one in waiting])


def _reduced(triangle: Tensor | None, turned: Tensor | None, rows: Tensor, right: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """R (P, P) of the triangle with rows below it, Qᵀb (P,) likewise, and the squared length of what of b no column reaches."""
    columns = rows.shape[1]
    if triangle is None:
        triangle, turned = rows.new_zeros(columns, columns), right.new_zeros(columns)
    factor, reflections = torch.geqrf(torch.cat([triangle, rows]))
    moved = torch.ormqr(factor, reflections, torch.cat([turned, right])[:, None], left=True, transpose=True)[:, 0]
    return factor[:columns].triu(), moved[:columns], moved[columns:].square().sum()


@dataclass(frozen=True)
class QuadraticForm:
    """|R S x|² of x (P,): R an upper triangle (P, P), S the columns' lengths, infinite for those that nothing sees.

    Of it `slight`² |S x|² is regularisation.
    """

    triangle: Tensor
    scale: Tensor
    slight: float = 0.0

    def amplification(self, rows: Tensor, iterations: int = 12) -> float:
        """The largest |B x| of all x for which the form is 1, for rows B (M, P): σ_max(B S⁻¹ R⁻¹)."""
        return self.most_amplified(rows, iterations)[0].norm().item()

    def most_amplified(self, rows: Tensor, iterations: int = 12) -> tuple[Tensor, float]:
        """The largest B x (M,) of all x for which the form is 1, for rows B (M, P), by power iteration.

        And x itself, in units of the columns' lengths (P,), of which `regularised` tells how little but regularisation sees it.
        """
        scaled, image = rows / self.scale, rows.new_zeros(len(rows), 1)
        vector = found = torch.ones_like(self.scale[:, None])
        for _ in range(iterations):
            found = torch.linalg.solve_triangular(self.triangle, vector / vector.norm(), upper=True)
            image = scaled @ found
            vector = torch.linalg.solve_triangular(self.triangle.T, scaled.T @ image, upper=False)
            if not vector.norm() > 0:
                break
        return image[:, 0], found[:, 0]

    def regularised(self, scaled: Tensor) -> float:
        """The share of regularisation, or of rounding, in the form of an x for which it is 1, given S x (P,): near 1 nothing else sees x."""
        least = torch.finfo(scaled.dtype).eps * len(scaled) ** 0.5
        return (max(self.slight, least) * scaled.norm().item()) ** 2

    def whitened(self, rows: Tensor) -> Tensor:
        """C (P, M) with CᵀC = B H⁻¹ Bᵀ for rows B (M, P) and the form xᵀ H x: the covariance of B x where x has that of H⁻¹."""
        return torch.linalg.solve_triangular(self.triangle.T, (rows / self.scale).T, upper=False)

    def plus(self, rows: Tensor) -> QuadraticForm:
        """The form with |B x|² added, for rows B (M, P)."""
        stacked = torch.cat([self.triangle, rows / self.scale])
        return replace(self, triangle=torch.geqrf(stacked)[0][: len(self.scale)].triu())


def gram(matrix: Tensor, into: Tensor | None = None, panel: int = 256) -> Tensor:
    """The lower triangle of AᵀA (P, P) for A (N, P), added to `into`: panel by panel, at half the cost of the whole.

    Above the diagonal panels the entries are not to be used (a Cholesky factorisation reads the lower triangle only).
    """
    columns = matrix.shape[1]
    total = matrix.new_zeros(columns, columns) if into is None else into
    for start in range(0, columns, panel):
        end = min(start + panel, columns)
        total[start:end, :end].addmm_(matrix[:, start:end].T, matrix[:, :end])
    return total


def damped_factor(lower: Tensor, addition: float | Tensor) -> Tensor | None:
    """Cholesky factor of a matrix, given by its lower triangle, with `addition` on the diagonal; None where it is not positive definite."""
    matrix = lower.clone()
    matrix.diagonal().add_(addition)
    factor, info = torch.linalg.cholesky_ex(matrix)
    return None if info.item() else factor


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
            return DampedSystem(jacobian, diagonal, gram((jacobian / diagonal.sqrt()).T))
        return DampedSystem(jacobian, diagonal, gram(jacobian))

    @property
    def dual(self) -> bool:
        return self.jacobian.shape[0] < self.jacobian.shape[1]

    def factor(self, damping: float) -> Tensor | None:
        """Cholesky factor of the damped matrix, or None where it is not positive definite in this precision."""
        return damped_factor(self.gram, damping if self.dual else damping * self.diagonal)

    def solve(self, factor: Tensor, residual: Tensor) -> Tensor:
        """δ (P,) for a residual (N,)."""
        right = residual if self.dual else self.jacobian.T @ residual
        solution = torch.cholesky_solve(right[:, None], factor)[:, 0]
        return -(self.jacobian.T @ solution) / self.diagonal if self.dual else -solution

    def tangent(self, direction: Tensor) -> Tensor:
        """J v (N,) for v (P,)."""
        return self.jacobian @ direction
