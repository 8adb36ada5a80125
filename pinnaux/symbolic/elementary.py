"""The named scalar functions: for each its values on NumPy arrays and its partial derivatives as formulas."""

from __future__ import annotations

import math
from types import MappingProxyType

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.symbolic.expression import (
    LOGARITHM,
    ONE,
    ZERO,
    Constant,
    Expr,
    Function,
    add,
    divide,
    is_constant,
    multiply,
    power,
    subtract,
)
from pinnaux.symbolic.jump import Jump
from pinnaux.symbolic.named import Elementary
from pinnaux.symbolic.relations import Inequality
from pinnaux.symbolic.scalar import Where


def call(name: str, *arguments: Expr) -> Function:
    """The node of the named function at the arguments."""
    return Function(FUNCTIONS[name], arguments)


def square(a: Expr) -> Expr:
    """a²."""
    return power(a, Constant(2.0))


def atan2_partials(node: Expr, y: Expr, x: Expr) -> tuple[Expr, ...]:
    """∂ atan2(y, x) = (x, −y) / (x² + y²)."""
    squared = add(square(x), square(y))
    return divide(x, squared), divide(multiply(Constant(-1.0), y), squared)


def smaller_partials(node: Expr, a: Expr, b: Expr) -> tuple[Expr, ...]:
    """∂ minimum(a, b): that of the smaller argument (of a where they are equal)."""
    first = Inequality(a, b, strict=False)
    return Where(first, ONE, ZERO), Where(first, ZERO, ONE)


def larger_partials(node: Expr, a: Expr, b: Expr) -> tuple[Expr, ...]:
    """∂ maximum(a, b): that of the larger argument (of a where they are equal)."""
    first = Inequality(b, a, strict=False)
    return Where(first, ONE, ZERO), Where(first, ZERO, ONE)


def gaussian(node: Expr, a: Expr) -> tuple[Expr, ...]:
    """∂ erf(a) = 2/√π exp(−a²)."""
    return (multiply(Constant(2.0 / math.sqrt(math.pi)), call("exp", multiply(Constant(-1.0), square(a)))),)


# Where a derivative can be written by the function's own value, the node is reused and computed once.
FUNCTIONS = MappingProxyType({
    one.name: one
    for one in (
        Elementary("sin", np.sin, lambda node, a: (call("cos", a),)),
        Elementary("cos", np.cos, lambda node, a: (multiply(Constant(-1.0), call("sin", a)),)),
        Elementary("tan", np.tan, lambda node, a: (add(ONE, square(node)),)),
        Elementary("asin", np.arcsin, lambda node, a: (power(subtract(ONE, square(a)), Constant(-0.5)),)),
        Elementary("acos", np.arccos, lambda node, a: (multiply(Constant(-1.0), power(subtract(ONE, square(a)), Constant(-0.5))),)),
        Elementary("atan", np.arctan, lambda node, a: (divide(ONE, add(ONE, square(a))),)),
        Elementary("atan2", np.arctan2, atan2_partials),
        Elementary("sinh", np.sinh, lambda node, a: (call("cosh", a),)),
        Elementary("cosh", np.cosh, lambda node, a: (call("sinh", a),)),
        Elementary("tanh", np.tanh, lambda node, a: (subtract(ONE, square(node)),)),
        Elementary("exp", np.exp, lambda node, a: (node,)),
        LOGARITHM,
        Elementary("sqrt", np.sqrt, lambda node, a: (divide(Constant(0.5), node),)),
        Elementary("abs", np.abs, lambda node, a: (call("sign", a),)),
        Elementary("sign", np.sign, lambda node, a: (Jump(node, a, f"{a} is 0"),)),
        Elementary("minimum", np.minimum, smaller_partials),
        Elementary("maximum", np.maximum, larger_partials),
        Elementary("erf", np.vectorize(math.erf, otypes=[float]), gaussian),
    )
})


def called(name: str, *arguments: Expr) -> Expr:
    """The named function at the arguments, a number where they all are."""
    if all(is_constant(argument) for argument in arguments):
        return Constant(value_at(name, *(argument.value for argument in arguments)))
    return call(name, *arguments)


def value_at(name: str, *numbers: float) -> float:
    """The named function of numbers, refused where it is no number."""
    with np.errstate(all="ignore"):
        value = float(FUNCTIONS[name].values(*(float(number) for number in numbers)))
    if not math.isfinite(value):
        listed = ", ".join(f"{number:g}" for number in numbers)
        raise DeclarationError(f"{name}({listed}) is not a number", hint="check the argument: it is outside the function's range")
    return value
