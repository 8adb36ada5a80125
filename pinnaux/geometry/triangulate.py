"""Cuts a planar shape into triangles: points along its outline, a hexagonal grid inside, Delaunay's triangulation of both.

Outline pieces that are no edges of the triangulation are halved until they are; then what they enclose is kept or dropped whole,
so no notch or hole is ever filled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pinnaux.geometry.patch import Patch
from pinnaux.geometry.search import FacetDistance
from pinnaux.geometry.shape import Cells, Facets, Shape

# A circle gets at least 48 points.
LARGEST_TURN = 2 * np.pi / 48
TURN_SAMPLES = 65
CLEARANCE = 0.6
SAME_PLACE = 1e-8
HALVINGS = 16
SMALLEST_AREA = 1e-9


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces of the outline's curves: curve number (S,), parameters of both ends (S, 2), and their vertices (S, 2)."""

    curve: np.ndarray
    ends: np.ndarray
    vertices: np.ndarray


def triangulated_outline(shape: Shape, count: int) -> tuple[Cells, dict[str, tuple[Facets, ...]]]:
    """About `count` points of a planar shape, its triangles, and its outline as lines by boundary part."""
    points, triangles, pieces = triangulated(shape, count)
    return Cells(points, {"triangle": triangles}), _lines(shape, pieces)


def triangulated(shape: Shape, count: int) -> tuple[np.ndarray, np.ndarray, Pieces]:
    """About `count` points (M, 2) of a planar shape, its triangles (K, 3), and the pieces of its outline between the first of the points."""
    from scipy.spatial import Delaunay

    spacing = float(np.sqrt(shape.measure * 2 / (np.sqrt(3) * count)))
    points, pieces = _outline(shape, spacing)
    boundary_count = len(points)
    grid = _hexagonal(shape.bounds, spacing)
    grid = grid[shape.inside(grid, 0.0)]
    grid = grid[~FacetDistance(points[pieces.vertices]).within(grid, CLEARANCE * spacing)]
    for _ in range(HALVINGS):
        everything = np.concatenate([points, grid])
        triangles = Delaunay(everything).simplices
        missing = ~_are_edges(pieces.vertices, triangles, len(everything))
        if not missing.any():
            break
        points, pieces = _halved(shape, points, pieces, missing)
        boundary_count = len(points)
    kept = triangles[_enclosed(shape, everything, triangles, pieces.vertices, spacing)]
    used, kept = np.unique(np.concatenate([kept.ravel(), np.arange(boundary_count)]), return_inverse=True)
    triangles = kept[:-boundary_count].reshape(-1, 3)
    return everything[used], triangles, pieces


def _outline(shape: Shape, spacing: float) -> tuple[np.ndarray, Pieces]:
    """Vertices (B, 2) at most `spacing` apart along the outline, corners among them, and the pieces between them."""
    curves, ends = [], []
    for index, patch in enumerate(shape.boundary):
        for low, high in zip(patch.breaks[:-1], np.nextafter(patch.breaks[1:], 0)):
            by_length, by_turn = (high - low) * patch.measure / spacing, _turn(patch, low, high) / LARGEST_TURN
            number = max(1, int(np.ceil(by_length)), int(np.ceil(by_turn)))
            u = np.linspace(low, high, number + 1)
            ends.append(np.column_stack([u[:-1], u[1:]]))
            curves.append(np.full(number, index))
    curve, end = np.concatenate(curves), np.concatenate(ends)
    places = _places(shape, np.tile(curve, 2), end.T.ravel())
    points, vertex = _joined(places, SAME_PLACE * shape.size)
    return points, Pieces(curve, end, vertex.reshape(2, -1).T)


def _turn(patch: Patch, low: float, high: float) -> float:
    """How far the curve turns between two parameters."""
    _, normals = patch.chart(np.linspace(low, high, TURN_SAMPLES)[:, None])
    return float(2 * np.arcsin(np.minimum(np.linalg.norm(np.diff(normals, axis=0), axis=1) / 2, 1)).sum())


