"""Whether conditions with an eigenvalue λ make an eigenvalue problem A u = λ B u, and the formulas of A and B.

A formula is taken apart by its degrees: what is of degree i in the unknown functions and of degree j in λ. Linear homogeneous
conditions have parts of degrees (1, 0) and (1, 1) only; any other part is refused at the line of its condition.
"""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from functools import singledispatch
from itertools import product
from typing import TYPE_CHECKING

from pinnaux.conditions import Condition
from pinnaux.errors import DeclarationError
from pinnaux.fields import Eigenvalue
from pinnaux.symbolic.formula import described
from pinnaux.symbolic.integral import Integral
from pinnaux.symbolic.scalar import (
    ONE,
    ZERO,
    Constant,
    Derivative,
    Elsewhere,
    Expr,
    ParameterNode,
    Power,
    Product,
    Sum,
    Unknown,
    Where,
    add,
    multiply,
    postorder,
)

if TYPE_CHECKING:
    from pinnaux.problem import Problem

Degrees = tuple[int, int]
Parts = Mapping[Degrees, Expr]
PLAIN, OF_FUNCTIONS, TIMES_EIGENVALUE = (0, 0), (1, 0), (1, 1)
HIGHEST, MOST_MODES = 9, 100


class NotPolynomial(ValueError):
    """A formula in which unknowns stand inside a function; `inner` is the function."""

    def __init__(self, inner: Expr) -> None:
        super().__init__(str(inner))
        self.inner = inner


def parts(formula: Expr) -> Parts:
    """The formula as a sum of coefficients of λ^j that are homogeneous of degree i in the unknown functions, by (i, j).

    Raises NotPolynomial where it is no such sum.
    """
    known: dict[Expr, Parts] = {}
    for node in postorder([formula]):
        found = parts_of(node, [known[child] for child in node.children])
        known[node] = {degrees: part for degrees, part in found.items() if not part.vanishes}
    return known[formula]


@singledispatch
def parts_of(node: Expr, children: Sequence[Parts]) -> Parts:
    """The parts of a node from those of its children: a function of knowns is one, of unknowns is none."""
    if any(set(child) - {PLAIN} for child in children):
        raise NotPolynomial(node)
    return {PLAIN: node}


@parts_of.register
def _(node: Unknown | Derivative | Elsewhere, children: Sequence[Parts]) -> Parts:
    return {OF_FUNCTIONS: node}


@parts_of.register
def _(node: Integral, children: Sequence[Parts]) -> Parts:
    return {degrees: node.of(part) for degrees, part in parts(node.integrand).items()}


@parts_of.register
def _(node: ParameterNode, children: Sequence[Parts]) -> Parts:
    return {(0, 1): ONE}


@parts_of.register
def _(node: Sum, children: Sequence[Parts]) -> Parts:
    return {degrees: add(*(child[degrees] for child in children if degrees in child)) for degrees in _all(children)}


@parts_of.register
def _(node: Product, children: Sequence[Parts]) -> Parts:
    return _product(children)


@parts_of.register
def _(node: Power, children: Sequence[Parts]) -> Parts:
    exponent = node.exponent.value if isinstance(node.exponent, Constant) else 0.5
    if set(children[0]) | set(children[1]) <= {PLAIN} or not (exponent.is_integer() and 0 < exponent <= HIGHEST):
        return parts_of.dispatch(Expr)(node, children)
    return _product([children[0]] * int(exponent))


@parts_of.register
def _(node: Where, children: Sequence[Parts]) -> Parts:
    *sides, yes, no = children
    if any(set(side) - {PLAIN} for side in sides):
        raise NotPolynomial(node)
    return {degrees: Where(node.predicate, yes.get(degrees, ZERO), no.get(degrees, ZERO), node.differ) for degrees in _all([yes, no])}


def _all(children: Sequence[Parts]) -> list[Degrees]:
    return list(dict.fromkeys(degrees for child in children for degrees in child))


def _product(factors: Sequence[Parts]) -> Parts:
    """(Σ_i a_i) (Σ_j b_j) … by degrees, which add up."""
    total: Parts = {PLAIN: ONE}
    for factor in factors:
        terms: dict[Degrees, list[Expr]] = {}
        for ((i, j), left), ((k, m), right) in product(total.items(), factor.items()):
            terms.setdefault((i + k, j + m), []).append(multiply(left, right))
        total = {degrees: add(*found) for degrees, found in terms.items()}
    return total


def linear_parts(condition: Condition, eigenvalue: Eigenvalue) -> tuple[list[Expr], list[Expr]]:
    """(a, b) of the condition's residuals a − λ b. Raises DeclarationError where they are not linear and homogeneous."""
    pairs = []
    for residual in condition.residuals:
        try:
            found = parts(residual)
        except NotPolynomial as failure:
            raise _refused(condition, f"not linear: it holds {described(failure.inner)}", "write it without functions of unknowns") from failure
        check_degrees(condition, eigenvalue, found)
        pairs.append((found.get(OF_FUNCTIONS, ZERO), multiply(Constant(-1.0), found.get(TIMES_EIGENVALUE, ZERO))))
    return [a for a, _ in pairs], [b for _, b in pairs]


def check_degrees(condition: Condition, eigenvalue: Eigenvalue, found: Parts) -> None:
    """Refuse parts that are not linear in the unknown functions, or not linear in λ."""
    name = eigenvalue.name
    for (functions, times), part in found.items():
        if functions == 0:
            raise _refused(condition, f"not homogeneous: the term {multiply(part, *[eigenvalue] * times)} holds no field",
                           "a mode may have any size, so every term must hold a field; modes are scaled to ∫ u² = 1 without being asked")
        if functions > 1:
            raise _refused(condition, f"not linear in its fields: it holds {described(part)}", "an eigenvalue problem is linear in its fields")
        if times > 1:
            raise _refused(condition, f"not linear in {name}: it holds {name}^{times}",
                           f"a further field v with the condition v == {name}*u makes {name}**2 * u the linear {name}*v")


def _refused(condition: Condition, what: str, hint: str) -> DeclarationError:
    return DeclarationError(f"condition '{condition.name}' of an eigenvalue problem is {what}", hint=hint, where=condition.where)


def check_eigenproblem(problem: Problem) -> None:
    """Refuse a number of modes that is none, modes without an eigenvalue, and what is no eigenvalue problem in spite of one."""
    modes = problem.modes
    if not isinstance(modes, numbers.Integral) or isinstance(modes, bool) or not 1 <= modes <= MOST_MODES:
        raise DeclarationError(f"modes must be a whole number from 1 to {MOST_MODES}, not {described(modes)}", hint="modes=4 seeks four modes")
    found = [one for one in problem.parameters if isinstance(one, Eigenvalue)]
    if not found:
        if modes > 1:
            raise DeclarationError(f"modes={modes}, but no condition holds an eigenvalue",
                                   hint='lam = Eigenvalue("lam"), then for instance -laplacian(u) == lam * u')
        return
    others = [one for one in problem.parameters if one is not found[0]]
    if others:
        kind = "eigenvalues" if isinstance(others[0], Eigenvalue) else "unknown numbers"
        raise DeclarationError(f"an eigenvalue problem with two {kind}, {found[0].name} and {others[0].name}",
                               hint=f"keep one; modes=… seeks several values of {found[0].name}")
    if problem.exact:
        raise DeclarationError(f"exact names '{next(iter(problem.exact))}', but a mode is known up to its sign only",
                               hint="compare the eigenvalues of the solution with exact ones")
    for condition in problem.conditions:
        linear_parts(condition, found[0])
