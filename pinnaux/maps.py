"""The planes in which a solution is drawn as maps, as triangles with the points to evaluate it at.

In two spatial dimensions the domain's own triangles (with time: at the first, the middle and the last moment), where they are in space, so
that a notch or a hole stays blank; over one coordinate and time the (t, x) plane; in three or more dimensions the middle planes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np

from pinnaux.export import at_time, moments, pieces, places, time_axis
from pinnaux.geometry.tessellate import tessellate
from pinnaux.symbolic.frame import CARTESIAN, CYLINDRICAL, POLAR

if TYPE_CHECKING:
    from pinnaux.geometry.domain import Domain

PLANE_POINTS, PLANE_TIMES = 401, 201     # along x and t in the (t, x) plane: about as many as the picture has pixels
SLENDER = 8.0
SLICE_POINTS = 141      # points along each side of a middle plane
ON_BOUNDARY = 1e-9
BISECTIONS = 20


@dataclass(frozen=True)
class Map:
    """Triangles in a plane of the domain: `plane` (N, 2) to draw them at, `points` (N, d) to evaluate the solution at."""

    title: str
    plane: np.ndarray
    triangles: np.ndarray
    points: np.ndarray
    axes: tuple[int, int]
    labels: tuple[str, str]
    equal: bool = True

    @property
    def to_scale(self) -> bool:
        """Whether both axes have the same scale: in space they do, but where a domain is so slender that nothing could be seen across it."""
        short, long = sorted(np.ptp(self.plane, axis=0))
        return self.equal and long < SLENDER * short


def maps(domain: Domain) -> list[Map]:
    """What is drawn as maps: nothing on a steady line."""
    timed = time_axis(domain) is not None
    if len(domain.space) < 2:
        return [_plane_of_space_and_time(domain)] if timed else []
    if len(domain.space) > 2:
        return _middle_planes(domain)
    mesh = pieces(domain)[0]
    times = [moments(domain)[index] for index in (0, len(moments(domain)) // 2, -1)] if timed else [None]
    axes, labels = shown_plane(domain)
    plane = places(domain, mesh.points)[:, axes]
    return [Map("" if time is None else f"{domain.names[time_axis(domain)]} = {time:.4g}", plane, triangles(mesh.cells),
                at_time(domain, mesh.points, time), axes, labels) for time in times]


def shown_plane(domain: Domain) -> tuple[tuple[int, int], tuple[str, str]]:
    """The Cartesian axes of the plane that a domain of two spatial coordinates lies in, and their names."""
    if domain.system in (CARTESIAN, POLAR):
        return (0, 1), domain.space if domain.system == CARTESIAN else ("x", "y")
    return (0, 2), domain.space if domain.system == CYLINDRICAL else ("x", "z")


def _plane_of_space_and_time(domain: Domain) -> Map:
    mesh = tessellate(domain, PLANE_POINTS)
    count, axis = len(mesh.points), time_axis(domain)
    times = np.repeat(np.linspace(*domain.bounds[axis], PLANE_TIMES), count)
    space = np.tile(mesh.points, (PLANE_TIMES, 1))
    first = (mesh.cells["line"] + count * np.arange(PLANE_TIMES - 1)[:, None, None]).reshape(-1, 2)
    halves = np.vstack([np.column_stack([first, first[:, 1] + count]),
                        np.column_stack([first[:, 0], first[:, 1] + count, first[:, 0] + count])])
    return Map("", np.column_stack([times, space[:, 0]]), halves, at_time(domain, space, times), (0, 0),
               (domain.names[axis], domain.space[0]), equal=False)


def _middle_planes(domain: Domain) -> list[Map]:
    """The three coordinate planes through the middle of the first three coordinates, at the last moment."""
    spatial = [domain.names.index(name) for name in domain.space]
    middle = domain.bounds.mean(axis=1)
    axis = time_axis(domain)
    if axis is not None:
        middle[axis] = domain.bounds[axis, 1]
    return [_slice(domain, middle, pair, others) for pair in combinations(spatial[:3], 2)
            for others in [[other for other in spatial if other not in pair]]]


def _slice(domain: Domain, middle: np.ndarray, pair: tuple[int, int], others: Sequence[int]) -> Map:
    """A grid over the plane, fitted to the domain."""
    sides = [np.linspace(*domain.bounds[axis], SLICE_POINTS) for axis in pair]
    plane = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    points = np.tile(middle, (len(plane), 1))
    points[:, pair] = plane
    corner = (np.arange(SLICE_POINTS - 1) + SLICE_POINTS * np.arange(SLICE_POINTS - 1)[:, None]).ravel()
    squares = np.column_stack([corner, corner + 1, corner + 1 + SLICE_POINTS, corner + SLICE_POINTS])
    mesh = fitted(domain, points, triangles({"quad": squares}))
    title = ", ".join(f"{domain.names[other]} = {middle[other]:.4g}" for other in others)
    return Map(title, points[:, pair], mesh, points, pair, (domain.names[pair[0]], domain.names[pair[1]]), equal=not domain.frame.is_curved)


def fitted(domain: Domain, points: np.ndarray, mesh: np.ndarray) -> np.ndarray:
    """The triangles (M, 3) that have a corner in the domain; their other corners are moved in place onto its boundary."""
    inside = domain.contains(points, tolerance=ON_BOUNDARY)
    kept = mesh[inside[mesh].any(axis=1)]
    edges = np.vstack([kept[:, pair] for pair in permutations(range(3), 2)])
    crossing = edges[~inside[edges[:, 0]] & inside[edges[:, 1]]]
    moved, first = np.unique(crossing[:, 0], return_index=True)
    out, within = points[moved], points[crossing[first, 1]]
    for _ in range(BISECTIONS):
        middle = (out + within) / 2
        held = domain.contains(middle, tolerance=ON_BOUNDARY)[:, None]
        out, within = np.where(held, out, middle), np.where(held, middle, within)
    points[moved] = within
    return kept


def triangles(cells: Mapping[str, np.ndarray]) -> np.ndarray:
    """The cells of a planar mesh as triangles (M, 3): quadrilaterals are halved."""
    quads = cells.get("quad", np.empty((0, 4), dtype=int))
    return np.vstack([cells.get("triangle", np.empty((0, 3), dtype=int)), quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def outline(mesh: np.ndarray) -> np.ndarray:
    """The edges (E, 2) of triangles (M, 3) that belong to one triangle only."""
    edges = np.sort(np.vstack([mesh[:, [0, 1]], mesh[:, [1, 2]], mesh[:, [2, 0]]]), axis=1)
    distinct, count = np.unique(edges, axis=0, return_counts=True)
    return distinct[count == 1]
