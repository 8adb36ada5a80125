"""Layers: how one layer pushes a jet, what its tangent is, and the rows it adds to a Jacobian.

A jet is a tensor (K, N, width): K channels of a `JetSpec` at N points. Adjoints have leading axes: (m, K, N, width)
for m residual components. A layer holds no parameters: it is given its flat parameter vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from pinnaux.jets import activations
from pinnaux.jets.spec import JetSpec


class Layer(Protocol):
    """A map of jets with `size` parameters."""

    @property
    def size(self) -> int: ...

    def push(self, parameters: Tensor, jet: Tensor, spec: JetSpec) -> Tensor:
        """The jet (K, N, outputs) that the layer hands on."""

    def pull(self, parameters: Tensor, jet: Tensor, adjoint: Tensor, spec: JetSpec, pushed: Tensor | None = None) -> Tensor:
        """Adjoint (m, K, N, inputs) of the incoming jet for an adjoint of the outgoing one; `pushed` is the latter where it is at hand."""

    def rows(self, jet: Tensor, adjoint: Tensor, together: int = 1) -> Tensor:
        """(m, N / together, size): derivative of the adjoint-weighted output with respect to the parameters, point by point, or the sum
        over so many successive points."""

    def gradient(self, jet: Tensor, adjoint: Tensor) -> Tensor:
        """(size,): the sum of `rows` over components and points, without forming them."""

    def tangent(self, parameters: Tensor, direction: Tensor, jet: Tensor, rate: Tensor, spec: JetSpec) -> Tensor:
        """Derivative (K, N, outputs) of `push` along a parameter direction and a jet direction `rate` (K, N, inputs)."""


@dataclass(frozen=True)
class Linear:
    """z_α = W a_α for every channel; the bias enters the value channel only. Parameters: W row by row, then b."""

    inputs: int
    outputs: int

    @property
    def size(self) -> int:
        return self.outputs * (self.inputs + 1)

    def split(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """W (outputs, inputs) and b (outputs,)."""
        weights = parameters[: self.outputs * self.inputs].view(self.outputs, self.inputs)
        return weights, parameters[self.outputs * self.inputs:]

    def push(self, parameters: Tensor, jet: Tensor, spec: JetSpec) -> Tensor:
        """(K, N, inputs) → (K, N, outputs): z = W a + b, ∂z = W ∂a for every derivative channel; b enters the value only."""
        weights, bias = self.split(parameters)
        z = jet @ weights.T
        return _add_to_value(z, bias)

    def pull(self, parameters: Tensor, jet: Tensor, adjoint: Tensor, spec: JetSpec, pushed: Tensor | None = None) -> Tensor:
        """ā = Wᵀ z̄ for every channel: (m, K, N, outputs) → (m, K, N, inputs)."""
        weights, _ = self.split(parameters)
        # A product with one row is no matrix product; of the others, BLAS is quickest with rows times rows.
        return adjoint * weights if self.outputs == 1 else torch.nn.functional.linear(adjoint, weights.T.contiguous())

    def rows(self, jet: Tensor, adjoint: Tensor, together: int = 1) -> Tensor:
        """(m, N / together, size): ∂/∂W = Σ_channels adjoint ⊗ jet and ∂/∂b = the adjoint of the value channel."""
        components, channels, points, width = adjoint.shape
        count = points // together
        split = adjoint.reshape(components, channels, count, together, width)
        left = split.permute(2, 0, 4, 1, 3).reshape(count, components * width, channels * together)
        right = jet.reshape(channels, count, together, self.inputs).transpose(0, 1).reshape(count, channels * together, self.inputs)
        weights = torch.bmm(left, right).view(count, components, width * self.inputs)
        return torch.cat([weights.transpose(0, 1), split[:, 0].sum(dim=2)], dim=2)

    def gradient(self, jet: Tensor, adjoint: Tensor) -> Tensor:
        """(size,): ∂/∂W = Σ_channels Σ_points adjoint ⊗ jet as one matrix product, ∂/∂b = Σ_points of the adjoint of the value."""
        total = adjoint[0] if len(adjoint) == 1 else adjoint.sum(dim=0)
        return torch.cat([(total.flatten(0, 1).T @ jet.flatten(0, 1)).flatten(), total[0].sum(dim=0)])

    def tangent(self, parameters: Tensor, direction: Tensor, jet: Tensor, rate: Tensor, spec: JetSpec) -> Tensor:
        """ż = W ȧ + Ẇ a, and ḃ in the value channel: (K, N, outputs) for a rate (K, N, inputs) of the jet (K, N, inputs)."""
        z = rate @ self.split(parameters)[0].T
        weights, bias = self.split(direction)
        return _add_to_value(z + jet @ weights.T, bias)


@dataclass(frozen=True)
class Activation:
    """a = σ(z), a_i = σ'(z) z_i, a_ij = σ''(z) z_i z_j + σ'(z) z_ij, … (Faà di Bruno) to any order."""

    kind: str

    @property
    def size(self) -> int:
        return 0

    def push(self, parameters: Tensor, jet: Tensor, spec: JetSpec) -> Tensor:
        """(K, N, width) → (K, N, width)."""
        return activations.push(self.kind, jet, spec)

    def pull(self, parameters: Tensor, jet: Tensor, adjoint: Tensor, spec: JetSpec, pushed: Tensor | None = None) -> Tensor:
        """(m, K, N, width) → (m, K, N, width)."""
        return activations.pull(self.kind, jet, adjoint, spec, None if pushed is None else pushed[0])

    def rows(self, jet: Tensor, adjoint: Tensor, together: int = 1) -> Tensor:
        """(m, N / together, 0): there is no parameter."""
        return adjoint.new_zeros(adjoint.shape[0], adjoint.shape[2] // together, 0)

    def gradient(self, jet: Tensor, adjoint: Tensor) -> Tensor:
        """(0,): there is no parameter."""
        return adjoint.new_zeros(0)

    def tangent(self, parameters: Tensor, direction: Tensor, jet: Tensor, rate: Tensor, spec: JetSpec) -> Tensor:
        """(K, N, width) for a rate (K, N, width) of the jet (K, N, width)."""
        return activations.tangent(self.kind, jet, rate, spec)


@dataclass(frozen=True)
class Scale:
    """a = s z for every channel, one factor an output: the units in which a network's outputs are of size one."""

    factors: tuple[float, ...]

    @property
    def size(self) -> int:
        return 0

    def push(self, parameters: Tensor, jet: Tensor, spec: JetSpec) -> Tensor:
        """(K, N, width) → (K, N, width)."""
        return jet * jet.new_tensor(self.factors)

    def pull(self, parameters: Tensor, jet: Tensor, adjoint: Tensor, spec: JetSpec, pushed: Tensor | None = None) -> Tensor:
        """(m, K, N, width) → (m, K, N, width)."""
        return adjoint * adjoint.new_tensor(self.factors)

    def rows(self, jet: Tensor, adjoint: Tensor, together: int = 1) -> Tensor:
        """(m, N / together, 0): there is no parameter."""
        return adjoint.new_zeros(adjoint.shape[0], adjoint.shape[2] // together, 0)

    def gradient(self, jet: Tensor, adjoint: Tensor) -> Tensor:
        """(0,): there is no parameter."""
        return adjoint.new_zeros(0)

    def tangent(self, parameters: Tensor, direction: Tensor, jet: Tensor, rate: Tensor, spec: JetSpec) -> Tensor:
        """(K, N, width) for a rate (K, N, width) of the jet (K, N, width)."""
        return rate * rate.new_tensor(self.factors)


def _add_to_value(z: Tensor, bias: Tensor) -> Tensor:
    """z (K, N, outputs) with the bias (outputs,) added to its value channel in place."""
    z[0] += bias
    return z
