"""Quasi-Newton methods on the original loss, each with a strong Wolfe line search: L-BFGS and self-scaled Broyden.

Both learn the inverse Hessian from pairs s = θ₊ − θ, y = g₊ − g. L-BFGS keeps the last pairs (Nocedal & Wright, algorithms 7.4, 7.5);
self-scaled Broyden a dense matrix (arXiv:2405.04230, section 2; arXiv:2501.16371; after Al-Baali & Khalfan).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pinnaux.linalg import positive
from pinnaux.objective import Objective
from pinnaux.trainers.line_search import StrongWolfe

ROUNDING = 1e-12
"""The smallest cosine of s and y, and the smallest a = bh − 1, that are told from rounding errors."""


@dataclass(frozen=True, eq=False)
class LimitedMemory:
    """θ, the pairs (s, y) from the oldest to the newest, loss and gradient at θ where they are known."""

    theta: Tensor
    pairs: tuple[tuple[Tensor, Tensor], ...] = ()
    loss: float = float("inf")
    gradient: Tensor | None = None
    stuck: bool = False


@dataclass(frozen=True)
class LBFGS:
    """d = −H g with the BFGS matrix H that the last `memory` pairs make of (sᵀy / yᵀy) I."""

    memory: int = 100
    wolfe: StrongWolfe = StrongWolfe()
    name: str = "l-bfgs"

    def begin(self, theta: Tensor) -> LimitedMemory:
        """Nothing known of the curvature."""
        return LimitedMemory(theta)

    def step(self, objective: Objective, state: LimitedMemory) -> LimitedMemory:
        """One iteration; where the line search finds nothing lower, the pairs are forgotten, and it is stuck where there were none."""
        loss, gradient = _known(objective, state)
        direction = -two_loops(state.pairs, gradient)
        found = self.wolfe.search(objective, state.theta, loss, gradient, direction, 1.0 if state.pairs else first_length(gradient))
        if not found.loss < loss:
            return LimitedMemory(state.theta, (), loss, gradient, stuck=not state.pairs)
        s, y = found.theta - state.theta, found.gradient - gradient
        pairs = (*state.pairs, (s, y))[-self.memory:] if bends(s, y) else state.pairs
        return LimitedMemory(found.theta, pairs, found.loss, found.gradient)

    def moved(self, state: LimitedMemory) -> LimitedMemory:
        """The same θ and pairs for another objective."""
        return replace(state, gradient=None, stuck=False)


def two_loops(pairs: tuple[tuple[Tensor, Tensor], ...], gradient: Tensor) -> Tensor:
    """H g (P,) by the two-loop recursion; g where there are no pairs."""
    if not pairs:
        return gradient
    result, shares = gradient, []
    for s, y in reversed(pairs):
        shares.append((s @ result) / (s @ y))
        result = result - shares[-1] * y
    s, y = pairs[-1]
    result = (s @ y) / (y @ y) * result
    for (s, y), share in zip(pairs, reversed(shares)):
        result = result + (share - (y @ result) / (s @ y)) * s
    return result


@dataclass(frozen=True, eq=False)
class DenseInverse:
    """θ, the inverse Hessian H (P, P) once there is one, loss and gradient at θ where they are known."""

    theta: Tensor
    inverse: Tensor | None = None
    loss: float = float("inf")
    gradient: Tensor | None = None
    stuck: bool = False


@dataclass(frozen=True)
class SSBroyden:
    """d = −H g with H of the self-scaled Broyden family; it begins as (sᵀy / yᵀy) I with the first pair."""

    wolfe: StrongWolfe = StrongWolfe()
    name: str = "ssbroyden"

    def begin(self, theta: Tensor) -> DenseInverse:
        """Nothing known of the curvature."""
        return DenseInverse(theta)

    def step(self, objective: Objective, state: DenseInverse) -> DenseInverse:
        """One iteration; where the line search finds nothing lower, H is forgotten, and it is stuck where there was none."""
        loss, gradient = _known(objective, state)
        inverse = state.inverse
        direction = -gradient if inverse is None else -(inverse @ gradient)
        if inverse is not None and not direction @ gradient < 0:  # rounding errors have left H indefinite
            inverse, direction = None, -gradient
        found = self.wolfe.search(objective, state.theta, loss, gradient, direction, first_length(gradient) if inverse is None else 1.0)
        if not found.loss < loss:
            return DenseInverse(state.theta, None, loss, gradient, stuck=inverse is None)
        s, y = found.theta - state.theta, found.gradient - gradient
        if bends(s, y):
            # B s = −α g for a step s = −α H g.
            inverse = first_inverse(s, y) if inverse is None else self_scaled(inverse, s, y, -found.length * (s @ gradient).item())
        return DenseInverse(found.theta, inverse, found.loss, found.gradient)

    def moved(self, state: DenseInverse) -> DenseInverse:
        """The same θ and H for another objective."""
        return replace(state, gradient=None, stuck=False)


def first_inverse(s: Tensor, y: Tensor) -> Tensor:
    """(sᵀy / yᵀy) I (P, P) (Nocedal & Wright, eq. 6.20), updated by the pair."""
    scale = (s @ y) / (y @ y)
    return self_scaled(torch.eye(len(s), dtype=s.dtype, device=s.device) * scale, s, y, (s @ s / scale).item())


def self_scaled(inverse: Tensor, s: Tensor, y: Tensor, bent: float) -> Tensor:
    """H₊ = (H − Hy yᵀH / yᵀHy + φ yᵀHy v vᵀ) / τ + s sᵀ / sᵀy,  v = s/sᵀy − Hy/yᵀHy; so that H₊y = s.

    φ and τ follow from b = sᵀBs / sᵀy and h = yᵀHy / sᵀy, where sᵀBs is `bent`, B = H⁻¹. An H that rounding errors have left
    indefinite is given up.
    """
    image = inverse @ y
    size, pull = (y @ image).item(), (s @ y).item()
    if not size > 0:
        return first_inverse(s, y)
    shape, scale = broyden_parameters(bent / pull, size / pull, len(s))
    between = s / pull - image / size
    weights = [-1 / (size * scale), shape * size / scale, 1 / pull]
    # One product of matrices of three columns, whose terms are symmetric to the last bit.
    columns = torch.stack([vector * abs(weight) ** 0.5 for vector, weight in zip((image, between, s), weights)], dim=1)
    signs = columns.new_tensor([-1.0 if weight < 0 else 1.0 for weight in weights])
    return torch.addmm(inverse, columns * signs, columns.T, beta=1 / scale)


def broyden_parameters(b: float, h: float, unknowns: int) -> tuple[float, float]:
    """φ and τ of the self-scaled Broyden method (arXiv:2405.04230, section 2), with a = bh − 1 ≥ 0 and c = √(a / (1 + a)).

    ρ = min(1, h(1 − c)),  θ = max((ρ − 1)/a, min(1/ρ, (1 − b)/b)),  σ = 1 + aθ,  φ = (1 − θ)/σ;
    τ = min(1, 1/b) · min(σ^(−1/(n−1)), 1/θ) where θ > 0, else min(min(1, 1/b) σ^(−1/(n−1)), σ).
    """
    a = max(b * h - 1, ROUNDING)
    # 1 − c without the cancellation.
    least = min(1.0, h / ((1 + a) * (1 + (a / (1 + a)) ** 0.5)))
    theta = max((least - 1) / a, min(1 / least, (1 - b) / b))
    sigma = max(1 + a * theta, least)  # never below it but by rounding
    shrink, spread = min(1.0, 1 / b), sigma ** (-1 / max(unknowns - 1, 1))
    scale = shrink * min(spread, 1 / theta) if theta > 0 else min(shrink * spread, sigma)
    return (1 - theta) / sigma, scale


def first_length(gradient: Tensor) -> float:
    """Along the gradient itself: no parameter moves by more than 1, nor all together."""
    return min(1.0, 1 / positive(gradient.abs().sum()).item())


def bends(s: Tensor, y: Tensor) -> bool:
    """Whether sᵀy > 0, told from rounding errors: what keeps H positive definite."""
    return (s @ y > ROUNDING * s.norm() * y.norm()).item()


def _known(objective: Objective, state: LimitedMemory | DenseInverse) -> tuple[float, Tensor]:
    """Loss and gradient at θ, computed where the state does not know them."""
    if state.gradient is not None:
        return state.loss, state.gradient
    loss, gradient = objective.gradient(state.theta)
    return loss.item(), gradient
