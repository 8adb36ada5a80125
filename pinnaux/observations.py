"""Observations: measured values at points, a region whose points are the rows of a file or of arrays, in their order."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from pinnaux.errors import DeclarationError, did_you_mean
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.points import Points
from pinnaux.geometry.region import Region
from pinnaux.locate import find_file
from pinnaux.symbolic.complex import Complex, part_names, real_arrays
from pinnaux.symbolic.formula import described
from pinnaux.symbolic.scalar import Data
from pinnaux.symbolic.tensor import Tensor
from pinnaux.tables import AXES, OBSERVATIONS, columns_of_arrays, read_file

# How far outside the domain a point may lie, relative to the domain's size: coordinates are often written with few digits.
OUTSIDE = 1e-6
SHOWN_POINTS = 3


@dataclass(frozen=True, eq=False, repr=False)
class Observations(Region):
    """Rows of coordinates and measured `columns`, from a CSV, text, NumPy or .vtu file, arrays (N,) by name, or one array of rows.

    A header's coordinate columns are found by the domain's coordinate names. Without names `columns` names all columns in order, or
    the columns are the coordinates. `observations["T"]` is a measured column in a formula, a vector where it has several components. A
    complex array psi becomes two columns, psi_real and psi_imag.
    Raises DeclarationError for a missing file or column, cells that are no numbers, different lengths, and points outside the domain.
    """

    source: InitVar[str | Path | Mapping[str, object] | np.ndarray | Sequence[Sequence[float]]]
    domain: Domain
    columns: Sequence[str] = ()
    points: Points = field(init=False)
    label: str = field(init=False)
    vectors: Mapping[str, tuple[str, ...]] = field(init=False)

    kind = "observations"
    parts = ()
    has_normal = False
    at_a_moment = False
    measure = 0.0

    def __post_init__(self, source: object) -> None:
        if not isinstance(self.domain, Domain):
            hint = 'Observations("data.csv", domain, columns=("T",))'
            raise DeclarationError(f"observations need a domain, not {described(self.domain)}", hint=hint)
        wanted = checked_columns(self.columns)
        names = self.domain.names
        table = real_arrays(read_columns(source, self.domain, wanted))
        label = f"'{source}'" if isinstance(source, (str, Path)) else "given as arrays"
        coordinates = np.column_stack([table[name] for name in names])
        check_inside(coordinates, self.domain, label)
        columns = {name: components_of(name, table[name], self.domain) for name in table if name not in names}
        scalars = {name: column for parts in columns.values() for name, column in parts.items()}
        points = Points(coordinates, None, MappingProxyType(scalars))
        for name, value in (("columns", tuple(columns)), ("points", points), ("label", label)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "vectors", {name: tuple(parts) for name, parts in columns.items() if table[name].ndim > 1})

    def __getitem__(self, column: str) -> Data | Tensor | Complex:
        """The measured column as a formula, a vector if it has several components; psi_real and psi_imag are together psi."""
        if column in self.vectors:
            return Tensor(tuple(Data(self, name) for name in self.vectors[column]), f"data['{column}']")
        if column not in self.columns:
            both = part_names(column)
            if set(both) <= set(self.columns):
                return Complex(self[both[0]], self[both[1]], f"data['{column}']")
            hint = did_you_mean(str(column), self.columns) if self.columns else f'name it: columns=("{column}",)'
            raise DeclarationError(f"the {self.describe()} have no column '{column}'", hint=hint)
        return Data(self, column)

    def sample(self, count: int, generator: np.random.Generator) -> Points:
        """All rows, in their order, whatever the count: observations are not drawn."""
        return self.points

    @property
    def key(self) -> Hashable:
        """Observations share points with themselves only."""
        return self

    def describe(self) -> str:
        """For instance: observations 'probes.csv' (24 points)."""
        return f"observations {self.label} ({len(self.points)} points)"

    __repr__ = __str__ = describe


def checked_columns(columns: object) -> tuple[str, ...]:
    """The names of the columns, each a text and none twice."""
    if not isinstance(columns, (tuple, list)) or not all(isinstance(name, str) for name in columns):
        suggestion = f'columns=("{columns}",)' if isinstance(columns, str) else 'columns=("T",)'
        raise DeclarationError(f"columns must be a tuple of names, not {described(columns)}", hint=suggestion)
    if len(set(columns)) < len(columns):
        raise DeclarationError(f"columns names one twice: {', '.join(columns)}", hint="name each column once")
    return tuple(columns)


def read_columns(source: object, domain: Domain, wanted: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The coordinate and wanted columns of a source of any kind."""
    if isinstance(source, (str, Path)):
        return read_file(find_file(source, "observations"), str(source), wanted, domain)
    if isinstance(source, (Mapping, np.ndarray, list, tuple)):
        return columns_of_arrays(source, OBSERVATIONS, wanted, domain.names)
    raise DeclarationError(
        f"observations are read from a file, from arrays by name, or from rows of numbers, not from {described(source)}",
        hint='Observations("probes.csv", …), Observations({"x": xs, "T": values}, …) or Observations([(0.1, 0.2), (0.3, 0.4)], domain)',
    )


def components_of(name: str, column: np.ndarray, domain: Domain) -> dict[str, np.ndarray]:
    """A column (N,) by its name, or those of a vector (N, k) as name_x, name_y, name_z, along its unit vectors if they have names."""
    if column.ndim == 1:
        return {name: column}
    labels = domain.frame.labels if domain.frame.is_curved and column.shape[1] == len(domain.frame.axes) else AXES
    return {f"{name}_{labels[i] if i < len(labels) else i}": column[:, i] for i in range(column.shape[1])}


def check_inside(coordinates: np.ndarray, domain: Domain, label: str) -> None:
    """Refuse points outside the domain."""
    size = float(np.max(domain.bounds[:, 1] - domain.bounds[:, 0]))
    outside = np.flatnonzero(~domain.contains(coordinates, tolerance=OUTSIDE * size))
    if len(outside):
        listed = ", ".join("(" + ", ".join(f"{value:g}" for value in coordinates[i]) + ")" for i in outside[:SHOWN_POINTS])
        more = ", …" if len(outside) > SHOWN_POINTS else ""
        raise DeclarationError(
            f"{len(outside)} of {len(coordinates)} points of the observations {label} lie outside the domain: {listed}{more}",
            hint=f"the domain spans {extents(domain)}; check units and the order of columns",
        )


def extents(domain: Domain) -> str:
    """The range of each coordinate, in words."""
    return ", ".join(f"{name} from {low:g} to {high:g}" for name, (low, high) in zip(domain.names, domain.bounds))
