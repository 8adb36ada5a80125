"""Equations at the axis of curvilinear coordinates, where their terms are divided by 0.

On the axis r = 0 (and where sin θ = 0) terms such as u_r/r are 0/0, and beside it rounding in them drowns all else. An equation that is
divided by z^k with z = r or sin θ is therefore multiplied by (z²/(z² + δ²))^(k/2), if z vanishes in the domain: by about 1 but beside the
axis. That leaves its solutions as they are, makes every term finite, and on the axis it becomes what a smooth function satisfies there:
r²Δu = 0 says u_θθ = 0, r Δu = 0 says u_r = 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pinnaux.symbolic.frame import Frame
from pinnaux.symbolic.functions import sin
from pinnaux.symbolic.scalar import Constant, Coordinate, Expr, Function, Power, Product, Sum, add, multiply, postorder, power

BESIDE = 0.1
"""δ relative to the largest radius, and to 1 for the sine of an angle."""

# How often a formula is divided by each of the zeros.
Orders = tuple[int, ...]
# A formula free of poles, and their orders: the formula meant is the first divided by the zeros to the second.
Cleared = tuple[Expr, Orders]


def zero(frame: Frame, axis: int) -> Expr:
    """What vanishes on the axis: the radius, coordinate 0, or in spherical coordinates the sine of the angle from the axis, coordinate 1."""
    coordinate = Coordinate(frame.names[axis], frame)
    return sin(coordinate) if axis else coordinate


def regular(formula: Expr, roots: Sequence[tuple[Expr, float]]) -> Expr:
    """The formula times (z²/(z² + δ²))^(k/2) for each zero z, given with its size, that it is divided by k times."""
    cleared, orders = without_poles(formula, [root for root, _ in roots])
    margins = [add(power(root, Constant(2.0)), Constant((BESIDE * size) ** 2)) for root, size in roots]
    return multiply(cleared, *(power(margin, Constant(-order / 2)) for margin, order in zip(margins, orders))) if any(orders) else cleared


def without_poles(formula: Expr, roots: Sequence[Expr]) -> Cleared:
    """The formula times the zeros `roots` to the least orders that leave no division by them, and these orders."""
    known: dict[Expr, Cleared] = {}
    for node in postorder([formula] if roots else []):
        known[node] = _of_sum(node, known, roots) if isinstance(node, Sum) else _of_product(node, known, roots)
    return known.get(formula, (formula, ()))


def has_pole(formula: Expr, roots: Sequence[Expr]) -> bool:
    """Whether the formula divides by one of the zeros anywhere, also inside of functions."""
    powers = [one for node in postorder([formula]) for one in factored(node)]
    return any(exponent < 0 and is_same(base, zero) for base, exponent in powers for zero in roots)


def factored(node: Expr) -> list[tuple[Expr, int]]:
    """The formula as a product of whole powers."""
    if isinstance(node, Product):
        return [pair for factor in node.factors for pair in factored(factor)]
    if isinstance(node, Power) and isinstance(node.exponent, Constant) and node.exponent.value.is_integer():
        return [(base, exponent * int(node.exponent.value)) for base, exponent in factored(node.base)]
    return [(node, 1)]


def is_same(factor: Expr, zero: Expr) -> bool:
    """Whether a factor is one of the zeros, r or sin θ."""
    if isinstance(factor, Function) and isinstance(zero, Function):
        return factor.name == zero.name and factor.arguments[0].key == zero.arguments[0].key
    return factor.key == zero.key


def _of_product(node: Expr, known: Mapping[Expr, Cleared], roots: Sequence[Expr]) -> Cleared:
    """Of a product of whole powers: the zeros are counted, and what is left of them stays."""
    rest, counts, changed = [], [0] * len(roots), False
    for base, exponent in factored(node):
        place = next((i for i, zero in enumerate(roots) if is_same(base, zero)), None)
        if place is not None:
            counts[place] += exponent
            changed |= exponent < 0
            continue
        part, orders = known.get(base, (base, (0,) * len(roots)))
        counts = [count - exponent * order for count, order in zip(counts, orders)]
        changed |= part is not base
        rest.append(part if exponent == 1 else power(part, Constant(float(exponent))))
    regular = multiply(*rest, *_powers(roots, [max(count, 0) for count in counts])) if changed else node
    return regular, tuple(max(-count, 0) for count in counts)


def _of_sum(node: Sum, known: Mapping[Expr, Cleared], roots: Sequence[Expr]) -> Cleared:
    """Of a sum: every term times what it lacks of the highest order."""
    terms = [known[term] for term in node.terms]
    most = tuple(max(orders[i] for _, orders in terms) for i in range(len(roots)))
    if not any(most):
        return node, most
    return add(*(multiply(part, *_powers(roots, [m - k for m, k in zip(most, orders)])) for part, orders in terms)), most


def _powers(roots: Sequence[Expr], exponents: Sequence[int]) -> list[Expr]:
    """The zeros to these powers, those to the power 0 left out."""
    return [power(zero, Constant(float(exponent))) for zero, exponent in zip(roots, exponents) if exponent]
