"""pinnaux solves partial differential equations with physics-informed neural networks.

A problem file starts with `from pinnaux import *`. Programs call `pinnaux.load` and `pinnaux.solve`.
"""

from __future__ import annotations

import importlib
from types import MappingProxyType

from pinnaux.interrupt import loading

with loading():
    from pinnaux.errors import PinnauxError
    from pinnaux.geometry import Ball, Box, Disk, Ellipse, Interval, Mesh, Polygon, Rectangle, TimeInterval
    from pinnaux.integrals import integral
    from pinnaux.load import load
    from pinnaux.problem import ComplexField, Condition, Eigenvalue, Field, Observations, Parameter, Problem, UnknownFunction, VectorField
    from pinnaux.symbolic.functions import (
        abs,
        acos,
        asin,
        atan,
        atan2,
        cos,
        cosh,
        erf,
        exp,
        log,
        maximum,
        minimum,
        phase,
        pi,
        pointwise,
        sign,
        sin,
        sinh,
        sqrt,
        tan,
        tanh,
        where,
    )
    from pinnaux.symbolic.integral import Variable
    from pinnaux.symbolic.operators import (
        cross,
        curl,
        diff,
        div,
        dot,
        grad,
        hessian,
        identity,
        inner,
        laplacian,
        norm,
        outer,
        sym,
        trace,
        transpose,
    )
    from pinnaux.symbolic.parts import conj, imag, real
    from pinnaux.symbolic.places import at
    from pinnaux.symbolic.tensor import Tensor

# `solve`, `resume` and `Solution` are public too, but not among the names that a problem file's import * fetches: they load torch.
__all__ = [
    "Ball", "Box", "ComplexField", "Condition", "Disk", "Eigenvalue", "Ellipse", "Field", "Interval", "Mesh", "Observations", "Parameter",
    "PinnauxError", "Polygon", "Problem", "Rectangle", "Tensor", "TimeInterval", "UnknownFunction", "Variable", "VectorField", "abs", "acos", "asin", "at",
    "atan", "atan2", "conj", "cos", "cosh", "cross", "curl", "diff", "div", "dot", "erf", "exp", "grad", "hessian", "identity", "imag",
    "inner", "integral", "laplacian", "load", "log", "maximum", "minimum", "norm", "outer", "phase", "pi", "pointwise", "real", "sign",
    "sin", "sinh", "sqrt", "sym", "tan",
    "tanh", "trace", "transpose", "where",
]

HOMES_WITH_TORCH = MappingProxyType({"solve": "pinnaux.solver", "resume": "pinnaux.solver", "Solution": "pinnaux.solution"})


def __getattr__(name: str) -> object:
    """`pinnaux.solve`, `pinnaux.resume` and `pinnaux.Solution`, fetched when first asked for."""
    if name not in HOMES_WITH_TORCH:
        raise AttributeError(f"module 'pinnaux' has no attribute '{name}'")
    return getattr(importlib.import_module(HOMES_WITH_TORCH[name]), name)
