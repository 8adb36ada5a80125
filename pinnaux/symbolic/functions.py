"""Scalar functions for problem files: sin, exp, where, minimum … of formulas and of plain numbers alike.

A function of a number is a number; a function of a formula is a formula that knows its derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.symbolic.analytic import analytic
from pinnaux.symbolic.complex import Complex, is_complex, joined, parts, written
from pinnaux.symbolic.coordinates import remedy_or
from pinnaux.symbolic.elementary import called, value_at
from pinnaux.symbolic.formula import Formula, described, is_number
from pinnaux.symbolic.jumps import branches_differ
from pinnaux.symbolic.relations import Relation
from pinnaux.symbolic.scalar import Expr, Pointwise, Where, as_expr

__all__ = [
    "abs", "acos", "asin", "atan", "atan2", "cos", "cosh", "erf", "exp", "log", "maximum", "minimum", "phase", "pi", "pointwise",
    "sign", "sin", "sinh", "sqrt", "tan", "tanh", "where",
]

Scalar = Expr | Complex | float | complex
pi = math.pi


def sin(a: Scalar) -> Scalar:
    """Sine of an angle in radians."""
    return applied("sin", a)


def cos(a: Scalar) -> Scalar:
    """Cosine of an angle in radians."""
    return applied("cos", a)


def tan(a: Scalar) -> Scalar:
    """Tangent of an angle in radians."""
    return applied("tan", a)


def asin(a: Scalar) -> Scalar:
    """Inverse sine, in radians."""
    return applied("asin", a)


def acos(a: Scalar) -> Scalar:
    """Inverse cosine, in radians."""
    return applied("acos", a)


def atan(a: Scalar) -> Scalar:
    """Inverse tangent, in radians."""
    return applied("atan", a)


def atan2(y: Scalar, x: Scalar) -> Scalar:
    """The polar angle of the point (x, y), in (−π, π]."""
    return applied("atan2", y, x)


def sinh(a: Scalar) -> Scalar:
    """Hyperbolic sine."""
    return applied("sinh", a)


def cosh(a: Scalar) -> Scalar:
    """Hyperbolic cosine."""
    return applied("cosh", a)


def tanh(a: Scalar) -> Scalar:
    """Hyperbolic tangent."""
    return applied("tanh", a)


def exp(a: Scalar) -> Scalar:
    """Exponential."""
    return applied("exp", a)


def log(a: Scalar) -> Scalar:
    """Natural logarithm."""
    return applied("log", a)


def sqrt(a: Scalar) -> Scalar:
    """Square root."""
    return applied("sqrt", a)


def abs(a: Scalar) -> Scalar:
    """Absolute value; its derivative is sign(a). Of a complex formula √(real² + imag²), which has none at 0; abs(z)**2 has."""
    return applied("abs", a)


def phase(a: Scalar) -> Scalar:
    """The angle of a complex formula or number to the positive real axis, in (−π, π]."""
    refuse_tensor("phase", a)
    return analytic("phase", a) if is_complex(a) else applied("atan2", 0.0, a)


def sign(a: Scalar) -> Scalar:
    """−1, 0 or 1; it jumps, so its derivative is refused, as the second one of abs is."""
    return applied("sign", a)


def erf(a: Scalar) -> Scalar:
    """Error function, 2/√π ∫₀ᵃ exp(−s²) ds."""
    return applied("erf", a)


def minimum(a: Scalar, b: Scalar, *others: Scalar) -> Scalar:
    """The smallest of two or more; its derivative is that of the smallest, its second one is refused."""
    smallest = applied("minimum", a, b)
    return minimum(smallest, *others) if others else smallest


def maximum(a: Scalar, b: Scalar, *others: Scalar) -> Scalar:
    """The largest of two or more; its derivative is that of the largest, its second one is refused."""
    largest = applied("maximum", a, b)
    return maximum(largest, *others) if others else largest


def where(predicate: Relation, yes: Scalar, no: Scalar) -> Expr | Complex:
    """`yes` where the predicate holds, `no` elsewhere: where(x < 0.5, 1, u); differentiated branch by branch, unless it jumps.

    Raises DeclarationError for a predicate that is no comparison of scalar formulas, or branches that are no scalars.
    """
    if not isinstance(predicate, Relation):
        raise DeclarationError(
            f"where needs a comparison of formulas first, not {described(predicate)}",
            hint="write where(x < 0.5, a, b); a comparison of plain numbers is decided by Python: a if c < 1 else b",
        )
    if any(len(operand.components) > 1 for operand in predicate.operands):
        raise DeclarationError(f"where needs a comparison of scalars, not {predicate}", hint="compare components, norm(v) or abs(z)")
    for branch in (yes, no):
        refuse_tensor("where", branch)
    if is_complex((yes, no)):
        real, imag = (where(predicate, *branches) for branches in parts((yes, no)))
        return joined(real, imag, f"where({predicate}, {written(yes)}, {written(no)})")
    return Where(predicate, as_expr(yes, "where cannot give"), as_expr(no, "where cannot give"), branches_differ)


def pointwise(function: Callable[..., object], derivative: Callable[[Expr], Scalar] | None = None) -> Callable[[Scalar], Expr]:
    """A function of one formula from `function`, a torch function of one tensor that acts on each number by itself.

    `derivative` is a function of formulas: one of pinnaux's, one written with them, or another pointwise function. Without it the
    function may be evaluated, and differentiating it is refused on the line that tries.
    """
    for name, value in (("function", function), ("derivative", derivative)):
        if not callable(value) and not (name == "derivative" and value is None):
            raise DeclarationError(
                f"pointwise needs a {name} to call, not {described(value)}", hint="pointwise(torch.special.bessel_j0, derivative=g)"
            )

    def of_formula(a: Scalar) -> Expr:
        refuse_tensor(getattr(function, "__name__", "this function"), a)
        return Pointwise(function, derivative, as_expr(a, "a pointwise function cannot take"))

    of_formula.__name__ = getattr(function, "__name__", "pointwise")
    of_formula.__doc__ = getattr(function, "__doc__", None)
    return of_formula


def applied(name: str, *arguments: Scalar) -> Scalar:
    """The named function of formulas and numbers: a number where all arguments are numbers."""
    for argument in arguments:
        refuse_tensor(name, argument)
        if isinstance(argument, np.ndarray) and argument.ndim:
            raise DeclarationError(
                f"{name} takes a formula or a number, not {described(argument)}", hint=f"for arrays use NumPy's own: np.{name}(…)"
            )
    if any(is_complex(argument) for argument in arguments):
        return analytic(name, *arguments)
    if all(is_number(argument) for argument in arguments):
        return value_at(name, *arguments)
    return called(name, *(as_expr(argument, f"{name} cannot take") for argument in arguments))


def refuse_tensor(name: str, argument: object) -> None:
    """Raise the error for a scalar function of a vector or matrix."""
    if isinstance(argument, (tuple, list)) or isinstance(argument, Formula) and argument.shape:
        raise DeclarationError(
            f"{name} takes a scalar, not {described(argument)}", hint=remedy_or(argument, f"apply it to components, {name}(v[0]), or to norm(v)")
        )
