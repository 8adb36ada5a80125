"""Functions of complex formulas and numbers, made of those of real ones: exp(a + ib) = eᵃ cos b + i eᵃ sin b, and so on."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from types import MappingProxyType

from pinnaux.errors import DeclarationError
from pinnaux.symbolic.complex import Complex, joined, relabelled
from pinnaux.symbolic.elementary import called
from pinnaux.symbolic.expression import Expr
from pinnaux.symbolic.formula import Formula, described


def analytic(name: str, *arguments: object) -> Formula | complex | float:
    """The named function of a complex argument; several arguments, or a function that needs an order, are refused."""
    if name not in ANALYTIC or len(arguments) > 1:
        listed = " and ".join(described(argument) for argument in arguments)
        raise DeclarationError(f"{name} takes real formulas, not {listed}", hint="real(z), imag(z), abs(z) and phase(z) are real")
    argument, = arguments
    if isinstance(argument, Complex):
        return relabelled(ANALYTIC[name](argument), f"{name}({argument})")
    return complex_value(name, complex(argument))


def complex_value(name: str, number: complex) -> complex | float:
    """The named function of a complex number, refused where it is none."""
    try:
        value = {"abs": abs}.get(name, getattr(cmath, name, None))(number)
    except (ValueError, OverflowError):
        value = math.nan
    if not cmath.isfinite(value):
        raise DeclarationError(f"{name}({number}) is not a number", hint="check the argument: it is outside the function's range")
    return value


def modulus(z: Complex) -> Expr:
    """|z| = √(a² + b²)."""
    return called("sqrt", z.real * z.real + z.imag * z.imag)


def phase(z: Complex) -> Expr:
    """The angle of z to the positive real axis, in (−π, π]."""
    return called("atan2", z.imag, z.real)


def polar(radius: Expr, angle: Expr) -> Formula:
    """r cos φ + i r sin φ."""
    return joined(radius * called("cos", angle), radius * called("sin", angle))


def exponential(z: Complex) -> Formula:
    """eᶻ."""
    return polar(called("exp", z.real), z.imag)


def root(z: Complex) -> Formula:
    """The root in the right half plane, cut along the negative real axis."""
    return polar(called("sqrt", modulus(z)), 0.5 * phase(z))


def logarithm(z: Complex) -> Formula:
    """log |z| + i phase(z)."""
    return joined(0.5 * called("log", z.real * z.real + z.imag * z.imag), phase(z))


def sine(z: Complex) -> Formula:
    """sin a cosh b + i cos a sinh b."""
    return joined(called("sin", z.real) * called("cosh", z.imag), called("cos", z.real) * called("sinh", z.imag))


def cosine(z: Complex) -> Formula:
    """cos a cosh b − i sin a sinh b."""
    return joined(called("cos", z.real) * called("cosh", z.imag), -called("sin", z.real) * called("sinh", z.imag))


def hyperbolic_sine(z: Complex) -> Formula:
    """sinh a cos b + i cosh a sin b."""
    return joined(called("sinh", z.real) * called("cos", z.imag), called("cosh", z.real) * called("sin", z.imag))


def hyperbolic_cosine(z: Complex) -> Formula:
    """cosh a cos b + i sinh a sin b."""
    return joined(called("cosh", z.real) * called("cos", z.imag), called("sinh", z.real) * called("sin", z.imag))


def tangent(z: Complex) -> Formula:
    """sin z / cos z."""
    return sine(z) / cosine(z)


def hyperbolic_tangent(z: Complex) -> Formula:
    """sinh z / cosh z."""
    return hyperbolic_sine(z) / hyperbolic_cosine(z)


ANALYTIC: MappingProxyType[str, Callable[[Complex], Formula]] = MappingProxyType({
    "abs": modulus, "phase": phase, "exp": exponential, "log": logarithm, "sqrt": root, "sin": sine, "cos": cosine, "tan": tangent,
    "sinh": hyperbolic_sine, "cosh": hyperbolic_cosine, "tanh": hyperbolic_tangent,
})
