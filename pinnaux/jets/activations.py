"""Activations as jet maps: a = σ(z) for every channel at once, and the adjoint of that map.

Both are written out once from Faà di Bruno's terms in `JetSpec.table`; no autograd graph is built inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

import torch
from torch import Tensor

from pinnaux.jets.spec import JetSpec


def activation_derivatives(kind: str, z: Tensor, order: int) -> list[Tensor]:
    """σ, σ', …, σ^(order) at z (any shape), for a kind in `ACTIVATIONS`."""
    return ACTIVATIONS[kind](z, order)


@lru_cache(maxsize=64)
def derivative_bounds(kind: str, order: int) -> tuple[float, ...]:
    """Upper bounds of |σ|, |σ'|, …, |σ^(order)| on the whole line (infinite where there is none).

    The largest value on a grid so fine that, with the next derivatives of the same size, the margin covers what lies between;
    the derivatives are periodic, constant, or have died out at the ends of the grid.
    """
    found = activation_derivatives(kind, torch.linspace(-14.0, 14.0, 200_001, dtype=torch.float64), order)
    bounds = [(1 + 1e-5) * value.abs().max().item() for value in found]
    return (float("inf") if kind in UNBOUNDED else bounds[0], *bounds[1:])


def push(kind: str, z: Tensor, spec: JetSpec) -> Tensor:
    """a_α = Σ coefficient · σ^(k)(z_0) · Π z_β over Faà di Bruno's terms of α; z and a are (K, N, width)."""
    sigma = activation_derivatives(kind, z[0], spec.order)
    a = torch.empty_like(z)
    a[0] = sigma[0]
    if len(spec) > 1:
        torch.mul(sigma[1], z[1:1 + spec.first], out=a[1:1 + spec.first])
    products = _Products(z)
    for channel in range(1 + spec.first, len(spec)):
        torch.mul(sigma[1], z[channel], out=a[channel])
        by_order: dict[int, Tensor] = {}
        for term in spec.table[channel]:
            if term.order > 1:
                value = products(term.blocks) * term.coefficient if term.coefficient != 1 else products(term.blocks)
                by_order[term.order] = by_order[term.order] + value if term.order in by_order else value
        for k, value in by_order.items():
            a[channel].addcmul_(sigma[k], value)
    return a


def pull(kind: str, z: Tensor, adjoint: Tensor, spec: JetSpec) -> Tensor:
    """z̄_β = Σ_α ā_α ∂a_α/∂z_β: the adjoint of `push` at z (K, N, width) for adjoints (…, K, N, width)."""
    sigma = activation_derivatives(kind, z[0], spec.order + 1)
    out = adjoint * sigma[1]
    first = 1 + spec.first
    for i in range(1, first):
        out[..., 0, :, :] += adjoint[..., i, :, :] * (sigma[2] * z[i])
    products = _Products(z)
    for channel in range(first, len(spec)):
        seed = adjoint[..., channel, :, :]
        value_factor = sigma[2] * z[channel]
        for term in spec.table[channel]:
            if term.order > 1:
                value_factor = value_factor + (term.coefficient * sigma[term.order + 1]) * products(term.blocks)
                _pull_blocks(out, seed, sigma[term.order], term.blocks, term.coefficient, products)
        out[..., 0, :, :] += seed * value_factor
    return out


def _pull_blocks(
    out: Tensor, seed: Tensor, sigma: Tensor, blocks: tuple[int, ...], coefficient: float, products: _Products
) -> None:
    for block in set(blocks):
        others = list(blocks)
        others.remove(block)
        factor = (coefficient * blocks.count(block)) * sigma * products(tuple(others))
        out[..., block, :, :] += seed * factor


def tangent(kind: str, z: Tensor, dz: Tensor, spec: JetSpec) -> Tensor:
    """ȧ_α = Σ_β (∂a_α/∂z_β) ż_β: the derivative of `push` at z along dz, all (K, N, width)."""
    sigma = activation_derivatives(kind, z[0], spec.order + 1)
    out = sigma[1] * dz
    for i in range(1, 1 + spec.first):
        out[i] += sigma[2] * z[i] * dz[0]
    products = _Products(z)
    for channel in range(1 + spec.first, len(spec)):
        out[channel] += sigma[2] * z[channel] * dz[0]
        for term in spec.table[channel]:
            if term.order > 1:
                out[channel] += (term.coefficient * sigma[term.order + 1]) * products(term.blocks) * dz[0]
                for block in set(term.blocks):
                    others = list(term.blocks)
                    others.remove(block)
                    factor = term.coefficient * term.blocks.count(block)
                    out[channel] += factor * sigma[term.order] * products(tuple(others)) * dz[block]
    return out


