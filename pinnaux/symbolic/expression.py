"""Scalar formulas and their arithmetic: sums, products and powers, simplified only where it is free of risk.

A formula is a graph of immutable nodes; shared parts are the same object, and every walk visits a node once.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.symbolic.complex import meeting_complex
from pinnaux.symbolic.formula import Formula, described, is_number, refuse_array
from pinnaux.symbolic.named import Elementary
from pinnaux.symbolic.refusals import power_of_numbers, refuse_shapes, remedy_for
from pinnaux.symbolic.relations import Equation, Inequality, Relation
from pinnaux.symbolic.walk import ATOM, SUM, Node, Text, number_text, power_text, printed, product_text, sum_text


@meeting_complex
class Expr(Formula, Node):
    """Abstract scalar formula. Subclasses say what they are made of, how they print and how they differentiate."""

    shape: ClassVar[tuple[int, ...]] = ()

    @property
    def key(self) -> object:
        """What two nodes share that mean the same thing: the node itself, unless a subclass knows better."""
        return id(self)

    def fix(self, **attributes: object) -> None:
        """Set the attributes once, at construction; afterwards the node is immutable."""
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    @property
    def components(self) -> tuple[Expr, ...]:
        """The scalar itself, as a tuple: a tensor has several."""
        return (self,)

    @property
    def vanishes(self) -> bool:
        return is_constant(self, 0.0)

    @property
    def is_jump(self) -> bool:
        """Whether it is the derivative of a step, which is no function."""
        return False

    def is_zero_with(self, side: Expr) -> bool:
        """Whether it is seen to be 0 wherever `side` is: a multiple or positive power of it, its abs, its maximum with 0."""
        return self.key == side.key

    def map(self, function: Callable[[Expr], Expr], label: str = "") -> Expr:
        """function(self), as a tensor's does for its entries."""
        return function(self)

    @property
    def simplified(self) -> Expr:
        """The same, like terms of a sum added up."""
        return self

    def __str__(self) -> str:
        return printed(self)

    __hash__ = object.__hash__

    def __add__(self, other: object) -> Expr:
        return self.with_partner(other, "add", add)

    def __sub__(self, other: object) -> Expr:
        return self.with_partner(other, "subtract", subtract)

    def __mul__(self, other: object) -> Expr:
        return self.with_partner(other, "multiply", multiply)

    def __rmul__(self, other: object) -> Expr:
        return self.with_partner(other, "multiply", lambda a, b: multiply(b, a))

    def __truediv__(self, other: object) -> Expr:
        return self.with_partner(other, "divide", divide)

    def __rtruediv__(self, other: object) -> Expr:
        return self.with_partner(other, "divide", lambda a, b: divide(b, a))

    def __pow__(self, other: object) -> Expr:
        return self.with_partner(other, "raise to a power", power)

    def __rpow__(self, other: object) -> Expr:
        return self.with_partner(other, "raise to a power", lambda a, b: power(b, a))

    def __neg__(self) -> Expr:
        return multiply(Constant(-1.0), self)

    def __eq__(self, other: object) -> Equation:
        return self.with_partner(other, "equate", Equation)

    def __lt__(self, other: object) -> Inequality:
        return self.with_partner(other, "compare", lambda a, b: Inequality(a, b, strict=True))

    def __le__(self, other: object) -> Inequality:
        return self.with_partner(other, "compare", lambda a, b: Inequality(a, b, strict=False))

    def __gt__(self, other: object) -> Inequality:
        return self.with_partner(other, "compare", lambda a, b: Inequality(b, a, strict=True))

    def __ge__(self, other: object) -> Inequality:
        return self.with_partner(other, "compare", lambda a, b: Inequality(b, a, strict=False))

    def with_partner(self, other: object, verb: str, build: Callable[[Expr, Expr], Expr | Relation]) -> Expr | Relation:
        """build(self, other as a scalar); NotImplemented where `other` is a Tensor, which then decides itself."""
        if isinstance(other, Formula) and not isinstance(other, Expr):
            return NotImplemented
        return build(self, self.partner(other, verb))

    def partner(self, other: object, verb: str) -> Expr:
        """The other operand as a scalar."""
        if isinstance(other, (tuple, list)):
            refuse_shapes(verb, self, other)
        if isinstance(other, np.ndarray) and other.ndim:
            refuse_array(other, self)
        return as_expr(other, f"cannot {verb} {described(self)} and")


def as_expr(value: object, attempt: str = "cannot use") -> Expr:
    """A scalar formula or number as Expr; anything else is refused as `attempt` <value>."""
    if isinstance(value, Expr):
        return value
    if is_number(value):
        return Constant(float(value))
    raise DeclarationError(f"{attempt} {described(value)}", hint=remedy_for(value))


