"""Refusals: what is no scalar formula, does not fit in shape, or is no real number, each with the remedy."""

from __future__ import annotations

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.symbolic.coordinates import remedy_or
from pinnaux.symbolic.formula import described, is_number, shape_of


def refuse_shapes(verb: str, left: object, right: object) -> None:
    """Raise the error of an operation between shapes that do not fit; nothing is ever broadcast."""
    shapes = f"shapes {shape_of(left)} and {shape_of(right)} differ"
    alike = "both must have the same shape; of a vector v, v[0] and dot(v, n) are scalars, div(v) is one too"
    for one, other in ((left, right), (right, left)):
        if is_number(one) and len(shape_of(other)) == 1:
            alike = f"the vector with {one:g} everywhere is ({', '.join([f'{one:g}'] * shape_of(other)[0])}); of a vector v, v[0] and dot(v, n) are scalars"
    raise DeclarationError(f"cannot {verb} {described(left)} and {described(right)}: {shapes}", hint=remedy_or(right, alike))


def remedy_for(value: object) -> str:
    """What to write instead of a value that is no scalar formula."""
    if isinstance(value, (bool, np.bool_)):
        return "True and False are no numbers; where(u > 0, a, b) chooses between formulas"
    if described(value).startswith("complex"):
        return "a real formula or number is needed here; real(z), imag(z) and abs(z) are real"
    if isinstance(value, str):
        return "write the formula itself, without quotation marks"
    if callable(value):
        return "call it, f(x), or make it a function of formulas by pointwise(f, derivative=g)"
    return "a scalar formula or a number is needed here"


def power_of_numbers(base: float, exponent: float) -> float:
    """base ** exponent, refused where it is not a real number."""
    if base == 0.0 and exponent < 0:
        raise DeclarationError("division by zero in a formula", hint="look for a divisor that is 0")
    if base < 0 and not exponent.is_integer():
        raise DeclarationError(
            f"{base:g} ** {exponent:g} is not a real number", hint="take the power of a positive number, or of abs(…)"
        )
    try:
        return base**exponent
    except OverflowError:
        raise DeclarationError(f"{base:g} ** {exponent:g} is too large a number", hint="scale the formula") from None
