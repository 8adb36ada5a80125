"""A network is an input layer and a tuple of layers; pushing a jet through it is a fold of their pushes.

Parameters are one flat vector, given to every call: a network is a value and holds no state.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from pinnaux.jets.inputs import InputLayer
from pinnaux.jets.layers import Activation, Layer, Linear
from pinnaux.jets.spec import JetSpec

Trace = list[Tensor]
"""The jets that enter the layers, in order, as a push leaves them behind."""


@dataclass(frozen=True)
class Network:
    """layers ∘ input: points (N, d) → jet (K, N, outputs)."""

    input: InputLayer
    layers: tuple[Layer, ...]

    @staticmethod
    def dense(input: InputLayer, widths: tuple[int, ...], outputs: int, activation: str) -> Network:
        """Fully connected layers of the given widths, and a linear output."""
        layers: list[Layer] = []
        inputs = input.width
        for width in widths:
            layers += [Linear(inputs, width), Activation(activation)]
            inputs = width
        return Network(input, (*layers, Linear(inputs, outputs)))

    @property
    def size(self) -> int:
        return sum(layer.size for layer in self.layers)

    @property
    def width(self) -> int:
        """The widest jet between the layers."""
        return max(self.input.width, *(layer.outputs for layer in self.layers if isinstance(layer, Linear)))

    def split(self, parameters: Tensor) -> list[Tensor]:
        """The flat vector as one vector a layer."""
        return list(torch.split(parameters, [layer.size for layer in self.layers]))

    def push(self, parameters: Tensor, points: Tensor, spec: JetSpec) -> tuple[Tensor, Trace]:
        """Jet (K, N, outputs), and the jets (K, N, inputs of the layer) that entered each layer."""
        trace: Trace = []
        jet = self.input.push(points, spec)
        for layer, own in zip(self.layers, self.split(parameters)):
            trace.append(jet)
            jet = layer.push(own, jet, spec)
        return jet, trace

    def rows(self, parameters: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec, together: int = 1) -> Tensor:
        """(m, N / together, size): the Jacobian rows of Σ adjoint · output for adjoints (m, K, N, outputs), one backward pass.

        A row belongs to a point, or to so many successive points together.
        """
        passed = self._backward(parameters, trace, adjoint, spec)
        return torch.cat([layer.rows(jet, own, together) for layer, jet, own in passed if layer.size][::-1], dim=2)

    def gradient(self, parameters: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec) -> Tensor:
        """(size,): the sum of `rows` over components and points, without forming them."""
        passed = self._backward(parameters, trace, adjoint, spec)
        return torch.cat([layer.gradient(jet, own) for layer, jet, own in passed if layer.size][::-1])

    def _backward(self, parameters: Tensor, trace: Trace, adjoint: Tensor, spec: JetSpec) -> Iterator[tuple[Layer, Tensor, Tensor]]:
        """Every layer, last first, with the jet that entered it and the adjoint of the one that left it."""
        split = self.split(parameters)
        for number in reversed(range(len(self.layers))):
            layer, jet = self.layers[number], trace[number]
            yield layer, jet, adjoint
            if number:
                pushed = trace[number + 1] if number + 1 < len(trace) else None
                adjoint = layer.pull(split[number], jet, adjoint, spec, pushed)

    def tangent(self, parameters: Tensor, direction: Tensor, points: Tensor, spec: JetSpec) -> Tensor:
        """Derivative (K, N, outputs) of the output jet along a direction (size,) in parameter space: one forward derivative."""
        jet = self.input.push(points, spec)
        rate = torch.zeros_like(jet)
        for layer, own, way in zip(self.layers, self.split(parameters), self.split(direction)):
            rate = layer.tangent(own, way, jet, rate, spec)
            jet = layer.push(own, jet, spec)
        return rate


def spread(network: Network, points: Tensor, scale: float | tuple[float, ...], generator: torch.Generator) -> Tensor:
    """Parameters (size,) whose units are spread over the points (N, d), layer by layer (each layer's inputs are known by then).

    Weights are random directions × scale / (standard deviation of the layer's inputs), and a unit's centre is the image of a
    randomly drawn point. `scale` is one number, or one for every input of the first layer; deeper layers use 1. The output layer
    is zero.
    """
    spec = JetSpec.closure(points.shape[1], [])
    jet = network.input.push(points, spec)
    parts = []
    for number, layer in enumerate(network.layers):
        own = points.new_zeros(layer.size)
        if isinstance(layer, Linear) and number < len(network.layers) - 1:
            own = _spread_linear(layer, jet[0], scale if number == 0 else 1.0, generator)
        parts.append(own)
        jet = layer.push(own, jet, spec)
    return torch.cat(parts)


def glorot(network: Network, generator: torch.Generator) -> Tensor:
    """Parameters (size,), float64: W uniform on ±√(6 / (inputs + outputs)), b = 0 (Glorot & Bengio, AISTATS 2010, eq. 16)."""
    parts = []
    for layer in network.layers:
        own = torch.zeros(layer.size, dtype=torch.float64)
        if isinstance(layer, Linear):
            bound = math.sqrt(6 / (layer.inputs + layer.outputs))
            own[: layer.outputs * layer.inputs].uniform_(-bound, bound, generator=generator)
        parts.append(own)
    return torch.cat(parts)


def _spread_linear(layer: Linear, inputs: Tensor, scale: float | tuple[float, ...], generator: torch.Generator) -> Tensor:
    """Parameters (size,) of one layer with the given inputs (N, layer.inputs)."""
    shape = (layer.outputs, layer.inputs)
    directions = torch.randn(shape, generator=generator, dtype=torch.float64).to(inputs)
    deviation = inputs.std(dim=0).clamp_min(1e-12)
    steepness = torch.as_tensor(scale, dtype=inputs.dtype, device=inputs.device) / deviation
    weights = directions * steepness / math.sqrt(layer.inputs)
    chosen = torch.randint(inputs.shape[0], (layer.outputs,), generator=generator)
    bias = -(weights * inputs[chosen.to(inputs.device)]).sum(dim=1)
    return torch.cat([weights.flatten(), bias])
