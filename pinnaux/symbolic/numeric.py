"""Values of formulas without unknowns at points, and of geometric predicates, with NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.symbolic.applied import Applied
from pinnaux.symbolic.elementary import FUNCTIONS
from pinnaux.symbolic.formula import described
from pinnaux.symbolic.integral import Integral, Variable
from pinnaux.symbolic.relations import Equation, Inequality, Predicate, Relation
from pinnaux.symbolic.scalar import (
    Constant,
    Coordinate,
    Data,
    Expr,
    Function,
    Normal,
    Power,
    Product,
    Sum,
    Where,
    differentiate,
    postorder,
)

__all__ = ["FUNCTIONS", "evaluate", "evaluate_predicate"]

Columns = Mapping[str, np.ndarray]


def evaluate(expression: Expr, values: Columns, normals: Columns | None = None, data: Columns | None = None,
             variables: Columns | None = None) -> np.ndarray:
    """The formula at N points, shape (N,).

    `values` holds the coordinates, `normals` the normal's components by spatial coordinate, `data` the measured columns, `variables`
    those of integration, all (N,).
    Raises DeclarationError for a formula that holds an unknown, or a name that is not given.
    """
    leaves = {Coordinate: values, Normal: normals or {}, Data: data or {}, Variable: variables or {}}
    count = next((len(column) for columns in leaves.values() for column in columns.values()), 1)
    known: dict[Expr, np.ndarray] = {}
    # Outside the branch that `where` takes, a formula may well be undefined.
    with np.errstate(all="ignore"):
        for node in postorder([expression]):
            known[node] = value_of(node, known, leaves)
    return np.broadcast_to(known[expression], (count,)).astype(float)


def value_of(node: Expr, known: dict[Expr, np.ndarray], leaves: dict[type, Columns]) -> np.ndarray:
    """The value of one node from those of its children: an array (N,), or a number that is the same at all points."""
    inner = [known[child] for child in node.children]
    if isinstance(node, Constant):
        return np.float64(node.value)
    if isinstance(node, Sum):
        return sum(inner[1:], start=inner[0])
    if isinstance(node, Product):
        return np.prod(np.broadcast_arrays(*inner), axis=0)
    if isinstance(node, Power):
        return inner[0] ** inner[1]
    if isinstance(node, Applied):
        return inner[0]
    if isinstance(node, Function):
        return node.kind.values(*inner)
    if isinstance(node, Where):
        return np.where(holds(node.predicate, known.__getitem__, no_tolerance), inner[-2], inner[-1])
    if isinstance(node, Integral):
        return integral_value(node, leaves[Coordinate])
    return leaf_value(node, leaves)


def integral_value(node: Integral, values: Columns) -> np.ndarray:
    """(N,): the integrand at every node of the rule for each of N points, summed with the weights."""
    points, nodes = max((len(column) for column in values.values()), default=1), len(node.rule.weights)
    repeated = {name: np.repeat(column, nodes) for name, column in values.items()}
    variables = {name: np.tile(column, points) for name, column in node.rule.columns.items()}
    return evaluate(node.integrand, repeated, variables=variables).reshape(points, nodes) @ node.rule.weights


def leaf_value(node: Expr, leaves: dict[type, Columns]) -> np.ndarray:
    """The given column of a coordinate, normal component or measurement."""
    for kind, columns in leaves.items():
        if isinstance(node, kind):
            name = node.column if isinstance(node, Data) else node.name
            if name in columns:
                return np.asarray(columns[name], dtype=float)
            raise DeclarationError(f"{described(node)} has no value here", hint=f"known here: {', '.join(columns) or 'nothing'}")
    raise DeclarationError(
        f"{described(node)} has no value before the problem is solved", hint="only coordinates and numbers may be used here"
    )


def no_tolerance(left: Expr, right: Expr) -> float:
    """An equation holds exactly."""
    return 0.0


def evaluate_predicate(predicate: Relation, values: Columns, tolerance: Mapping[str, float]) -> np.ndarray:
    """Whether the predicate holds at each of N points, shape (N,) of bool; `tolerance` is a length for each coordinate.

    a == b holds where |a − b| ≤ Σ_c |∂(a − b)/∂c| tolerance_c; a <= b holds where a − b is at most that, a < b where it is below its
    negative. So x <= 0 takes in the boundary x == 0 whatever the rounding, and x < 0 is the opposite of x >= 0. Formulas that jump are
    compared as they are.
    """
    cache: dict[Expr, np.ndarray] = {}

    def value(expression: Expr) -> np.ndarray:
        if expression not in cache:
            cache[expression] = evaluate(expression, values)
        return cache[expression]

    def allowed(left: Expr, right: Expr) -> np.ndarray:
        difference = left - right
        used = {node.name: node for node in postorder([difference]) if isinstance(node, Coordinate)}
        try:
            slopes = [np.abs(value(differentiate(difference, used[name]))) * tolerance.get(name, 0.0) for name in used]
        except DeclarationError:  # It jumps: there is no slope that rounding could follow.
            slopes = []
        return np.nan_to_num(sum(slopes, start=np.float64(0.0)))

    return np.asarray(holds(predicate, value, allowed))


def holds(
    predicate: Relation, value: Callable[[Expr], np.ndarray], allowed: Callable[[Expr, Expr], np.ndarray | float]
) -> np.ndarray:
    """Whether the predicate holds, where `value` gives the sides and `allowed` how far they may miss each other."""
    if isinstance(predicate, Predicate):
        parts = [holds(part, value, allowed) for part in predicate.parts]
        if predicate.operator == "~":
            return np.logical_not(parts[0])
        return np.logical_and(*parts) if predicate.operator == "&" else np.logical_or(*parts)
    if isinstance(predicate, Inequality):
        excess = value(predicate.left) - value(predicate.right)
        margin = allowed(predicate.left, predicate.right)
        return excess < -margin if predicate.strict else excess <= margin
    if isinstance(predicate, Equation):
        pairs = zip(predicate.left.components, predicate.right.components)
        return np.all([np.abs(value(a) - value(b)) <= allowed(a, b) for a, b in pairs], axis=0)
    raise DeclarationError(f"{described(predicate)} is not a predicate", hint="write a comparison of coordinates: x == 0, x < 0.5")