class Constant(Expr):
    """A number."""

    value: float

    def __init__(self, value: float) -> None:
        if not math.isfinite(value):
            raise DeclarationError(f"a formula cannot hold the number {value}", hint="numbers in formulas are finite")
        self.fix(value=value)

    def text(self, parts: Sequence[Text]) -> Text:
        return number_text(self.value), SUM if self.value < 0 else ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        return ZERO


class Sum(Expr):
    """The sum of two or more terms, none of them a Sum and at most the last a Constant. Made by `add`."""

    def __init__(self, terms: tuple[Expr, ...]) -> None:
        self.fix(children=terms)

    @property
    def terms(self) -> tuple[Expr, ...]:
        return self.children

    @property
    def simplified(self) -> Expr:
        """2uv + 3vu is 5uv."""
        alike: dict[object, list[Expr]] = {}
        for term in self.terms:
            alike.setdefault(likeness(term), []).append(term)
        return self if len(alike) == len(self.terms) else add(*(combined(terms) for terms in alike.values()))

    def text(self, parts: Sequence[Text]) -> Text:
        return sum_text([word for word, _ in parts])

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        return add(*tangents)


class Product(Expr):
    """The product of two or more factors, none of them a Product and at most the first a Constant. Made by `multiply`."""

    def __init__(self, factors: tuple[Expr, ...]) -> None:
        self.fix(children=factors)

    @property
    def factors(self) -> tuple[Expr, ...]:
        return self.children

    def is_zero_with(self, side: Expr) -> bool:
        finite = all(one.is_positive for one in self.factors if isinstance(one, Power))
        return super().is_zero_with(side) or finite and any(one.is_zero_with(side) for one in self.factors)

    def text(self, parts: Sequence[Text]) -> Text:
        if isinstance(self.factors[0], Constant):
            return product_text(parts[0][0], parts[1:])
        return product_text(None, parts)

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        """(f g h)' = f' g h + f g' h + f g h', where the jump of a factor drops out if the others are 0 there."""
        terms = []
        for i, slope in enumerate(tangents):
            others = self.factors[:i] + self.factors[i + 1:]
            for part in slope.terms if isinstance(slope, Sum) else (slope,):
                if not is_constant(part, 0.0) and not jump_is_hidden(part, others):
                    terms.append(multiply(*others, part))
        return add(*terms)


class Power(Expr):
    """base ** exponent. Made by `power`."""

    def __init__(self, base: Expr, exponent: Expr) -> None:
        self.fix(children=(base, exponent))

    @property
    def base(self) -> Expr:
        return self.children[0]

    @property
    def exponent(self) -> Expr:
        return self.children[1]

    @property
    def is_positive(self) -> bool:
        """Whether the exponent is a positive number."""
        return isinstance(self.exponent, Constant) and self.exponent.value > 0

    def is_zero_with(self, side: Expr) -> bool:
        return super().is_zero_with(side) or self.is_positive and self.base.is_zero_with(side)

    def text(self, parts: Sequence[Text]) -> Text:
        return power_text(*parts, divides=isinstance(self.exponent, Constant) and self.exponent.value < 0)

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        """(b^e)' = e b^(e-1) b' + b^e log(b) e'."""
        slope, exponent_slope = tangents
        terms = []
        if not is_constant(slope, 0.0):
            terms.append(multiply(self.exponent, power(self.base, subtract(self.exponent, ONE)), slope))
        if not is_constant(exponent_slope, 0.0):
            terms.append(multiply(self, Function(LOGARITHM, (self.base,)), exponent_slope))
        return add(*terms)


class Function(Expr):
    """A named function of formulas. `.name` is the name it has in the language."""

    kind: Elementary

    def __init__(self, kind: Elementary, arguments: tuple[Expr, ...]) -> None:
        self.fix(kind=kind, children=arguments)

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def arguments(self) -> tuple[Expr, ...]:
        return self.children

    def is_zero_with(self, side: Expr) -> bool:
        through = self.name in ZERO_AT_ZERO and all(is_constant(one, 0.0) or one.is_zero_with(side) for one in self.arguments)
        return super().is_zero_with(side) or through

    def text(self, parts: Sequence[Text]) -> Text:
        return f"{self.name}({', '.join(word for word, _ in parts)})", ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        """f(a, b)' = f_a a' + f_b b'."""
        if all(is_constant(slope, 0.0) for slope in tangents):
            return ZERO
        partials = self.kind.partials(self, *self.arguments)
        return add(*(multiply(partial, slope) for partial, slope in zip(partials, tangents)))


