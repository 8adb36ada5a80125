"""Activations as jet maps: a = σ(z) for every channel at once, and the adjoint of that map.

The map is Faà di Bruno's formula, by the terms in `JetSpec.table`; its derivative is Leibniz' rule for σ'(z) δz, by
`JetSpec.leibniz`. No autograd graph is built inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

import torch
from torch import Tensor

from pinnaux.jets.spec import JetSpec, Term


def activation_derivatives(kind: str, z: Tensor, order: int, value: Tensor | None = None) -> list[Tensor]:
    """σ, σ', …, σ^(order) at z (any shape), for a kind in `ACTIVATIONS`; `value` is σ(z) where it is known already."""
    return ACTIVATIONS[kind](z, order, value)


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
        torch.mul(z[1:], sigma[1], out=a[1:])
    _add_nonlinear(a.unbind(0), sigma, z, spec)
    return a


def pull(kind: str, z: Tensor, adjoint: Tensor, spec: JetSpec, value: Tensor | None = None) -> Tensor:
    """z̄_β = Σ_α C(α, β) b_(α−β) ā_α with b the jet of σ'(z): the adjoint of `push` at z (K, N, width), adjoints (…, K, N, width).

    For δσ(z) = σ'(z) δz as functions of the coordinates, whose derivatives Leibniz' rule gives. `value` is σ(z_0) where it is known.
    """
    b = _slope(kind, z, spec, value)
    out = adjoint * b[0]
    into, given = out.unbind(-3), adjoint.unbind(-3)
    for alpha, beta, rest, coefficient in spec.leibniz:
        into[beta].addcmul_(given[alpha], b[rest], value=coefficient)
    return out


def tangent(kind: str, z: Tensor, dz: Tensor, spec: JetSpec) -> Tensor:
    """ȧ_α = Σ_β C(α, β) b_(α−β) ż_β with b the jet of σ'(z): the derivative of `push` at z along dz, all (K, N, width)."""
    b = _slope(kind, z, spec, None)
    out = dz * b[0]
    into, given = out.unbind(0), dz.unbind(0)
    for alpha, beta, rest, coefficient in spec.leibniz:
        into[alpha].addcmul_(given[beta], b[rest], value=coefficient)
    return out


def _slope(kind: str, z: Tensor, spec: JetSpec, value: Tensor | None) -> tuple[Tensor, ...]:
    """The channels (N, width) of the jet of σ'(z)."""
    sigma = activation_derivatives(kind, z[0], spec.order + 1, value)[1:]
    b = (sigma[0], *((z[1:] * sigma[1]).unbind(0) if len(spec) > 1 else ()))
    _add_nonlinear(b, sigma, z, spec)
    return b


def _add_nonlinear(into: tuple[Tensor, ...], sigma: list[Tensor], z: Tensor, spec: JetSpec) -> None:
    """Add to every channel of the jet of f(z) what Faà di Bruno's formula has beside f'(z_0) z_α; sigma = f, f', … at z_0."""
    products = _Products(z)
    for channel in range(1 + spec.first, len(spec)):
        for order, terms in spec.nonlinear[channel]:
            if len(terms) == 1:
                into[channel].addcmul_(sigma[order], products(terms[0].blocks), value=terms[0].coefficient)
            else:
                into[channel].addcmul_(sigma[order], products.sum(terms))


class _Products:
    """Products of channels Π z_b, each formed once."""

    def __init__(self, z: Tensor) -> None:
        self._z = z.unbind(0)
        self._known: dict[tuple[int, ...], Tensor] = {}

    def __call__(self, blocks: tuple[int, ...]) -> Tensor:
        if len(blocks) == 1:
            return self._z[blocks[0]]
        if blocks not in self._known:
            self._known[blocks] = self(blocks[:-1]) * self._z[blocks[-1]]
        return self._known[blocks]

    def sum(self, terms: tuple[Term, ...]) -> Tensor:
        """Σ coefficient · Π z_b over two or more terms."""
        first, *others = terms
        total = self(first.blocks) * first.coefficient
        for term in others:
            total.addcmul_(self(term.blocks[:-1]), self._z[term.blocks[-1]], value=term.coefficient)
        return total