class _Products:
    """Products of channels Π z_b, each formed once."""

    def __init__(self, z: Tensor) -> None:
        self._z = z
        self._known: dict[tuple[int, ...], Tensor] = {}

    def __call__(self, blocks: tuple[int, ...]) -> Tensor:
        if len(blocks) == 1:
            return self._z[blocks[0]]
        if blocks not in self._known:
            self._known[blocks] = self(blocks[:-1]) * self._z[blocks[-1]]
        return self._known[blocks]


def _sine(z: Tensor, order: int) -> list[Tensor]:
    """sin, cos, −sin, −cos, …"""
    s = torch.sin(z)
    c = torch.cos(z) if order else s
    cycle = [s, c, -s, -c] if order > 1 else [s, c]
    return [cycle[k % 4] for k in range(order + 1)]


def _tanh(z: Tensor, order: int) -> list[Tensor]:
    """σ = t, σ^(k+1) = (dσ^(k)/dt)(1 − t²): polynomials in t = tanh z."""
    return _polynomials(torch.tanh(z), _polynomial_chain((0.0, 1.0), (1.0, 0.0, -1.0), order))


def _sigmoid(z: Tensor, order: int) -> list[Tensor]:
    """σ = s, σ^(k+1) = (dσ^(k)/ds)(s − s²): polynomials in s = 1/(1 + e^−z)."""
    return _polynomials(torch.sigmoid(z), _polynomial_chain((0.0, 1.0), (0.0, 1.0, -1.0), order))


def _softplus(z: Tensor, order: int) -> list[Tensor]:
    """log(1 + e^z), whose derivative is the sigmoid; above 40 it is z to the last digit."""
    return [torch.nn.functional.softplus(z, threshold=40.0), *(_sigmoid(z, order - 1) if order else [])]


def _gaussian(z: Tensor, order: int) -> list[Tensor]:
    """e^(−z²/2) He_k(z) (−1)^k with Hermite's recurrence He_(k+1) = z He_k − k He_(k−1)."""
    hermite = [torch.ones_like(z), z]
    for k in range(1, order):
        hermite.append(z * hermite[k] - k * hermite[k - 1])
    bell = torch.exp(-0.5 * z * z)
    return [bell * hermite[k] * (-1.0) ** k for k in range(order + 1)]


def _identity(z: Tensor, order: int) -> list[Tensor]:
    return [z, *(torch.ones_like(z) if k == 1 else torch.zeros_like(z) for k in range(1, order + 1))]


@lru_cache(maxsize=64)
def _polynomial_chain(start: tuple[float, ...], rate: tuple[float, ...], order: int) -> tuple[tuple[float, ...], ...]:
    """p_0 = start, p_(k+1) = p_k' · rate, as coefficients of rising powers."""
    chain = [start]
    for _ in range(order):
        slope = [n * c for n, c in enumerate(chain[-1])][1:] or [0.0]
        following = [0.0] * (len(slope) + len(rate) - 1)
        for i, a in enumerate(slope):
            for j, b in enumerate(rate):
                following[i + j] += a * b
        chain.append(tuple(following))
    return tuple(chain)


def _polynomials(t: Tensor, chain: tuple[tuple[float, ...], ...]) -> list[Tensor]:
    """Horner's scheme for every polynomial of the chain."""
    values = [t]
    for coefficients in chain[1:]:
        value = torch.full_like(t, coefficients[-1])
        for c in reversed(coefficients[:-1]):
            value = value.mul_(t)
            if c:
                value = value.add_(c)
        values.append(value)
    return values


ACTIVATIONS: Mapping[str, Callable[[Tensor, int], list[Tensor]]] = MappingProxyType({
    "sin": _sine,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "gaussian": _gaussian,
    "identity": _identity,
})

UNBOUNDED = frozenset({"softplus", "identity"})
"""Activations without an upper bound; their derivatives have one."""
