"""Polygon: any simple polygon, given by its vertices in either orientation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.geometry.arguments import coordinate_names, outline_names, point
from pinnaux.geometry.domain import Domain
from pinnaux.geometry.patch import affine, simplices
from pinnaux.geometry.search import FacetDistance
from pinnaux.geometry.shape import Shape

SMALLEST_EDGE = 1e-12
SMALLEST_AREA = 1e-12


def Polygon(vertices: Sequence[Sequence[float]], *, name: str | None = None, names: Sequence[str] | None = None) -> Domain:
    """The polygon with these vertices in order; "edge 0" runs from vertex 0 to vertex 1, and so on.

    Raises DeclarationError for edges that cross or touch, repeated vertices, or no area.
    """
    corners = _checked(vertices)
    count = len(corners)
    label = f"Polygon of {count} vertices"
    space = coordinate_names(names, 2, label)
    parts = outline_names(name, [f"edge {index}" for index in range(count)], label)
    return Domain(polygon_shape(label, corners, parts), space)


def polygon_shape(label: str, corners: np.ndarray, names: Sequence[str]) -> Shape:
    """The polygon of corners (n, 2), edge i from corner i to corner i+1 named names[i]."""
    along = np.roll(corners, -1, axis=0) - corners
    area = signed_area(corners)
    # To the right of a counter-clockwise outline lies the outside.
    normals = np.sign(area) * np.column_stack([along[:, 1], -along[:, 0]]) / np.linalg.norm(along, axis=1)[:, None]
    edges = tuple(affine((part,), start, edge[None], normal) for part, start, edge, normal in zip(names, corners, along, normals))
    ordered = corners if area > 0 else corners[::-1]
    interior = simplices((), ordered[triangulated(ordered)], None)
    bounds = np.column_stack([corners.min(axis=0), corners.max(axis=0)])

    outline = FacetDistance(np.stack([corners, corners + along], axis=1))

    def inside(points: np.ndarray, tolerance: float) -> np.ndarray:
        within = enclosed(points, corners)
        if tolerance == 0:
            return within
        near = outline.within(points, abs(tolerance))
        return within | near if tolerance > 0 else within & ~near

    return Shape(label, bounds, (interior,), edges, inside, abs(area))


def signed_area(corners: np.ndarray) -> float:
    """½ Σ x_i y_{i+1} - x_{i+1} y_i about the first corner: positive when counter-clockwise."""
    x, y = (corners - corners[0]).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


def enclosed(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Whether each point (N, 2) has an odd number of the outline's edges to its right.

    The points are sorted by y, so that an edge looks only at those between its ends.
    """
    order = np.argsort(points[:, 1], kind="stable")
    x, y = points[order].T
    odd = np.zeros(len(points), dtype=bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0)):
        first, last = np.searchsorted(y, sorted((y0, y1)))
        if last > first:
            span = slice(first, last)
            odd[span] ^= x[span] < x0 + (y[span] - y0) * ((x1 - x0) / (y1 - y0))
    result = np.empty_like(odd)
    result[order] = odd
    return result


def triangulated(corners: np.ndarray) -> np.ndarray:
    """(n - 2, 3) indices of triangles filling a counter-clockwise simple polygon, by cutting ears (Meisters 1975)."""
    left = list(range(len(corners)))
    triangles: list[tuple[int, int, int]] = []
    while len(left) > 3:
        ear = _ear(corners, left)
        triangles.append((left[ear - 1], left[ear], left[(ear + 1) % len(left)]))
        del left[ear]
    triangles.append(tuple(left))
    return np.array([t for t in triangles if abs(_cross(corners[t[1]] - corners[t[0]], corners[t[2]] - corners[t[0]])) > 0])


def _ear(corners: np.ndarray, left: list[int]) -> int:
    """Position in `left` of a vertex whose triangle with its neighbours holds no other vertex; a flat one if none is."""
    ring = corners[left]
    before, after = np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0)
    turn = _cross(ring - before, after - ring)
    reflex = ring[turn <= 0]
    flat = int(np.argmin(np.abs(turn)))
    for position in np.flatnonzero(turn > 0):
        a, b, c = before[position], ring[position], after[position]
        within = (_cross(b - a, reflex - a) >= 0) & (_cross(c - b, reflex - b) >= 0) & (_cross(a - c, reflex - c) >= 0)
        own = (reflex == a).all(axis=1) | (reflex == c).all(axis=1)
        if not (within & ~own).any():
            return int(position)
    return flat


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The z component of a × b."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _checked(vertices: Sequence[Sequence[float]]) -> np.ndarray:
    """The vertices (n, 2), the last dropped if it repeats the first; or DeclarationError."""
    if not isinstance(vertices, (tuple, list, np.ndarray)):
        raise DeclarationError(f"Polygon takes a list of vertices, not {vertices!r}", hint="Polygon([(0, 0), (1, 0), (0, 1)])")
    corners = np.array([point(vertex, f"vertex {index} of the Polygon", 2) for index, vertex in enumerate(vertices)])
    if len(corners) > 1 and (corners[0] == corners[-1]).all():
        corners = corners[:-1]
    if len(corners) < 3:
        raise DeclarationError(f"Polygon of {len(corners)} vertices has no interior", hint="give at least three")
    size = np.ptp(corners, axis=0).max()
    lengths = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    if (lengths <= SMALLEST_EDGE * size).any():
        index = int(np.argmin(lengths))
        raise DeclarationError(
            f"vertices {index} and {(index + 1) % len(corners)} of the Polygon are the same point", hint="leave one of them out"
        )
    pair = _crossing(corners)
    if pair is not None:
        raise DeclarationError(
            f"edges {pair[0]} and {pair[1]} of the Polygon cross or touch: its outline must not meet itself",
            hint="order the vertices along the outline; make holes by subtracting another Polygon",
        )
    if abs(signed_area(corners)) <= SMALLEST_AREA * size**2:
        raise DeclarationError(
            "the Polygon has no area: its vertices lie on one line", hint="move at least one vertex off the line of the others"
        )
    return corners


def _crossing(corners: np.ndarray) -> tuple[int, int] | None:
    """Two edges that meet elsewhere than in the vertex they share, if there are any."""
    following = np.roll(corners, -1, axis=0)
    count = len(corners)
    for first in range(count):
        others = np.arange(first + 1, count)
        a, b, c, d = corners[first], following[first], corners[others], following[others]
        c_side, d_side = np.sign(_cross(b - a, c - a)), np.sign(_cross(b - a, d - a))
        a_side, b_side = np.sign(_cross(d - c, a - c)), np.sign(_cross(d - c, b - c))
        overlap = ((np.minimum(c, d) <= np.maximum(a, b)) & (np.maximum(c, d) >= np.minimum(a, b))).all(axis=1)
        meet = (c_side * d_side <= 0) & (a_side * b_side <= 0) & overlap
        joined = (others == first + 1) | ((first == 0) & (others == count - 1))
        # Neighbours share a vertex; they overlap only when one folds back on the other.
        back = (_cross(b - a, d - c) == 0) & (((b - a) * (d - c)).sum(axis=1) < 0)
        wrong = np.where(joined, back, meet)
        if wrong.any():
            return first, int(others[np.argmax(wrong)])
    return None