def _sine(z: Tensor, order: int, value: Tensor | None) -> list[Tensor]:
    """sin, cos, −sin, −cos, …"""
    s = torch.sin(z) if value is None else value
    c = torch.cos(z) if order else s
    cycle = [s, c, -s, -c] if order > 1 else [s, c]
    return [cycle[k % 4] for k in range(order + 1)]


def _tanh(z: Tensor, order: int, value: Tensor | None) -> list[Tensor]:
    """t = tanh z with t' = s = 1 − t² and s' = −2ts."""
    t = torch.tanh(z) if value is None else value
    return [t] if order == 0 else [t, *_bell_chain(torch.addcmul(t.new_ones(()), t, t, value=-1), t, order, (-2.0, 1.0, 1.0))]


def _sigmoid(z: Tensor, order: int, value: Tensor | None) -> list[Tensor]:
    """p = 1/(1 + e^−z) with p' = s = p − p², s' = s v for v = 1 − 2p, v' = −2s and v² = 1 − 4s."""
    p = torch.sigmoid(z) if value is None else value
    return [p] if order == 0 else [p, *_bell_chain(torch.addcmul(p, p, p, value=-1), 1 - 2 * p, order, (1.0, -2.0, 4.0))]


def _softplus(z: Tensor, order: int, value: Tensor | None) -> list[Tensor]:
    """log(1 + e^z), whose derivative is the sigmoid; above 40 it is z to the last digit."""
    first = torch.nn.functional.softplus(z, threshold=40.0) if value is None else value
    return [first, *(_sigmoid(z, order - 1, None) if order else [])]


def _gaussian(z: Tensor, order: int, value: Tensor | None) -> list[Tensor]:
    """e^(−z²/2) He_k(z) (−1)^k with Hermite's recurrence He_(k+1) = z He_k − k He_(k−1)."""
    hermite = [torch.ones_like(z), z]
    for k in range(1, order):
        hermite.append(z * hermite[k] - k * hermite[k - 1])
    bell = torch.exp(-0.5 * z * z) if value is None else value
    return [bell * hermite[k] * (-1.0) ** k for k in range(order + 1)]


def _identity(z: Tensor, order: int, value: Tensor | None) -> list[Tensor]:
    return [z, *(torch.ones_like(z) if k == 1 else torch.zeros_like(z) for k in range(1, order + 1))]


def _bell_chain(s: Tensor, v: Tensor, order: int, rates: tuple[float, float, float]) -> list[Tensor]:
    """s and its derivatives, `order` in all, for s' = a v s, v' = b s and v² = 1 − c s with the rates (a, b, c).

    The even ones are polynomials in s, the odd ones v times such, so that Horner's scheme is short.
    """
    values = [s]
    for number, coefficients in enumerate(_bell_polynomials(rates, order)[1:], start=1):
        value = s * coefficients[-1]
        for c in reversed(coefficients[1:-1]):
            value.add_(c).mul_(s)
        values.append(value.mul_(v) if number % 2 else value)
    return values


@lru_cache(maxsize=64)
def _bell_polynomials(rates: tuple[float, float, float], count: int) -> tuple[tuple[float, ...], ...]:
    """Rising coefficients of the polynomials E_0 = s, O_1, E_2, …: E' = v a s E_s, (v O)' = b s O + a s (1 − c s) O_s."""
    a, b, c = rates
    chain: list[tuple[float, ...]] = [(0.0, 1.0)]
    for number in range(1, count):
        last = chain[-1]
        if number % 2:
            chain.append(tuple(a * n * one for n, one in enumerate(last)))
        else:
            following = [0.0] * (len(last) + 1)
            for n, one in enumerate(last):
                following[n] += a * n * one
                following[n + 1] += (b - a * c * n) * one
            chain.append(tuple(following))
    return tuple(chain)


ACTIVATIONS: Mapping[str, Callable[[Tensor, int, Tensor | None], list[Tensor]]] = MappingProxyType({
    "sin": _sine,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "gaussian": _gaussian,
    "identity": _identity,
})

UNBOUNDED = frozenset({"softplus", "identity"})
"""Activations without an upper bound; their derivatives have one."""
