"""Walks over the graph of a formula: in order, to print, to differentiate. Each node is visited once, without recursion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinnaux.symbolic.expression import Expr

# How tightly a piece of text binds when printed.
SUM, PRODUCT, POWER, ATOM = range(4)
Text = tuple[str, int]
# Shared parts are printed wherever they occur; without a bound a small graph could print without end.
LONGEST_PART = 200


def postorder(expressions: Iterable[Expr]) -> list[Expr]:
    """Every distinct node of the formulas once, children before parents."""
    ordered: dict[Expr, None] = {}
    stack = [(expression, False) for expression in expressions][::-1]
    while stack:
        node, children_done = stack.pop()
        if node in ordered:
            continue
        if children_done:
            ordered[node] = None
        else:
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.children))
    return list(ordered)


def printed(expression: Expr) -> str:
    """The formula in readable mathematics; long inner parts are cut short by '…'."""
    texts: dict[Expr, Text] = {}
    for node in postorder([expression]):
        word, binding = node.text([texts[child] for child in node.children])
        if len(word) > LONGEST_PART and node is not expression:
            word = word[:LONGEST_PART] + "…"
        texts[node] = (word, binding)
    return texts[expression][0]


def bracketed(part: Text, at_least: int) -> str:
    """The text, in brackets if it binds less tightly than `at_least`."""
    word, binding = part
    return word if binding >= at_least else f"({word})"


def differentiate(expression: Expr, coordinate: Expr) -> Expr:
    """∂expression/∂coordinate; a part that does not depend on the coordinate is constant.

    Raises DeclarationError where it is no function.
    """
    tangents: dict[Expr, Expr] = {}
    for node in postorder([expression]):
        tangents[node] = node.tangent(coordinate.name, [tangents[child] for child in node.children])
    slope = tangents[expression]
    for node in postorder([slope]):
        node.check_slope(coordinate.name)
    return slope
