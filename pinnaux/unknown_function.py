"""Unknown functions of a number: a material law, a rate, a closure, found together with the fields it acts on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.fields import Parameter, check_unknown_name
from pinnaux.symbolic.applied import Applied
from pinnaux.symbolic.formula import described, is_number
from pinnaux.symbolic.frame import Frame
from pinnaux.symbolic.functions import cos, exp, sin
from pinnaux.symbolic.scalar import Coordinate, Expr, add, as_expr, differentiate, moved, multiply

WAVES = 8
"""Waves of a period of twice the interval: smooth functions are met to 1e-6 (D. Huybrechs, SIAM J. Numer. Anal. 47, 4326-4355, 2010)."""
PLACE = Coordinate("place", Frame(("place",)))


class Coefficient(Parameter):
    """One of the numbers that make up an unknown function."""

    function: UnknownFunction

    def __init__(self, function: UnknownFunction, number: int, initial: float) -> None:
        self.fix(name=f"{function.name}[{number}]", initial=initial, lower=None, upper=None, function=function)


@dataclass(frozen=True, eq=False, repr=False)
class UnknownFunction:
    """A smooth unknown function of one number: k = UnknownFunction("k", between=(0, 1)), then k(u) in equations.

    `between` are the values of its argument, the same unit as the argument's. The search starts from the constant `initial`, whose
    size is that of the function; with `positive` it is the logarithm that is sought, so that the function stays positive.
    Raises DeclarationError for a name that is no word, for bounds that are not two increasing numbers, for an `initial` that is no
    number, or not positive where the function is to be.
    """

    name: str
    between: tuple[float, float]
    initial: float = 1.0
    positive: bool = False

    def __post_init__(self) -> None:
        check_unknown_name(self.name, "an unknown function")
        check_between(self.name, self.between)
        if not (is_number(self.initial) and math.isfinite(self.initial)):
            raise DeclarationError(f"the initial value of function {self.name} must be a finite number, not {described(self.initial)}",
                                   hint="leave it out for 1")
        if self.positive and not self.initial > 0:
            raise DeclarationError(f"function {self.name} is declared positive and starts from {self.initial:g}", hint="give initial= a positive value")

    def __repr__(self) -> str:
        return f"UnknownFunction({self.name} between {self.between[0]:g} and {self.between[1]:g})"

    def __call__(self, argument: object) -> Expr:
        """The function's value at a scalar formula or number."""
        return self._derivative(as_expr(argument, f"the unknown function {self.name} cannot take"), 0)

    @cached_property
    def coefficients(self) -> tuple[Coefficient, ...]:
        """The numbers that make it up, the constant first."""
        first = 0.0 if self.positive or self.initial == 0 else 1.0
        return tuple(Coefficient(self, number, 0.0 if number else first) for number in range(2 + 2 * WAVES))

    @property
    def scale(self) -> float:
        """The size of the function: that of its initial value, or 1."""
        return float(self.initial) or 1.0

    def values(self, coefficients: Sequence[float], arguments: np.ndarray) -> np.ndarray:
        """The function with these coefficients at arguments of any shape."""
        low, high = self.between
        terms = basis((2 * np.asarray(arguments, dtype=float) - low - high) / (high - low), np.sin, np.cos)
        total = sum(number * term for number, term in zip(coefficients, terms, strict=True))
        return self.scale * (np.exp(total) if self.positive else total)

    def _derivative(self, argument: Expr, order: int) -> Expr:
        formula = moved(self._at_place(order), {PLACE.key: argument})
        return Applied(self, order, self._derivative, formula, argument)

    def _at_place(self, order: int) -> Expr:
        if order:
            return differentiate(self._at_place(order - 1), PLACE)
        low, high = self.between
        terms = basis((2 * PLACE - (low + high)) / (high - low), sin, cos)
        total = add(*(multiply(number, as_expr(term)) for number, term in zip(self.coefficients, terms, strict=True)))
        return self.scale * (exp(total) if self.positive else total)


@dataclass(frozen=True)
class FoundFunction:
    """A function with the numbers found; `reach` are the least and the largest argument that conditions have given it: beyond, it is a guess."""

    function: UnknownFunction
    coefficients: tuple[float, ...]
    reach: tuple[float, float]

    def __call__(self, arguments: np.ndarray) -> np.ndarray:
        """The function at arguments of any shape."""
        return self.function.values(self.coefficients, arguments)


def basis(place: Expr | np.ndarray, sine: Callable, cosine: Callable) -> list:
    """1, s, and sin and cos of waves of period 4 on −1 ≤ s ≤ 1, the finer ones the smaller: they tend to be less in smooth functions."""
    waves = [wave(number * (math.pi / 2) * place) / number**2 for number in range(1, WAVES + 1) for wave in (sine, cosine)]
    return [place * 0 + 1 if isinstance(place, np.ndarray) else 1.0, place, *waves]


def check_between(name: str, between: object) -> None:
    """Refuse what is not two increasing finite numbers."""
    pair = isinstance(between, (tuple, list)) and len(between) == 2 and all(is_number(one) and math.isfinite(one) for one in between)
    if not pair or not between[0] < between[1]:
        raise DeclarationError(f"function {name} needs the least and the largest value of its argument, not {described(between)}",
                               hint=f'for instance UnknownFunction("{name}", between=(0, 1))')
