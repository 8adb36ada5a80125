"""Real part, imaginary part and conjugate: of formulas and of plain numbers alike, scalars or vectors."""

from __future__ import annotations

from pinnaux.symbolic.complex import Complex, is_complex, joined, promoted
from pinnaux.symbolic.expression import Expr
from pinnaux.symbolic.formula import is_number
from pinnaux.symbolic.tensor import Tensor, as_formula

__all__ = ["conj", "imag", "real"]

Formulas = Expr | Tensor | Complex
Value = Formulas | tuple | float | complex


def real(value: Value) -> Formulas | float:
    """The real part; a real formula is its own."""
    return complex(value).real if is_plain(value) else promoted(as_formula(value, "cannot take the real part of")).real


def imag(value: Value) -> Formulas | float:
    """The imaginary part: imag(1 + 2j) is 2, that of a real formula 0."""
    return complex(value).imag if is_plain(value) else promoted(as_formula(value, "cannot take the imaginary part of")).imag


def conj(value: Value) -> Formulas | complex:
    """real − i·imag; a real formula is its own conjugate."""
    if is_plain(value):
        return complex(value).conjugate() if is_complex(value) else value
    whole = promoted(as_formula(value, "cannot conjugate"))
    return joined(whole.real, -whole.imag, f"conj({whole})")


def is_plain(value: object) -> bool:
    """Whether the value is a number, real or complex, and no formula."""
    return is_number(value) or is_complex(value) and not isinstance(value, (Complex, tuple, list))
