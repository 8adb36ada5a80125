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
from pinnaux.tables import columns_of_mapping, columns_of_text, columns_of_vtu

# How far outside the domain a point may lie, relative to the domain's size: coordinates are often written with few digits.
OUTSIDE = 1e-6
SHOWN_POINTS = 3


@dataclass(frozen=True, eq=False, repr=False)
class Observations(Region):
    """Rows of coordinates and measured `columns`, from a CSV, text or .vtu file, or a mapping of names to arrays (N,) or files.

    A header's coordinate columns are found by the domain's coordinate names. Without a header `columns` names all columns in order.
    `observations["T"]` is a measured column in a formula. A complex array psi becomes two columns, psi_real and psi_imag.
    Raises DeclarationError for a missing file or column, cells that are no numbers, different lengths, and points outside the domain.
    """

    source: InitVar[str | Path | Mapping[str, object]]
    domain: Domain
    columns: Sequence[str] = ()
    points: Points = field(init=False)
    label: str = field(init=False)

    kind = "observations"
    parts = ()
    has_normal = False
    measure = 0.0

    def __post_init__(self, source: str | Path | Mapping[str, object]) -> None:
        if not isinstance(self.domain, Domain):
            hint = 'Observations("data.csv", domain, columns=("T",))'
            raise DeclarationError(f"observations need a domain, not {described(self.domain)}", hint=hint)
        wanted = checked_columns(self.columns)
        names = self.domain.names
        table = real_arrays(read_columns(source, self.domain, wanted))
        label = "given as arrays" if isinstance(source, Mapping) else f"'{source}'"
        measured = tuple(name for name in table if name not in names)
        coordinates = np.column_stack([table[name] for name in names])
        check_inside(coordinates, self.domain, label)
        points = Points(coordinates, None, MappingProxyType({name: table[name] for name in measured}))
        for name, value in (("columns", measured), ("points", points), ("label", label)):
            object.__setattr__(self, name, value)

    def __getitem__(self, column: str) -> Data | Complex:
        """The measured column as a formula, for conditions on these observations; psi_real and psi_imag are together psi."""
        if column not in self.columns:
            both = part_names(column)
            if set(both) <= set(self.columns):
                return Complex(*(Data(self, one) for one in both), f"data['{column}']")
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
    if isinstance(source, Mapping):
        return columns_of_mapping(source, wanted, domain.names)
    if not isinstance(source, (str, Path)):
        raise DeclarationError(
            f"observations are read from a file or from a mapping of names to arrays, not from {described(source)}",
            hint='Observations("probes.csv", …) or Observations({"x": xs, "T": values}, …)',
        )
    path = find_file(source, "observations")
    if path.suffix.lower() == ".vtu":
        time = domain.names[-1] if len(domain.names) > len(domain.space) else None
        return columns_of_vtu(path, str(source), wanted, domain.space, time)
    return columns_of_text(path, str(source), wanted, domain.names)


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
