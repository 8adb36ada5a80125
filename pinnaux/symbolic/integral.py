"""Integrals in formulas: sums over the nodes of a quadrature rule, of a formula of variables that run through the nodes.

∫ g(s) ds over [a, b] is held as Σ_q w_q (b − a) g(a + (b − a) ν_q) with ν_q in [0, 1], an integral over a region as Σ_q w_q g(x_q): in
either case a formula of variables ν with known values, in which unknowns at the nodes are `Elsewhere`. Derivatives of an integral in
other coordinates, moving ends included, are then those of the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np

from pinnaux.errors import DeclarationError, Location, here
from pinnaux.symbolic.formula import described
from pinnaux.symbolic.frame import Frame
from pinnaux.symbolic.scalar import (
    ZERO,
    Coordinate,
    Data,
    Elsewhere,
    Expr,
    Normal,
    differentiate,
    is_constant,
    moved,
    owner,
    postorder,
)
from pinnaux.symbolic.walk import ATOM, Text, replaced


class Rule(Protocol):
    """A quadrature rule: the values (Q,) of its variables at the nodes, by name, and the weights (Q,)."""

    @property
    def key(self) -> Hashable:
        """Equal for rules of the same nodes."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Their names."""

    @property
    def columns(self) -> Mapping[str, np.ndarray]: ...

    @property
    def weights(self) -> np.ndarray: ...

    @property
    def finer(self) -> Rule:
        """A rule of the same variables with more nodes, which tells how accurate this one is."""

    def covers(self, domain: object) -> bool:
        """Whether the variables are coordinates of points that are known to lie in the domain."""


class Variable(Expr):
    """A variable of integration: s = Variable("s"), then integral(exp(x - s)*at(u, x=s), over=s, start=0, end=x)."""

    name: str

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name.isidentifier():
            raise DeclarationError(f"a Variable needs a name that is one word, not {described(name)}", hint='s = Variable("s")')
        self.fix(name=name)

    @property
    def key(self) -> object:
        return variable_key(self.name)

    def text(self, parts: Sequence[Text]) -> Text:
        return self.name, ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        return ZERO

    def moved(self, places: Mapping[object, Expr], parts: Sequence[Expr]) -> Expr:
        return places.get(self.key, self)


def variable_key(name: str) -> object:
    """The key of the variables of this name."""
    return ("variable", name)


class Integral(Expr):
    """Σ_q w_q integrand(ν_q) over the nodes of `rule`; `label` is how the user wrote it."""

    integrand: Expr
    rule: Rule
    label: str
    where: Location | None

    def __init__(self, integrand: Expr, rule: Rule, label: str, where: Location | None = None) -> None:
        self.fix(integrand=integrand, rule=rule, label=label, where=where or here())

    @property
    def varies(self) -> bool:
        """Whether it depends on the point at which it is asked for; else it is one number."""
        return varies(self.integrand)

    def text(self, parts: Sequence[Text]) -> Text:
        return self.label, ATOM

    def tangent(self, coordinate: str, tangents: Sequence[Expr]) -> Expr:
        slope = differentiate(self.integrand, Coordinate(coordinate, Frame(())))
        return ZERO if is_constant(slope, 0.0) else Integral(slope, self.rule, f"∂{self.label}/∂{coordinate}", self.where)

    def moved(self, places: Mapping[object, Expr], parts: Sequence[Expr]) -> Expr:
        integrand = moved(self.integrand, places)
        if integrand is self.integrand:
            return self
        listed = ", ".join(f"{key[1]}={place}" for key, place in places.items())
        return Integral(integrand, self.rule, f"{self.label}({listed})", self.where)

    def replaced(self, leaf: Callable[[Expr], Expr], parts: Sequence[Expr]) -> Expr:
        return self.of(replaced(self.integrand, leaf))

    def of(self, integrand: Expr) -> Integral:
        """The same integral of something else."""
        return Integral(integrand, self.rule, self.label, self.where)


def varies(formula: Expr) -> bool:
    """Whether a formula depends on anything but variables and numbers: on the point at which it is asked for."""
    return any(_varies(node) for node in postorder([formula]))


def _varies(node: Expr) -> bool:
    """Whether a node does by itself."""
    if isinstance(node, Integral):
        return node.varies
    if isinstance(node, Elsewhere):
        return bool(node.remaining)
    return isinstance(node, (Coordinate, Normal, Data)) or owner(node) is not None


def everything(formulas: Iterable[Expr]) -> list[Expr]:
    """Every distinct node of the formulas, those inside integrals too."""
    nodes = postorder(formulas)
    inside = postorder([*nodes, *(node.integrand for node in nodes if isinstance(node, Integral))])
    return nodes if len(inside) == len(nodes) else inside


def places_of(formulas: Iterable[Expr]) -> set[str]:
    """The coordinates for which the formulas look at other values than those of the point they hold at."""
    return {name for node in everything(formulas) if isinstance(node, Elsewhere) for name in node.names}

