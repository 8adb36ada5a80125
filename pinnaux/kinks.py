"""Where known coefficients jump or bend along a coordinate, as where(x < 0.3, 1, 10) and abs(x - 1) do: solutions are less smooth there.

Of an equation whose highest derivatives are of order m the m-th ones jump where a coefficient does, and all lower ones are continuous.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pinnaux.geometry.domain import Domain
from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.scalar import Constant, Coordinate, Expr, Function, Power, Product, Sum, Where, postorder, subtract

SAMPLES, HALVINGS = 1000, 60
MOST = 8
"""Places along a coordinate, in all; of what jumps more often none is taken for itself."""
APART = 1e-6
"""Places nearer than this, relative to the interval, are one."""
BENDING = ("abs", "sign", "minimum", "maximum")


@dataclass(frozen=True)
class Kink:
    """At this place of a coordinate derivatives of this order jump, those below it do not."""

    coordinate: str
    place: float
    order: int


def kink_places(formulas: Iterable[Expr], domain: Domain) -> dict[str, tuple[float, ...]]:
    """The places inside the domain, by coordinate; of periodic coordinates and angles from an axis none."""
    found: dict[str, list[float]] = {name: [] for name in domain.names if name not in domain.periodic and name != domain.frame.polar}
    differences = {difference.key: difference for node in valued(formulas) for difference in compared(node)}
    for difference in differences.values():
        name = only_coordinate(difference)
        if name in found:
            found[name] += crossings(difference, name, *map(float, domain.bounds[domain.names.index(name)]))
    return {name: distinct(places, float(np.ptp(domain.bounds[domain.names.index(name)]))) for name, places in found.items()}


def valued(formulas: Iterable[Expr]) -> list[Expr]:
    """The nodes that values come from, not those that are only compared: where(abs(x) < 1, …) takes nothing of the bend of abs at 0."""
    waiting, found = list(formulas), dict.fromkeys(formulas)
    while waiting:
        node = waiting.pop()
        inner = [child for child in (node.children[-2:] if isinstance(node, Where) else node.children) if child not in found]
        found |= dict.fromkeys(inner)
        waiting += inner
    return list(found)


def compared(node: Expr) -> list[Expr]:
    """What is zero where a node takes another branch."""
    if isinstance(node, Where):
        sides = node.children[:-2]
        return [subtract(left, right) for left, right in zip(sides[::2], sides[1::2])]
    if isinstance(node, Function) and node.name in BENDING:
        first, *others = node.arguments
        return [subtract(first, other) for other in others] or [first]
    return []


def only_coordinate(difference: Expr) -> str | None:
    """The coordinate of which the formula is a known function, if it is one of a single coordinate."""
    nodes = postorder([difference])
    names = {node.name for node in nodes if isinstance(node, Coordinate)}
    known = all(isinstance(node, (Constant, Coordinate, Sum, Product, Power, Function, Where)) for node in nodes)
    return names.pop() if known and len(names) == 1 else None


def crossings(difference: Expr, name: str, low: float, high: float) -> list[float]:
    """Where it changes its sign between two bounds."""
    samples = np.linspace(low, high, SAMPLES + 1)
    above = evaluate(difference, {name: samples}) > 0
    left = samples[:-1][above[1:] != above[:-1]]
    right, start = left + (high - low) / SAMPLES, above[:-1][above[1:] != above[:-1]]
    for _ in range(HALVINGS if len(left) else 0):
        middle = (left + right) / 2
        same = (evaluate(difference, {name: middle}) > 0) == start
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    return [float(place) for place in right if low + APART * (high - low) < place < high - APART * (high - low)]


def distinct(places: Sequence[float], size: float) -> tuple[float, ...]:
    """The places in order, each once; none where there are too many."""
    ordered = sorted(places)
    kept = [place for place, before in zip(ordered, [-np.inf, *ordered]) if place - before > APART * size]
    return tuple(kept) if len(kept) <= MOST else ()
