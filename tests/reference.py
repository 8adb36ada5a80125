"""Slow twins: the same things computed the obvious way, by nested autograd, dense matrices and brute force."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from pinnaux.jets import activations
from pinnaux.jets.inputs import CornerFunctions, Embedding
from pinnaux.jets.layers import Activation, Linear
from pinnaux.jets.products import Factor, Products
from pinnaux.jets.spacetime import SpaceTime
from pinnaux.jets.spec import JetSpec
from pinnaux.network import Network

PLAIN_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sin": torch.sin,
    "tanh": torch.tanh,
    "sigmoid": lambda z: 1 / (1 + torch.exp(-z)),
    "softplus": lambda z: torch.log1p(torch.exp(z)),
    "gaussian": lambda z: torch.exp(-0.5 * z**2),
    "identity": lambda z: 1.0 * z,
}


def push(kind: str, z: Tensor, spec: JetSpec) -> Tensor:
    """`activations.push` (K, N, width) term by term, so that autograd may differentiate it as often as wanted."""
    value = z[0]
    sigma = [PLAIN_ACTIVATIONS[kind](value)]
    for _ in range(spec.order):
        sigma.append(slope(sigma[-1], value))
    channels = [[term.coefficient * sigma[term.order] * math.prod(z[block] for block in term.blocks) for term in row]
                for row in spec.table]
    return torch.stack([torch.stack(terms).sum(dim=0) for terms in channels])


@contextmanager
def open_to_autograd() -> Iterator[None]:
    """Networks whose activations push jets that need gradients by the slow twin."""
    quick = activations.push
    activations.push = lambda kind, z, spec: (push if z.requires_grad else quick)(kind, z, spec)
    try:
        yield
    finally:
        activations.push = quick


def assert_same(found: Tensor, expected: Tensor, tolerance: float, leading: int = 1) -> None:
    """Equal shapes, all finite, and |found − expected| ≤ tolerance · max |expected| within each entry of the leading axes."""
    assert found.shape == expected.shape, f"shapes {tuple(found.shape)} and {tuple(expected.shape)}"
    assert torch.isfinite(found).all()
    axes = tuple(range(leading, expected.dim()))
    size = expected.abs().amax(dim=axes) if expected.numel() else expected.new_zeros(())
    difference = (found - expected).abs().amax(dim=axes) if expected.numel() else size
    worst = (difference - tolerance * size).max()
    assert worst <= 0, f"difference {difference.max():.2e} at size {size.max():.2e}, tolerance {tolerance:.0e}"


def inputs(layer: Embedding | CornerFunctions | Products | SpaceTime, points: Tensor) -> list[Tensor]:
    """The functions (N,) of an input layer, by their definitions."""
    if isinstance(layer, CornerFunctions):
        return corner_functions(layer, points)
    if isinstance(layer, SpaceTime):
        return space_time_functions(layer, points)
    if isinstance(layer, Products):
        return [math.prod((factor_of(one, points[:, one.axis]) for one in function), start=torch.ones_like(points[:, 0])) for function in layer.functions]
    columns = []
    for axis, (centre, half, period) in enumerate(zip(layer.centre, layer.half, layer.period)):
        x = points[:, axis] - centre
        columns += [torch.cos(2 * math.pi * x / period), torch.sin(2 * math.pi * x / period)] if period else [x / half]
    return columns


def factor_of(factor: Factor, x: Tensor) -> Tensor:
    """A wave or a scaled coordinate, to its power; zero before the centre where it is bent."""
    value = (torch.cos(factor.wave * x - factor.phase) if factor.wave else (x - factor.centre) / factor.half) ** factor.power
    return torch.where(x > factor.centre, value, 0.0) if factor.bent else value


def corner_functions(layer: CornerFunctions, points: Tensor) -> list[Tensor]:
    """r^s cos sθ, r^s sin sθ and the parts of z^k log z (of log z perhaps only θ) with θ from the corner's first side, what is conjugated
    with s − 2 in place of s in all angles, times the bump, times T_k(τ)."""
    x, y = points[:, 0] - layer.vertex[0], points[:, 1] - layer.vertex[1]
    r = torch.sqrt(x**2 + y**2)
    # θ counted from the middle of the sector has its jump opposite to it.
    middle = layer.start + layer.opening / 2
    along, across = x * math.cos(middle) + y * math.sin(middle), y * math.cos(middle) - x * math.sin(middle)
    angle = torch.atan2(across, along) + layer.opening / 2
    columns = [r**s * wave(s * angle) for s in layer.exponents for wave in (torch.cos, torch.sin)]
    for k in layer.logs:
        columns += log_parts(r, angle, k, k) if k or layer.whole_log else log_parts(r, angle, 0, 0)[1:]
    columns += [r**s * wave((s - 2) * angle) for s in layer.conjugated for wave in (torch.cos, torch.sin)]
    for k in layer.conjugated_logs:
        columns += log_parts(r, angle, k, k - 2)
    if layer.radius:
        share = torch.clamp(1 - (r / layer.radius) ** 4, min=0)
        columns = [column * share**6 for column in columns]
    if layer.time:
        start, end, count = layer.time
        tau = 2 * (points[:, 2] - start) / (end - start) - 1
        columns = [column * chebyshev(k, tau) for column in columns for k in range(count)]
    return columns


def log_parts(r: Tensor, angle: Tensor, power: int, wave: int) -> list[Tensor]:
    """Real and imaginary part of r^power e^(i·wave·θ) (log r + iθ)."""
    return [r**power * (torch.cos(wave * angle) * torch.log(r) - torch.sin(wave * angle) * angle),
            r**power * (torch.sin(wave * angle) * torch.log(r) + torch.cos(wave * angle) * angle)]


def space_time_functions(layer: SpaceTime, points: Tensor) -> list[Tensor]:
    """T_k(τ), then σ(w_j·ξ + b_j) T_k(τ) unit after unit."""
    tau = 2 * (points[:, -1] - layer.start) / (layer.end - layer.start) - 1
    clock = [chebyshev(k, tau) for k in range(layer.degree + 1)]
    columns = list(clock)
    if layer.units:
        inside = torch.stack(inputs(layer.space, points[:, :-1]), dim=1)
        weights, bias = layer.hidden[: -layer.units].view(layer.units, -1), layer.hidden[-layer.units:]
        outside = PLAIN_ACTIVATIONS[layer.kind](inside @ weights.T + bias)
        columns += [outside[:, unit] * value for unit in range(layer.units) for value in clock]
    return columns


def chebyshev(degree: int, x: Tensor) -> Tensor:
    """T_degree written out."""
    return [torch.ones_like(x), x, 2 * x**2 - 1, 4 * x**3 - 3 * x, 8 * x**4 - 8 * x**2 + 1][degree]


def values(network: Network, parameters: Tensor, points: Tensor) -> Tensor:
    """(N, outputs), layer after layer with plain torch functions."""
    a = torch.stack(inputs(network.input, points), dim=1)
    start = 0
    for layer in network.layers:
        if isinstance(layer, Linear):
            weights = parameters[start:start + layer.inputs * layer.outputs].reshape(layer.outputs, layer.inputs)
            start += weights.numel()
            a = a @ weights.T + parameters[start:start + layer.outputs]
            start += layer.outputs
        else:
            assert isinstance(layer, Activation)
            a = PLAIN_ACTIVATIONS[layer.kind](a)
    return a


def jet(function: Callable[[Tensor], Tensor | list[Tensor]], points: Tensor, spec: JetSpec) -> Tensor:
    """(K, N, outputs): every channel of points ↦ function(points) by nested autograd, differentiable in what `function` holds.

    The function returns (N, outputs), or its columns: autograd then need not pass through all of them for each.
    """
    points = points.detach().clone().requires_grad_()
    found = function(points)
    columns = found if isinstance(found, list) else list(found.T)
    return torch.stack([column_jet(column, points, spec) for column in columns], dim=2)


def column_jet(column: Tensor, points: Tensor, spec: JetSpec) -> Tensor:
    """(K, N): every channel of one function."""
    known = {(0,) * spec.dimension: column}

    def derivative(index: tuple[int, ...]) -> Tensor:
        if index not in known:
            axis = next(i for i, order in enumerate(index) if order)
            below = derivative(tuple(order - (i == axis) for i, order in enumerate(index)))
            known[index] = slope(below, points)[:, axis]
        return known[index]

    def second(axis: int) -> Tensor:
        return derivative(tuple(2 if i == axis else 0 for i in range(spec.dimension)))

    channels = [derivative(index) for index in spec.indices]
    channels += [sum(c * second(axis) for axis, c in enumerate(form) if c) for form in spec.forms]
    return torch.stack(channels)


def slope(column: Tensor, points: Tensor) -> Tensor:
    """∂column_i/∂points_i, (N, d), zero where nothing depends on the points."""
    if not column.requires_grad:
        return torch.zeros_like(points)
    return torch.autograd.grad(column.sum(), points, create_graph=True, materialize_grads=True)[0]


def network_jet(network: Network, parameters: Tensor, points: Tensor, spec: JetSpec) -> Tensor:
    return jet(lambda x: values(network, parameters, x), points, spec)


def jacobian(function: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """d function/d at, shape (*function's, *at's), one backward pass an entry."""
    return torch.autograd.functional.jacobian(function, at)


def derivative_along(function: Callable[[Tensor], Tensor], at: Tensor, direction: Tensor) -> Tensor:
    """The derivative of function at `at` along `direction`."""
    return torch.autograd.functional.jvp(function, at, direction)[1]


def bell(n: int) -> int:
    """The number of partitions of n things: B_(n+1) = Σ C(n, k) B_k."""
    numbers = [1]
    for m in range(n):
        numbers.append(sum(math.comb(m, k) * numbers[k] for k in range(m + 1)))
    return numbers[n]


def stirling(n: int, k: int) -> int:
    """The number of partitions of n things into k blocks: S(n, k) = k S(n−1, k) + S(n−1, k−1)."""
    if n == k:
        return 1
    return 0 if k == 0 or k > n else k * stirling(n - 1, k) + stirling(n - 1, k - 1)
