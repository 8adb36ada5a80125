"""The damped least-squares step, (JᵀJ + μ D) δ = −Jᵀ r, where the Jacobian does not fit into memory.

`linearised` chooses by N and P: the Jacobian itself where it fits; the normal equations summed by chunks of rows where only a
P × P matrix does; no matrix at all, but conjugate gradients, where not even that does. All three answer the same questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor

from pinnaux.linalg import DampedSystem, damped_factor, gram

SKETCH_SEED = 0
"""The random directions of a sketch need no other: they are compared with nothing."""
F = TypeVar("F")


class Rows(Protocol):
    """Residuals as a function of θ whose Jacobian is seen by its rows or its products: an Objective."""

    @property
    def rows(self) -> int: ...

    def residual(self, theta: Tensor) -> Tensor: ...

    def jacobian(self, theta: Tensor) -> tuple[Tensor, Tensor]: ...

    def row_chunks(self, theta: Tensor) -> Iterator[tuple[Tensor, Tensor]]: ...

    def adjoint(self, theta: Tensor, covector: Tensor) -> Tensor: ...

    def tangent(self, theta: Tensor, direction: Tensor) -> Tensor: ...


class System(Protocol[F]):
    """Steps for many dampings and residuals at one θ."""

    def factor(self, damping: float) -> F | None:
        """What `solve` needs for this damping, None where the damped matrix is not positive definite in this precision."""

    def solve(self, factor: F, residual: Tensor) -> Tensor:
        """δ (P,) for a residual (N,)."""

    def tangent(self, direction: Tensor) -> Tensor:
        """J v (N,) for v (P,)."""


@dataclass(frozen=True)
class Linearised(Generic[F]):
    """The residual (N,) at θ, the system there, and in words what was done for want of memory ("" where nothing was)."""

    residual: Tensor
    system: System[F]
    economy: str = ""


Metric = Callable[[Tensor], Tensor]
"""The diagonal D (P,) for the squared lengths (P,) of the Jacobian's columns."""


def linearised(objective: Rows, theta: Tensor, metric: Metric, memory: float) -> Linearised:
    """The system of the steps from θ within `memory` bytes (of matrices; the chunks they are summed from are small beside)."""
    size, entry = theta.numel(), theta.element_size()
    # A dual or primal matrix and its factor stand beside the Jacobian.
    dense, square = entry * objective.rows * size, entry * 2 * size**2
    if dense + entry * 2 * min(objective.rows, size) ** 2 <= memory:
        residual, jacobian = objective.jacobian(theta)
        return Linearised(residual, DampedSystem.build(jacobian, metric(jacobian.square().sum(dim=0))))
    residual = objective.residual(theta)
    if square <= memory:
        return Linearised(residual, NormalEquations.build(objective, theta, metric),
                          f"the Jacobian of {in_bytes(dense)} does not fit into {in_bytes(memory)}: normal equations by chunks")
    return Linearised(residual, MatrixFree.build(objective, theta, metric),
                      f"neither the Jacobian of {in_bytes(dense)} nor the normal equations of {in_bytes(square)} fit into "
                      f"{in_bytes(memory)}: conjugate gradients")


