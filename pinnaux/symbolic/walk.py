"""Walks over the graph of a formula: in order, to print, to differentiate. Each node is visited once, without recursion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinnaux.symbolic.expression import Expr

# How tightly a piece of text binds when printed.
SUM, PRODUCT, POWER, ATOM = range(4)
Text = tuple[str, int]
# Shared parts are printed wherever they occur; without a bound a small graph could print without end.
LONGEST_PART = 200


class Node:
    """A node of the graph of a formula: what walks ask of it, given the answers of its children."""

    children: tuple[Expr, ...] = ()

    def text(self, parts: Sequence[Text]) -> Text:
        """The printed form and how tightly it binds, given those of the children."""
        raise AssertionError(f"{type(self).__name__} must say how it prints")

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        """The derivative with respect to the coordinate, given those of the children."""
        raise AssertionError(f"{type(self).__name__} must say how it differentiates")

    def check_slope(self, coordinate: str) -> None:
        """Raise DeclarationError where the node may be no part of a derivative in the coordinate."""

    def moved(self, places: Mapping[object, Expr], parts: Sequence[Expr]) -> Expr:
        """The node where the leaves of these keys have other values, given its children there."""
        return rebuilt(self, parts)

    def replaced(self, leaf: Callable[[Expr], Expr], parts: Sequence[Expr]) -> Expr:
        """The node with other leaves, given its children with them."""
        return rebuilt(self, parts) if self.children else leaf(self)


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


def sum_text(words: Sequence[str]) -> Text:
    """The sum of the printed terms; 1 - x reads better than -x + 1."""
    first = next((i for i, word in enumerate(words) if not word.startswith("-")), 0)
    rest = [*words[:first], *words[first + 1:]]
    signed = (f" - {word[1:]}" if word.startswith("-") else f" + {word}" for word in rest)
    return words[first] + "".join(signed), SUM


def product_text(number: str | None, parts: Sequence[Text]) -> Text:
    """The product of a printed number in front, if there is one, and the printed factors."""
    below = [word[1:] for word, _ in parts if word.startswith("1/")]
    above = [bracketed(part, PRODUCT) for part in parts if not part[0].startswith("1/")]
    numerator = "*".join([*([] if number is None else [number]), *above]) or "1"
    for minus, sign in (("-1*", "-"), ("1*", "")):
        if numerator.startswith(minus):
            numerator = sign + numerator[len(minus):]
    return numerator + "".join(below), SUM if numerator.startswith("-") else PRODUCT


def power_text(base: Text, exponent: Text, divides: bool) -> Text:
    """The printed power; one that divides has a negative number, -2, as its exponent."""
    foot = bracketed(base, ATOM)
    if not divides:
        return f"{foot}^{bracketed(exponent, ATOM)}", POWER
    size = exponent[0][1:]
    return f"1/{foot}" + (f"^{size}" if size != "1" else ""), PRODUCT


def number_text(number: float) -> str:
    """A whole number as such, others as Python has them or, where that is long, with six digits."""
    exact = repr(int(number)) if number.is_integer() and abs(number) < 1e6 else repr(number)
    return exact if len(exact) <= 8 else f"{number:.6g}"


def bracketed_label(formula: object) -> str:
    """The printed form of a formula or number, in brackets if it is a sum or a negative."""
    text = str(formula)
    return f"({text})" if needs_brackets(text) else text


def needs_brackets(text: str) -> bool:
    """Whether a sum shows outside all brackets of the text."""
    depth = 0
    for i, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and letter in "+-" and (i == 0 or text[i - 1] == " "):
            return True
    return False


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


def rebuilt(node: Expr, parts: Sequence[Expr]) -> Expr:
    """A node of the same kind on other children; itself if they are the same."""
    if all(new is old for new, old in zip(parts, node.children)):
        return node
    copy = object.__new__(type(node))
    copy.fix(**{name: value for name, value in vars(node).items() if name != "children"}, children=tuple(parts))
    return copy


def replaced(expression: Expr, leaf: Callable[[Expr], Expr]) -> Expr:
    """The formula with every leaf replaced by `leaf` of it; what holds no other leaves stays the same object."""
    there: dict[Expr, Expr] = {}
    for node in postorder([expression]):
        there[node] = node.replaced(leaf, [there[child] for child in node.children])
    return there[expression]


def moved(expression: Expr, places: Mapping[object, Expr]) -> Expr:
    """The formula where the leaves of these keys have other values; the same object if it holds none of them."""
    there: dict[Expr, Expr] = {}
    for node in postorder([expression]):
        there[node] = node.moved(places, [there[child] for child in node.children])
    return there[expression]
