"""The value of an unknown function at an argument: a formula that stands for it, and remembers both."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pinnaux.symbolic.expression import ZERO, Expr, is_constant, multiply
from pinnaux.symbolic.walk import ATOM, Text


class Applied(Expr):
    """The `order`-th derivative of a function `name` at `argument`, which `formula` is; `derivatives(argument, order)` gives others.

    `owner` is what the user declared.
    """

    owner: object
    order: int
    derivatives: Callable[[Expr, int], Expr]

    def __init__(self, owner: object, order: int, derivatives: Callable[[Expr, int], Expr], formula: Expr, argument: Expr) -> None:
        self.fix(owner=owner, order=order, derivatives=derivatives, children=(formula, argument))

    @property
    def name(self) -> str:
        return self.owner.name + "'" * self.order

    @property
    def argument(self) -> Expr:
        return self.children[1]

    def text(self, parts: Sequence[Text]) -> Text:
        return f"{self.name}({parts[1][0]})", ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        """The chain rule, so that the function and its argument are still seen in derivatives."""
        slope = tangents[1]
        return ZERO if is_constant(slope, 0.0) else multiply(self.derivatives(self.argument, self.order + 1), slope)
