"""What an eigenvalue problem A u = λ B u becomes: its pencil, a problem without λ, and a problem with one copy of the fields for every mode."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch

from pinnaux.conditions import Condition
from pinnaux.eigenproblem import linear_parts
from pinnaux.fields import ModeEigenvalue
from pinnaux.problem import Formulas, Problem
from pinnaux.symbolic.complex import Complex
from pinnaux.symbolic.scalar import ZERO, Derivative, Expr
from pinnaux.symbolic.tensor import Tensor
from pinnaux.symbolic.walk import replaced


def pencil(problem: Problem) -> Problem:
    """The problem whose condition of m components becomes one of 2m: first those of A u, then those of B u."""
    conditions = []
    for condition in problem.conditions:
        both = Tensor(tuple(part for parts in linear_parts(condition, problem.eigenvalue) for part in parts))
        whole = Condition(condition.name, both == (0,) * len(both), on=condition.region)
        conditions.append(whole.with_residuals(both.components))
    return Problem(problem.fields, conditions)


def endings(problem: Problem) -> list[str]:
    """What is added to the names of the fields, outputs and conditions of every mode: nothing where there is one mode only."""
    return [""] if problem.modes == 1 else [f"_{number + 1}" for number in range(problem.modes)]


def unfolded(problem: Problem) -> Problem:
    """The problem with its fields, eigenvalue, conditions and outputs once for every mode; itself where it has no eigenvalue."""
    if problem.eigenvalue is None:
        return problem
    fields, conditions, outputs = [], [], {}
    for ending in endings(problem):
        mode = _Mode(problem, ending)
        fields += mode.fields
        conditions += [mode.condition(one) for one in problem.conditions]
        outputs |= {name + ending: mode.formula(formula) for name, formula in problem.outputs.items()}
    return Problem(fields, conditions, outputs, accuracy=problem.accuracy, time_limit=problem.time_limit)


@singledispatch
def mapped(formula: Expr, function: Callable[[Expr], Expr]) -> Formulas:
    """The formula with the function of every scalar in it."""
    return function(formula)


@mapped.register
def _(formula: Tensor, function: Callable[[Expr], Expr]) -> Formulas:
    return formula.map(function)


@mapped.register
def _(formula: Complex, function: Callable[[Expr], Expr]) -> Formulas:
    return Complex(mapped(formula.real, function), mapped(formula.imag, function), formula.label)


class _Mode:
    """The fields, conditions and outputs of one mode."""

    def __init__(self, problem: Problem, ending: str) -> None:
        self.ending = ending
        self.fields = [field.named(ending) for field in problem.fields]
        self._whole = {old: new for old, new in zip(problem.fields, self.fields)}
        pairs = [pair for old, new in self._whole.items() for pair in zip(old.components, new.components)]
        self._leaves: dict[Expr, Expr] = {**dict(pairs), problem.eigenvalue: ModeEigenvalue(problem.eigenvalue.name + ending)}

    def condition(self, condition: Condition) -> Condition:
        residuals = [replaced(one, self._leaf) for one in condition.residuals]
        left = residuals[0] if len(residuals) == 1 else Tensor(tuple(residuals))
        right = ZERO if len(residuals) == 1 else (0,) * len(residuals)
        return Condition(condition.name + self.ending.replace("_", " "), left == right, on=condition.region)

    def formula(self, formula: Formulas) -> Formulas:
        return self._whole[formula] if formula in self._whole else mapped(formula, lambda one: replaced(one, self._leaf))

    def _leaf(self, node: Expr) -> Expr:
        if isinstance(node, Derivative):
            return Derivative(self._leaves[node.unknown], node.orders)
        return self._leaves.get(node, node)
