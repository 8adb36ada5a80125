"""What tells a problem from another one: a saved solution belongs to the problem it was found for, and to no other.

Formulas are compared as they are built, not as they are printed (printing rounds and shortens). Domains, meshes, predicates and
observations are compared by what they do: the points they give. So a comment, or a mesh file that moved, changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from pinnaux.geometry.region import Region
from pinnaux.problem import Problem
from pinnaux.symbolic.integral import Integral, Variable, everything
from pinnaux.symbolic.relations import Inequality, Predicate, Relation
from pinnaux.symbolic.scalar import (
    Constant,
    Coordinate,
    Data,
    Derivative,
    Elsewhere,
    Expr,
    Function,
    Normal,
    ParameterNode,
    Pointwise,
    Unknown,
    Where,
    postorder,
)

POINTS = 16
# Points come out alike on every machine but for rounding.
SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Signature:
    """`words` is a digest of formulas and names, `numbers` (n,) float64 holds points, measurements and values of pointwise functions."""

    words: str
    numbers: torch.Tensor

    def agrees(self, other: Signature) -> bool:
        """Whether both are of the same problem."""
        alike = self.words == other.words and self.numbers.shape == other.numbers.shape
        return alike and torch.allclose(self.numbers, other.numbers, rtol=SAME, atol=SAME, equal_nan=True)


def signature(problem: Problem) -> Signature:
    """The signature of a problem: unknowns, conditions and the domain. Outputs do not belong: they may be added later."""
    domain = problem.domain
    words = [*domain.names, domain.system, "periodic", *domain.periodic, "unknowns"]
    words += [f"{field.name}({', '.join(c.name for c in field.coordinates)})" for field in problem.unknowns]
    words += [f"{one.name} from {one.initial!r} between {one.lower!r} and {one.upper!r}" for one in problem.parameters]
    formulas = [residual for condition in problem.conditions for residual in condition.standardised]
    words += [f"{one.name} {one.region.kind} {len(one.residuals)}" for one in problem.conditions]
    regions = [condition.region for condition in problem.conditions]
    regions += [domain.interior, *(domain.boundary[name] for name in domain.boundary_names)]
    words += _tree(formulas)
    numbers = [domain.bounds, *(values for region in regions for values in _sample(region))]
    numbers += [_values(node) for node in everything(formulas) if isinstance(node, Pointwise)]
    numbers += [_nodes(node) for node in postorder(formulas) if isinstance(node, Integral)]
    digest = hashlib.sha256("\n".join(words).encode()).hexdigest()
    return Signature(digest, torch.from_numpy(np.concatenate([_scaled(part) for part in numbers])))


def _tree(formulas: list[Expr]) -> Iterator[str]:
    """Every node in a word, with the numbers of its children; then the formulas' own numbers."""
    numbering: dict[Expr, int] = {}
    for node in postorder(formulas):
        children = ",".join(str(numbering[child]) for child in node.children)
        numbering[node] = len(numbering)
        yield f"{type(node).__name__} {_word(node)} ({children})"
    yield " ".join(str(numbering[formula]) for formula in formulas)


def _word(node: Expr) -> str:
    if isinstance(node, Constant):
        return repr(node.value)
    if isinstance(node, (Coordinate, Unknown, ParameterNode, Normal, Function, Pointwise, Variable)):
        return node.name
    if isinstance(node, Integral):
        return " ".join(_tree([node.integrand]))
    if isinstance(node, Elsewhere):
        return f"{_word(node.leaf)} at {node.names}"
    if isinstance(node, Derivative):
        return f"{node.unknown.name} {node.orders}"
    if isinstance(node, Data):
        return node.column
    return _form(node.predicate) if isinstance(node, Where) else ""


def _form(predicate: Relation) -> str:
    """How a predicate joins its operands, which are children of their node."""
    if isinstance(predicate, Predicate):
        return f"{predicate.operator}({' '.join(map(_form, predicate.parts))})"
    return ("<" if predicate.strict else "<=") if isinstance(predicate, Inequality) else "=="


def _nodes(node: Integral) -> np.ndarray:
    """What an integral runs over: means of the nodes and of the weights, which tell one region or interval from another."""
    weights = node.rule.weights
    return np.array([weights.sum(), *(np.dot(weights, column) for column in node.rule.columns.values())])


def _values(node: Pointwise) -> np.ndarray:
    """Some values of the user's function; none where it fails, as a material law may outside its range: saving must not."""
    try:
        return np.asarray(node.function(torch.linspace(-3, 3, 2 * POINTS, dtype=torch.float64)).detach().cpu(), dtype=float)
    except Exception:  # whatever the user's code raises
        return np.empty(0)


def _sample(region: Region) -> tuple[np.ndarray, ...]:
    """The region's measure, and some of its points with what was measured there: all of them for observations."""
    points = region.sample(POINTS, np.random.default_rng(0))
    return np.array([region.measure]), points.coordinates, *points.columns.values()


def _scaled(values: np.ndarray) -> np.ndarray:
    """The values relative to the largest, and its logarithm: numbers of any size that one tolerance can compare."""
    finite = np.abs(values[np.isfinite(values)])
    largest = finite.max() if finite.size and finite.max() > 0 else 1.0
    return np.concatenate([[np.log(largest)], values.ravel() / largest])
