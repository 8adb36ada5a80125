"""Where formulas take another branch, as where(x < 0.3, 1, 10), abs(x - 1) and comparisons do: the places along one coordinate."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pinnaux.symbolic.numeric import evaluate
from pinnaux.symbolic.relations import Relation
from pinnaux.symbolic.scalar import Constant, Coordinate, Expr, Function, Power, Product, Sum, Where, postorder, subtract

SAMPLES, HALVINGS = 1000, 60
EDGE = 1e-6
"""Nearer to a bound than this, relative to the interval, there is no other side."""
BENDING = ("abs", "sign", "minimum", "maximum")


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
        return differences(node.predicate)
    if isinstance(node, Function) and node.name in BENDING:
        first, *others = node.arguments
        return [subtract(first, other) for other in others] or [first]
    return []


def differences(relation: Relation) -> list[Expr]:
    """What is zero where a comparison of scalars, or one of several, changes."""
    sides = [side for operand in relation.operands for side in operand.components]
    return [subtract(left, right) for left, right in zip(sides[::2], sides[1::2])]


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
    return [float(place) for place in right if low + EDGE * (high - low) < place < high - EDGE * (high - low)]
