"""The units in which networks compute the fields: those in which every equation weighs its fields alike.

In an equation between a pressure of 1e5 and a velocity of 1e-3 least squares would see one field only, whose columns are long, and
balance the equation by it; where the unit of a field is of no consequence to the problem, it must be of none to the method. With units s
and weights r the columns of field f in equation c are r_c M_cf s_f long: those r and s are taken that bring all of them next to one, in
the least squares of the logarithms (Curtis & Reid, J. Inst. Math. Appl. 10, 118-124, 1972).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from pinnaux.ansatz import Ansatz
from pinnaux.architecture import FEWEST_FEATURES, start, wide
from pinnaux.collocation import Collocation, Purpose
from pinnaux.evolution import Evolution
from pinnaux.jets.spec import JetSpec
from pinnaux.linalg import LeastSquares
from pinnaux.objective import Objective
from pinnaux.problem import Problem

UNIT_FEATURES, UNIT_POINTS = 47, 48
MINIMAL, LINEAR = 1e-12, 1e-6
"""Regularisation with which the smallest numbers are taken that satisfy conditions, and what a step leaves of linear ones at most."""
NOTHING = 1e-12
"""A field whose columns are shorter by this factor than the longest of its equation is not in it, but for rounding."""
FAR = 8
"""A field beside numbers only that is larger or smaller by more powers of two is far from one."""


def field_units(collocation: Collocation) -> Mapping[str, float]:
    """The unit of every unknown by name, a power of two; the components of a vector or complex field share one.

    Judged where all fields are zero. One for fields that no equation ties to others, nor to unknown numbers, whose columns are as long as
    the field is large; and in eigenvalue problems, whose modes are normalised with all fields together. Of ordinary differential equations
    the initial values tell the units: rates at zero, and over the whole duration, say nothing of a system whose rates differ by many powers
    of ten.
    """
    problem, plan = collocation.plan.problem, collocation.plan
    alone = not problem.parameters
    if len(problem.fields) == 1 and alone or problem.eigenvalue is not None:
        return {}
    ansatz = wide(collocation, *plan.settings.reference_trial, FEWEST_FEATURES * len(problem.unknowns), Purpose(plan.settings.seed, UNIT_FEATURES))
    blocks = collocation.blocks(plan.interior_points(FEWEST_FEATURES), Purpose(plan.settings.seed, UNIT_POINTS))
    if not problem.domain.space and Evolution.of(plan):
        initial = tuple(block for block, region in zip(blocks, plan.regions) if region.region.kind == "initial")
        values = initial_values(Objective.unweighted(ansatz, initial), start(ansatz, collocation), problem.domain.time.bounds[0])
        if values:
            return of_values([[values[one.name] for one in field.unknowns] for field in problem.fields], problem)
    lengths, sources = _lengths(Objective.unweighted(ansatz, blocks), start(ansatz, collocation), problem)
    found = equilibrated(lengths, sources, alone)
    return {unknown.name: unit for owner, unit in zip(problem.fields, found) for unknown in owner.unknowns if unit != 1}


def initial_values(objective: Objective, theta: Tensor, moment: float) -> dict[str, float]:
    """The unknowns of time alone by name at the first moment, as conditions there say, 0 where they say nothing.

    Nothing where a first step from zero does not satisfy them, as y² = 4.
    """
    residual, jacobian = objective.jacobian(theta)
    if not (torch.isfinite(residual).all() and torch.isfinite(jacobian).all()):
        return {}
    found = theta - LeastSquares.build(jacobian, MINIMAL).solve(residual)
    if not objective.residual(found).norm() <= LINEAR * residual.norm():
        return {}
    values = {}
    for group, own in zip(objective.ansatz.groups, objective.ansatz.split(found)):
        values |= dict(zip(group.unknowns, group.push(own, theta.new_full((1, 1), moment), JetSpec.closure(1, []))[0][0, 0].tolist()))
    return values


def of_values(values: Sequence[Sequence[float]], problem: Problem) -> dict[str, float]:
    """By unknown the powers of two next to the fields' values, where these are far from one: of what begins at zero the mean of the others."""
    sizes = [max(map(abs, own)) for own in values]
    logs = [math.log2(size) if size > NOTHING * max(sizes) else None for size in sizes]
    known = [log for log in logs if log is not None]
    powers = [round(sum(known) / max(1, len(known)) if log is None else log) for log in logs]
    return {one.name: 2.0**power for field, power in zip(problem.fields, powers) for one in field.unknowns if abs(power) > FAR}