def jump_is_hidden(slope: Expr, others: Sequence[Expr]) -> bool:
    """Whether the term of a derivative holds a jump where another factor of it is 0: |a|·sign(a) has the derivative a' alone."""
    factors = slope.factors if isinstance(slope, Product) else (slope,)
    jumps = [factor for factor in factors if factor.is_jump]
    rest = [*others, *(factor for factor in factors if not factor.is_jump)]
    may_be_infinite = any(isinstance(factor, Power) and not factor.is_positive for factor in rest)
    return len(jumps) == 1 and jumps[0].is_hidden_by(rest) and not may_be_infinite


ZERO_AT_ZERO = ("abs", "sqrt", "maximum", "minimum")
ZERO = Constant(0.0)
ONE = Constant(1.0)
LOGARITHM = Elementary("log", np.log, lambda node, a: (divide(ONE, a),))


def is_constant(expression: Expr, value: float | None = None) -> bool:
    """Whether the formula is a number (the given one)."""
    return isinstance(expression, Constant) and (value is None or expression.value == value)


def is_integer(expression: Expr) -> bool:
    """Whether the formula is a whole number, positive or negative."""
    return isinstance(expression, Constant) and expression.value.is_integer()


def add(*terms: Expr) -> Expr:
    """The sum: nested sums flattened, numbers gathered at the end, zeros dropped."""
    flat = [part for term in terms for part in (term.terms if isinstance(term, Sum) else (term,))]
    number = sum(part.value for part in flat if isinstance(part, Constant))
    kept = [part for part in flat if not isinstance(part, Constant)]
    if number or not kept:
        kept.append(Constant(float(number)))
    return kept[0] if len(kept) == 1 else Sum(tuple(kept))


def subtract(left: Expr, right: Expr) -> Expr:
    """left − right."""
    return add(left, multiply(Constant(-1.0), right))


def multiply(*factors: Expr) -> Expr:
    """The product: nested products flattened, numbers gathered in front, equal factors made one whole power."""
    flat = [part for factor in factors for part in (factor.factors if isinstance(factor, Product) else (factor,))]
    number = math.prod(part.value for part in flat if isinstance(part, Constant))
    if number == 0.0:
        return ZERO
    kept: dict[object, tuple[Expr, float]] = {}
    for part in flat:
        if not isinstance(part, Constant):
            base, exponent = whole_power(part)
            kept[base.key] = (base, exponent + kept.get(base.key, (base, 0.0))[1])
    powers = [power(base, Constant(exponent)) for base, exponent in kept.values()]
    if [whole_power(one)[0].key for one in powers] != list(kept):  # a root has become what it is the root of: it may be there already
        return multiply(Constant(number), *powers)
    if number != 1.0 or not powers:
        powers.insert(0, Constant(number))
    return powers[0] if len(powers) == 1 else Product(tuple(powers))


def whole_power(factor: Expr) -> tuple[Expr, float]:
    """(b, n) of a factor b^n with n a positive whole number; (factor, 1) of any other: b/b stays, it is undefined at b = 0."""
    if isinstance(factor, Power) and is_integer(factor.exponent) and factor.exponent.value > 0:
        return factor.base, factor.exponent.value
    return factor, 1.0


def numbered(term: Expr) -> tuple[float, tuple[Expr, ...]]:
    """The number in front of a term, and its other factors."""
    factors = term.factors if isinstance(term, Product) else (term,)
    first = factors[0]
    return (first.value, factors[1:]) if isinstance(first, Constant) else (1.0, factors)


def likeness(term: Expr) -> object:
    """What terms share that differ by a number only."""
    return frozenset(Counter((base.key, exponent) for base, exponent in map(whole_power, numbered(term)[1])).items())


def combined(terms: Sequence[Expr]) -> Expr:
    """The sum of terms that differ by a number only."""
    return multiply(Constant(sum(numbered(term)[0] for term in terms)), *numbered(terms[0])[1])


def divide(above: Expr, below: Expr) -> Expr:
    """above / below."""
    return multiply(above, power(below, Constant(-1.0)))


def power(base: Expr, exponent: Expr) -> Expr:
    """base ** exponent; numbers are evaluated, whole powers of whole powers merged, and even powers of roots are powers without."""
    if is_constant(exponent, 0.0):
        return ONE
    if is_constant(exponent, 1.0):
        return base
    if isinstance(base, Constant) and isinstance(exponent, Constant):
        return Constant(power_of_numbers(base.value, exponent.value))
    if isinstance(base, Power) and is_integer(base.exponent) and is_integer(exponent):
        return Power(base.base, Constant(base.exponent.value * exponent.value))
    if isinstance(base, Function) and base.name == "sqrt" and is_integer(exponent) and exponent.value % 2 == 0:
        return power(base.arguments[0], Constant(exponent.value / 2))
    return Power(base, exponent)
