"""Formulas run as compiled programs: on random jets, on points, and beside their evaluation by NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from cases import normal
from torch import Tensor

from pinnaux.derivatives import jet_specs
from pinnaux.evaluate import FormulaProgram, Layout
from pinnaux.fields import Field
from pinnaux.geometry.domain import Domain
from pinnaux.jets.spec import JetSpec
from pinnaux.surroundings import Surroundings
from pinnaux.symbolic.scalar import Expr


def grouped(fields: Sequence[Field]) -> tuple[tuple[Field, ...], ...]:
    """Fields of the same coordinates together."""
    names = [tuple(coordinate.name for coordinate in field.coordinates) for field in fields]
    return tuple(tuple(field for field, own in zip(fields, names) if own == name) for name in dict.fromkeys(names))


def compiled(formulas: Sequence[Expr], domain: Domain, fields: Sequence[Field] = ()) -> tuple[FormulaProgram, Layout]:
    """The program of formulas without parameters, and where it finds things."""
    groups = grouped(fields)
    layout = Layout(groups, jet_specs(formulas, groups), (), domain.names, domain.space)
    return FormulaProgram(formulas, layout), layout


def random_jets(specs: Sequence[JetSpec], groups: Sequence[Sequence[Field]], points: int) -> list[Tensor]:
    """One jet (K, N, unknowns) a group, every channel independent of the others."""
    return [normal(len(spec), points, len(group), seed=40 + number) for number, (spec, group) in enumerate(zip(specs, groups))]


def with_forms(jets: Sequence[Tensor], full: Sequence[JetSpec], wanted: Sequence[JetSpec]) -> list[Tensor]:
    """The jets of the `wanted` specifications from those of full ones without forms: forms summed from their parts."""
    found = []
    for jet, spec, target in zip(jets, full, wanted):
        channels = [jet[spec.position[index]] for index in target.indices]
        for form in target.forms:
            squares = [tuple(2 if i == axis else 0 for i in range(spec.dimension)) for axis in range(spec.dimension)]
            channels.append(sum(c * jet[spec.position[square]] for c, square in zip(form, squares) if c))
        found.append(torch.stack(channels))
    return found


def run_on_points(formulas: Sequence[Expr], domain: Domain, points: np.ndarray, normals: np.ndarray | None = None,
                  columns: Mapping[str, np.ndarray] | None = None, dtype: torch.dtype = torch.float64) -> Tensor:
    """(m, N) of formulas without unknowns."""
    program, _ = compiled(formulas, domain)
    surroundings = Surroundings(torch.tensor(points, dtype=dtype), None if normals is None else torch.tensor(normals, dtype=dtype),
                                {name: torch.tensor(column, dtype=dtype) for name, column in (columns or {}).items()})
    return program([], surroundings.points.new_zeros(0, len(points)), surroundings)