def in_bytes(count: float) -> str:
    """A number of bytes as people read it."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count / 2**10:.3g} KiB"


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """JᵀJ (P, P), its lower triangle, summed over chunks of rows; products with J and Jᵀ are formed anew."""

    objective: Rows
    theta: Tensor
    diagonal: Tensor
    gram: Tensor

    @staticmethod
    def build(objective: Rows, theta: Tensor, metric: Metric) -> NormalEquations:
        total = theta.new_zeros(theta.numel(), theta.numel())
        for _, rows in objective.row_chunks(theta):
            gram(rows, total)
        return NormalEquations(objective, theta, metric(total.diagonal()), total)

    def factor(self, damping: float) -> Tensor | None:
        return damped_factor(self.gram, damping * self.diagonal)

    def solve(self, factor: Tensor, residual: Tensor) -> Tensor:
        return -torch.cholesky_solve(self.objective.adjoint(self.theta, residual)[:, None], factor)[:, 0]

    def tangent(self, direction: Tensor) -> Tensor:
        return self.objective.tangent(self.theta, direction)


@dataclass(frozen=True, eq=False)
class MatrixFree:
    """A y = −D^(−½) Jᵀ r with A = D^(−½) JᵀJ D^(−½) + μ and δ = D^(−½) y, by conjugate gradients.

    They are preconditioned by a randomised Nyström approximation U Λ Uᵀ of A − μ (arXiv:2110.02820, algorithm 2.1 and eq. 1.3):
    the spectrum of a network's JᵀJ falls fast, so that few directions hold nearly all of it.
    """

    objective: Rows
    theta: Tensor
    root: Tensor
    directions: Tensor
    values: Tensor
    tolerance: float
    iterations: int

    @staticmethod
    def build(objective: Rows, theta: Tensor, metric: Metric, *, rank: int = 200, tolerance: float = 1e-6, iterations: int = 300) -> MatrixFree:
        lengths = torch.zeros_like(theta)
        for _, rows in objective.row_chunks(theta):
            lengths += rows.square().sum(dim=0)
        root = metric(lengths).sqrt()
        generator = torch.Generator().manual_seed(SKETCH_SEED)
        drawn = torch.randn(theta.numel(), min(rank, theta.numel()), generator=generator, dtype=torch.float64).to(theta)
        tests, _ = torch.linalg.qr(drawn)
        sketch = torch.zeros_like(tests)
        for _, rows in objective.row_chunks(theta):
            scaled = rows / root
            sketch.addmm_(scaled.T, scaled @ tests)
        return MatrixFree(objective, theta, root, *_nystrom(tests, sketch), tolerance, iterations)

    def factor(self, damping: float) -> float | None:
        """The damping itself: the preconditioner needs no more."""
        return damping if damping > 0 else None

    def solve(self, factor: float, residual: Tensor) -> Tensor:
        right = -self.objective.adjoint(self.theta, residual) / self.root
        solution = conjugate_gradients(lambda y: self._apply(y, factor), right, lambda y: self._precondition(y, factor),
                                       self.tolerance, self.iterations)
        return solution / self.root

    def tangent(self, direction: Tensor) -> Tensor:
        return self.objective.tangent(self.theta, direction)

    def _apply(self, y: Tensor, damping: float) -> Tensor:
        """(D^(−½) JᵀJ D^(−½) + μ) y."""
        return self.objective.adjoint(self.theta, self.tangent(y / self.root)) / self.root + damping * y

    def _precondition(self, y: Tensor, damping: float) -> Tensor:
        """(λ_last + μ) U (Λ + μ)⁻¹ Uᵀ y + (1 − U Uᵀ) y."""
        inside = self.directions.T @ y
        return y + self.directions @ (inside * ((self.values[-1] + damping) / (self.values + damping) - 1))


def _nystrom(tests: Tensor, sketch: Tensor) -> tuple[Tensor, Tensor]:
    """U (P, k) and falling Λ (k,) of the Nyström approximation of a matrix from its product `sketch` with orthonormal tests (P, k)."""
    shift = torch.finfo(sketch.dtype).eps * sketch.norm()
    shifted = sketch + shift * tests
    inner = tests.T @ shifted
    values, vectors = torch.linalg.eigh((inner + inner.T) / 2)
    # In place of a Cholesky factor, which rounding may deny: the root of the inner matrix by its eigenvalues.
    half = shifted @ (vectors / values.clamp_min(shift).sqrt())
    directions, lengths, _ = torch.linalg.svd(half, full_matrices=False)
    return directions, (lengths.square() - shift).clamp_min(0)


def conjugate_gradients(apply: Callable[[Tensor], Tensor], right: Tensor, precondition: Callable[[Tensor], Tensor],
                        tolerance: float, iterations: int) -> Tensor:
    """x with |right − A x| ≤ tolerance |right| for a positive definite A, or the best after so many iterations."""
    x, left = torch.zeros_like(right), right.clone()
    goal = tolerance * right.norm()
    towards = precondition(left)
    direction, slope = towards, left @ towards
    for _ in range(iterations):
        if not left.norm() > goal:
            break
        image = apply(direction)
        bend = direction @ image
        if not bend > 0:
            break
        x = x + (slope / bend) * direction
        left = left - (slope / bend) * image
        towards = precondition(left)
        slope, last = left @ towards, slope
        direction = towards + (slope / last) * direction
    return x
