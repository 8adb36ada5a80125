"""The mesh a solution is shown on: of a domain's space, with its boundary parts, for any shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

import numpy as np

from pinnaux.geometry.domain import Domain
from pinnaux.geometry.marching import marched
from pinnaux.geometry.patch import Patch
from pinnaux.geometry.points import hammersley
from pinnaux.geometry.shape import Cells, Facets
from pinnaux.geometry.triangulate import triangulated_outline

DEFAULT_COUNTS = MappingProxyType({0: 1, 1: 1_000, 2: 10_000, 3: 30_000})
SHOWN_DIMENSIONS = 3
GRID_KINDS = ("vertex", "line", "quad", "hexahedron")
# Corners of a grid cell in VTK's order.
CELL_CORNERS = MappingProxyType({
    0: ((),), 1: ((0,), (1,)), 2: ((0, 0), (1, 0), (1, 1), (0, 1)),
    3: ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)),
})
# Facets that turn by more than this (30°) from the mean at a vertex get a vertex of their own there.
CREASE_COSINE = 0.866
# A boundary triangle is given to the patch nearest to it, of about this many points of each.
SURFACE_SAMPLES = 4096


@dataclass(frozen=True, eq=False)
class Part:
    """One boundary part: points (M, d), cells by kind (F, nv), outward unit normals at the points (M, d).

    A point on a sharp edge of the part is there once for each face, so that every one has the normal of its face.
    """

    points: np.ndarray
    cells: Mapping[str, np.ndarray]
    normals: np.ndarray


@dataclass(frozen=True, eq=False)
class Tessellation:
    """points (M, d_space), cells by kind (K, nv), and the boundary parts by name."""

    points: np.ndarray
    cells: Mapping[str, np.ndarray]
    boundary: Mapping[str, Part]


def tessellate(domain: Domain, count: int | None = None) -> Tessellation:
    """A mesh of about `count` points (default 1000 on a line, 10 000 in the plane, 30 000 in space) of the domain's space.

    A mesh is taken as it is, a box is cut into boxes, a planar shape into triangles with all its corners, a body into tetrahedra
    (its sharp edges cut off within one cell). Of more than three dimensions it is the slice through the middle along
    the first three, without boundary parts; of time alone a single point.
    """
    shape = domain.shape
    dimension = len(domain.space)
    count = count if count is not None else DEFAULT_COUNTS[min(dimension, SHOWN_DIMENSIONS)]
    if shape is not None and shape.cells is not None:
        return _with_parts(domain, shape.cells, shape.facets)
    if dimension == 0 or shape.is_box or dimension > SHOWN_DIMENSIONS:
        return _grid(domain, count)
    if dimension == 1:
        return _lines(domain, count)
    cells, facets = triangulated_outline(shape, count) if dimension == 2 else _body(domain, count)
    return _with_parts(domain, cells, facets)


def _with_parts(domain: Domain, cells: Cells, facets: Mapping[str, Sequence[Facets]]) -> Tessellation:
    parts = {name: _part(cells.points, facets[name]) for name in domain.boundary_names if name in facets}
    return Tessellation(cells.points, cells.cells, parts)


def _part(points: np.ndarray, facets: Sequence[Facets]) -> Part:
    """The facets with points of their own, and normals averaged over facets that meet smoothly."""
    corner = np.concatenate([kind.cells.ravel() for kind in facets])
    normal = np.concatenate([np.repeat(kind.normals, kind.cells.shape[1], axis=0) for kind in facets])
    vertices, vertex = np.unique(corner, return_inverse=True)
    mean = _summed(vertex, normal, len(vertices))
    sharp = (mean[vertex] * normal).sum(axis=1) < CREASE_COSINE * np.linalg.norm(mean[vertex], axis=1)
    vertex[sharp] = len(vertices) + np.arange(sharp.sum())
    vertices = np.concatenate([vertices, corner[sharp]])
    used, vertex = np.unique(vertex, return_inverse=True)
    normals = _summed(vertex, normal, len(used))
    cells: dict[str, np.ndarray] = {}
    first = 0
    for kind in facets:
        mine = vertex[first : first + kind.cells.size].reshape(kind.cells.shape)
        cells[kind.kind] = np.concatenate([cells[kind.kind], mine]) if kind.kind in cells else mine
        first += kind.cells.size
    return Part(points[vertices[used]], cells, normals / np.linalg.norm(normals, axis=1)[:, None])


def _summed(index: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """(count, d): the sum of the rows (N, d) of each index."""
    total = np.zeros((count, rows.shape[1]))
    np.add.at(total, index, rows)
    return total


def _lines(domain: Domain, count: int) -> Tessellation:
    """A union of intervals: their ends in order are start, end, start, end …"""
    ends = [(patch.names, *patch.chart(np.empty((1, 0)))) for patch in domain.shape.boundary]
    ends.sort(key=lambda end: (end[1].item(), -end[2].item()))
    places = np.array([end[1].item() for end in ends]).reshape(-1, 2)
    points, lines, edges = [], [], {}
    for start, stop in places:
        number = max(2, round(count * (stop - start) / domain.shape.measure))
        first = sum(len(piece) for piece in points)
        points.append(np.linspace(start, stop, number)[:, None])
        lines.append(first + np.column_stack([np.arange(number - 1), np.arange(1, number)]))
        edges[start, -1.0], edges[stop, 1.0] = first, first + number - 1
    facets = {name: (Facets("vertex", np.array([[edges[place.item(), normal.item()]]]), normal),)
              for names, place, normal in ends for name in names}
    return _with_parts(domain, Cells(np.concatenate(points), {"line": np.concatenate(lines)}), facets)


def _grid(domain: Domain, count: int) -> Tessellation:
    """A box as a grid; of more than three dimensions the slice, less the cells whose centre is outside."""
    bounds = np.empty((0, 2)) if domain.shape is None else domain.shape.bounds
    shown = bounds[:SHOWN_DIMENSIONS]
    extent = shown[:, 1] - shown[:, 0]
    step = (np.prod(extent) / count) ** (1 / max(len(shown), 1))
    sizes = [max(2, round(side / step) + 1) for side in extent]
    axes = [np.linspace(low, high, size) for (low, high), size in zip(shown, sizes)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes)) if axes else np.empty((1, 0))
    points = np.tile(bounds.mean(axis=1), (len(grid), 1))
    points[:, : len(axes)] = grid
    number = np.arange(len(grid)).reshape(sizes)
    cells = _grid_cells(number)
    if len(bounds) > len(shown):
        return Tessellation(points, {"hexahedron": cells[domain.shape.inside(points[cells].mean(axis=1), 0.0)]}, {})
    facets = {} if domain.shape is None else _grid_facets(domain, number)
    return _with_parts(domain, Cells(points, {GRID_KINDS[len(axes)]: cells}), facets)


def _grid_cells(number: np.ndarray) -> np.ndarray:
    """The cells (K, 2^d) of a grid whose points have these numbers."""
    corners = CELL_CORNERS[number.ndim]
    return np.stack([number[tuple(slice(i, i - 1 or None) for i in corner)].ravel() for corner in corners], axis=1)


def _grid_facets(domain: Domain, number: np.ndarray) -> dict[str, tuple[Facets, ...]]:
    """The facets of a grid on each face of the box, by the names of the faces (in the order of box_shape)."""
    found: dict[str, tuple[Facets, ...]] = {}
    kept = {id(patch) for patch in domain.boundary_patches}
    for patch, (axis, side) in zip(domain.shape.boundary, product(range(number.ndim), (0, -1))):
        if id(patch) in kept:
            cells = _grid_cells(np.take(number, side, axis=axis))
            normal = np.zeros(number.ndim)
            normal[axis] = 1 if side else -1
            facets = Facets(GRID_KINDS[number.ndim - 1], cells, np.tile(normal, (len(cells), 1)))
            found[patch.names[0]] = (*found.get(patch.names[0], ()), facets)
    return found


def _body(domain: Domain, count: int) -> tuple[Cells, dict[str, list[Facets]]]:
    """A body of three dimensions, its boundary triangles given to the nearest boundary patch."""
    from scipy.spatial import cKDTree

    points, tetrahedra, surface, normals = marched(domain.shape, count)
    # A triangle beside an edge belongs to the patch it faces the same way as: a normal turned round counts as far as a cell.
    reach = np.median(np.linalg.norm(points[surface[:, 1]] - points[surface[:, 0]], axis=1))
    samples = [_samples(patch) for patch in domain.shape.boundary]
    places, directions = (np.concatenate(columns) for columns in zip(*samples))
    triangles = np.hstack([points[surface].mean(axis=1), reach * normals])
    _, nearest = cKDTree(np.hstack([places, reach * directions])).query(triangles)
    # Triangles a hundredth of a cell wide may lean any way; the patch knows better.
    leaning = (normals * directions[nearest]).sum(axis=1) < CREASE_COSINE
    normals[leaning] = directions[nearest[leaning]]
    owner = np.repeat(np.arange(len(samples)), [len(place) for place, _ in samples])[nearest]
    found: dict[str, list[Facets]] = {}
    for index, patch in enumerate(domain.shape.boundary):
        mine = owner == index
        for name in patch.names if mine.any() else ():
            found.setdefault(name, []).append(Facets("triangle", surface[mine], normals[mine]))
    return Cells(points, {"tetra": tetrahedra}), found


def _samples(patch: Patch) -> tuple[np.ndarray, np.ndarray]:
    """Points and normals (S, 3) all over a patch."""
    u = hammersley(int(SURFACE_SAMPLES / patch.acceptance), patch.parameters)
    return patch.chart(u if patch.keep is None else u[patch.belongs(patch.keep, u)])