def _places(shape: Shape, curve: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Points (N, 2) of parameters u (N,) on the curves of these numbers (N,)."""
    places = np.empty((len(u), 2))
    for index in np.unique(curve):
        mine = curve == index
        places[mine] = shape.boundary[index].chart(u[mine, None])[0]
    return places


def _joined(places: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """The distinct points (B, 2) among the places (N, 2), and the index (N,) of each; those closer than the tolerance are one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    pairs = cKDTree(places).query_pairs(tolerance, output_type="ndarray")
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(places), len(places)))
    _, vertex = connected_components(graph, directed=False)
    _, first = np.unique(vertex, return_index=True)
    return places[first], vertex


def _halved(shape: Shape, points: np.ndarray, pieces: Pieces, chosen: np.ndarray) -> tuple[np.ndarray, Pieces]:
    """The pieces with the chosen ones cut in two at the middle of their curve."""
    middle = pieces.ends[chosen].mean(axis=1)
    vertex = len(points) + np.arange(chosen.sum())
    points = np.concatenate([points, _places(shape, pieces.curve[chosen], middle)])
    ends, vertices = pieces.ends[chosen], pieces.vertices[chosen]
    return points, Pieces(
        np.concatenate([pieces.curve[~chosen], np.tile(pieces.curve[chosen], 2)]),
        np.concatenate([pieces.ends[~chosen], np.column_stack([ends[:, 0], middle]), np.column_stack([middle, ends[:, 1]])]),
        np.concatenate([
            pieces.vertices[~chosen], np.column_stack([vertices[:, 0], vertex]), np.column_stack([vertex, vertices[:, 1]])]),
    )


def _hexagonal(bounds: np.ndarray, spacing: float) -> np.ndarray:
    """A hexagonal grid of that spacing over the bounds, (N, 2)."""
    (x0, x1), (y0, y1) = bounds
    rows = np.arange(y0, y1 + spacing, spacing * np.sqrt(3) / 2)
    columns = np.arange(x0, x1 + spacing, spacing)
    x, y = np.meshgrid(columns, rows)
    x[1::2] += spacing / 2
    return np.column_stack([x.ravel(), y.ravel()])


def _edge_keys(pairs: np.ndarray, count: int) -> np.ndarray:
    """One number for each pair of vertices (E, 2), whatever their order."""
    return pairs.min(axis=1).astype(np.int64) * count + pairs.max(axis=1)


def _are_edges(pieces: np.ndarray, triangles: np.ndarray, count: int) -> np.ndarray:
    """Whether each pair of vertices (S, 2) is an edge of a triangle."""
    edges = np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)])
    return np.isin(_edge_keys(pieces, count), _edge_keys(edges, count))


def _enclosed(shape: Shape, points: np.ndarray, triangles: np.ndarray, outline: np.ndarray, spacing: float) -> np.ndarray:
    """Which triangles belong to the shape: all of a region that outline edges enclose, if its largest triangle is inside."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(triangles)
    corner = points[triangles]
    area = np.abs(np.linalg.det(corner[:, 1:] - corner[:, :1])) / 2
    keys = np.concatenate([_edge_keys(triangles[:, [i, (i + 1) % 3]], len(points)) for i in range(3)])
    owner = np.tile(np.arange(count), 3)
    order = np.argsort(keys, kind="stable")
    keys, owner = keys[order], owner[order]
    same = (keys[1:] == keys[:-1]) & ~np.isin(keys[1:], _edge_keys(outline, len(points)))
    graph = coo_array((np.ones(same.sum()), (owner[:-1][same], owner[1:][same])), shape=(count, count))
    regions, region = connected_components(graph, directed=False)
    by_area = np.argsort(area, kind="stable")
    largest = np.empty(regions, dtype=int)
    largest[region[by_area]] = by_area
    inside = shape.inside(corner[largest].mean(axis=1), 0.0)
    return inside[region] & (area > SMALLEST_AREA * spacing**2)


def _lines(shape: Shape, pieces: Pieces) -> dict[str, tuple[Facets, ...]]:
    """The outline's pieces by boundary part, with the normals in their middles. The first vertices keep their numbers."""
    normals = np.empty((len(pieces.curve), 2))
    for index, patch in enumerate(shape.boundary):
        mine = pieces.curve == index
        normals[mine] = patch.chart(pieces.ends[mine].mean(axis=1)[:, None])[1]
    found: dict[str, tuple[Facets, ...]] = {}
    for name in shape.boundary_names:
        mine = np.isin(pieces.curve, [index for index, patch in enumerate(shape.boundary) if name in patch.names])
        found[name] = (Facets("line", pieces.vertices[mine], normals[mine]),)
    return found
