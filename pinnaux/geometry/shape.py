"""A shape: a bounded set of space with its boundary cut into named patches. It knows no coordinate names and no time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pinnaux.geometry.patch import Patch


@dataclass(frozen=True, eq=False)
class Cells:
    """A mesh: points (M, d) and cells, kind ("line", "triangle", "quad", "tetra", "hexahedron" …) → (K, corners of the kind)."""

    points: np.ndarray
    cells: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Facets:
    """Facets of one kind in the boundary of a mesh: cells (F, nv) of its points, outward unit normals (F, d)."""

    kind: str
    cells: np.ndarray
    normals: np.ndarray


@dataclass(frozen=True, eq=False)
class Shape:
    """`inside(points (N, d), tolerance)` is true up to `tolerance` outside the boundary (a negative one shrinks the shape).

    `cells` and `facets` (by boundary part) are there for a shape that is a mesh; `is_box` for a box with sides along the axes.
    """

    label: str
    bounds: np.ndarray
    interior: tuple[Patch, ...]
    boundary: tuple[Patch, ...]
    inside: Callable[[np.ndarray, float], np.ndarray]
    measure: float
    is_box: bool = False
    cells: Cells | None = None
    facets: Mapping[str, tuple[Facets, ...]] | None = None

    @property
    def dimension(self) -> int:
        """Number of spatial coordinates."""
        return len(self.bounds)

    @property
    def size(self) -> float:
        """The longest side of the bounding box: what tolerances are relative to."""
        return float(np.max(self.bounds[:, 1] - self.bounds[:, 0]))

    @property
    def boundary_names(self) -> tuple[str, ...]:
        """The names of the boundary parts, in order, each once."""
        return tuple(dict.fromkeys(name for patch in self.boundary for name in patch.names))