def equilibrated(lengths: np.ndarray, sources: np.ndarray, alone: bool = True) -> list[float]:
    """Units (F,) for lengths M (C, F) and sizes (C,) of what equations hold without the fields.

    In fields tied to each other one factor is left open: with it the largest of what the sources ask for is next to one. A field tied to
    no other one has the unit 1, unless (not `alone`) it is tied to numbers and far larger or smaller.
    """
    units = np.ones(lengths.shape[1])
    for fields in _tied(lengths > 0):
        own = (lengths[:, fields] > 0).any(axis=1)
        if len(fields) == 1 and alone or not own.any():
            continue
        part = lengths[np.ix_(own, fields)]
        rows, columns = np.nonzero(part)
        system = np.zeros((len(rows), len(part) + len(fields)))
        system[np.arange(len(rows)), rows] = system[np.arange(len(rows)), len(part) + columns] = 1
        logs = np.linalg.lstsq(system, -np.log(part[rows, columns]), rcond=None)[0]
        asked = (sources[own] * np.exp(logs[: len(part)])).max()
        found = np.exp(logs[len(part):]) * (asked if asked > 0 else 1.0)
        units[fields] = found if len(fields) > 1 or abs(math.log2(found[0])) > FAR else 1.0
    return [2.0 ** round(math.log2(unit)) for unit in units]


def _tied(present: np.ndarray) -> list[list[int]]:
    """The fields (columns) in sets that share equations (rows)."""
    left, sets = set(range(present.shape[1])), []
    while left:
        found, waiting = set(), {left.pop()}
        while waiting:
            found |= waiting
            rows = present[:, sorted(found)].any(axis=1)
            waiting = {int(one) for one in np.flatnonzero(present[rows].any(axis=0))} - found
        left -= found
        sets.append(sorted(found))
    return sets


def _lengths(objective: Objective, theta: Tensor, problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """How long the columns of each field are in each equation (C, F), relative to those of the field itself, and |r| (C,) at θ.

    Equations that are undefined there are left out.
    """
    owners = {unknown.name: number for number, field in enumerate(problem.fields) for unknown in field.unknowns}
    lengths, sources = [], []
    for block in (block.knowing(objective.ansatz, theta) for block in objective.blocks):
        residual, rows = block.linearise(objective.ansatz, theta)
        of_fields = _by_field(objective.ansatz, rows.square().mean(dim=1), owners).sqrt()
        size = residual.square().mean(dim=1).sqrt()
        defined = torch.isfinite(of_fields).all(dim=1) & torch.isfinite(size)
        lengths.append(of_fields[defined].double().cpu().numpy())
        sources.append(size[defined].double().cpu().numpy())
    found = np.concatenate(lengths)
    found[found < NOTHING * found.max(axis=1, keepdims=True, initial=0.0)] = 0.0
    return found / (FEWEST_FEATURES / 2) ** 0.5, np.concatenate(sources)


def _by_field(ansatz: Ansatz, squares: Tensor, owners: Mapping[str, int]) -> Tensor:
    """(C, F): squared columns (C, P) of an ansatz of features added up for every field."""
    found = squares.new_zeros(len(squares), 1 + max(owners.values()))
    position = 0
    for group in ansatz.groups:
        for branch in group.branches:
            own, position = squares[:, position:position + branch.size], position + branch.size
            if not branch.regular:
                continue
            outputs = len(group.unknowns)
            of_each = own[:, : branch.size - outputs].view(len(own), outputs, -1).sum(dim=2) + own[:, branch.size - outputs:]
            for output, name in enumerate(group.unknowns):
                found[:, owners[name]] += of_each[:, output]
    return found
