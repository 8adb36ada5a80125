"""The input layer around an axis: products of functions of one coordinate each, such as r cos θ, r sin θ, r², z.

A smooth function of the place is a smooth function of these, whatever the order of its derivatives; of r and θ themselves it need not be
one on the axis, and not every smooth function of r and θ is one of the place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.jets.spec import JetSpec, MultiIndex, unit


@dataclass(frozen=True)
class Factor:
    """A function of the coordinate number `axis`: ξ^power with ξ = (x − centre)/half, or (wave > 0) cos(wave·x − phase)^power.

    A `bent` one is ξ^power for ξ > 0 and zero else: derivatives of that order jump.
    """

    axis: int
    power: int = 1
    centre: float = 0.0
    half: float = 1.0
    wave: float = 0.0
    phase: float = 0.0
    bent: bool = False

    def derivatives(self, x: Tensor, order: int) -> list[Tensor]:
        """The function (N,) and its derivatives up to the order; the power is 1 or 2, but of a bent one any."""
        if self.wave:
            return self._of_wave(x, order)
        if self.bent:
            return self._bent(x, order)
        xi = (x - self.centre) / self.half
        found = [xi, torch.full_like(x, 1 / self.half)] if self.power == 1 else [
            xi.square(), 2 * xi / self.half, torch.full_like(x, 2 / self.half**2)]
        return (found + [torch.zeros_like(x)] * order)[: order + 1]

    def _bent(self, x: Tensor, order: int) -> list[Tensor]:
        """ξ₊^m has the derivatives m!/(m − k)! ξ₊^(m − k), and none beyond the m-th."""
        xi = ((x - self.centre) / self.half).clamp_min(0)
        found = [math.perm(self.power, k) * xi ** (self.power - k) / self.half**k for k in range(min(order, self.power - 1) + 1)]
        last = math.factorial(self.power) * (xi > 0).to(x) / self.half**self.power
        return (found + [last] + [torch.zeros_like(x)] * order)[: order + 1]

    def _of_wave(self, x: Tensor, order: int) -> list[Tensor]:
        """cos² y = (1 + cos 2y)/2, and each derivative of cos(ωx − φ) is ω times itself a quarter of a turn ahead."""
        wave, phase = self.power * self.wave, self.power * self.phase
        found = [wave**k * torch.cos(wave * x - phase + k * math.pi / 2) for k in range(order + 1)]
        return found if self.power == 1 else [(found[0] + 1) / 2, *(one / 2 for one in found[1:])]


@dataclass(frozen=True)
class Products:
    """The functions are the products of the factors in each of `functions`, no two of one axis."""

    functions: tuple[tuple[Factor, ...], ...]

    @property
    def width(self) -> int:
        return len(self.functions)

    def without(self, axis: int) -> Products:
        """The functions of the other coordinates only."""
        return Products(tuple(function for function in self.functions if all(factor.axis != axis for factor in function)))

    def push(self, points: Tensor, spec: JetSpec) -> Tensor:
        return torch.stack([self._jet(function, points, spec) for function in self.functions], dim=2)

    def _jet(self, function: tuple[Factor, ...], points: Tensor, spec: JetSpec) -> Tensor:
        """Jet (K, N): the derivative of a product along several coordinates is the product of the derivatives."""
        slopes = {factor.axis: factor.derivatives(points[:, factor.axis], spec.order) for factor in function}

        def derivative(index: MultiIndex) -> Tensor:
            if any(order for axis, order in enumerate(index) if axis not in slopes):
                return torch.zeros_like(points[:, 0])
            return math.prod((slope[index[axis]] for axis, slope in slopes.items()), start=torch.ones_like(points[:, 0]))

        forms = (sum(c * derivative(unit(spec.dimension, axis, 2)) for axis, c in enumerate(form) if c) for form in spec.forms)
        return torch.stack([*map(derivative, spec.indices), *forms])
