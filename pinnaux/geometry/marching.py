"""Cuts a body into tetrahedra: a grid of cubes, each of six, cut where their edges cross the boundary.

The boundary is found by bisection along the edges, so it is exact at its vertices; no hole wider than two cells is filled.
"""

from __future__ import annotations

import numpy as np

from pinnaux.geometry.shape import Shape
from pinnaux.geometry.topology import facet_normals, faces_of, shared_numbers

# Cutting adds points: the grid gets this share of those asked for.
GRID_SHARE = 0.6
FEWEST_CELLS = 4
LARGEST_GRID = 400_000
VOLUME_ERROR = 0.02
BISECTIONS = 40
ON_BOUNDARY = 1e-9
# A grid point nearer to a crossing than this share of the edge is moved there, else tetrahedra get flat.
SHORTEST = 0.1
# Six times the volume over the longest edge cubed.
FLATTEST = 0.02
# Kuhn's six tetrahedra of a cube, by corner numbers 4i + 2j + k: they meet those of the neighbouring cubes face to face.
KUHN = np.array([[0, 4, 6, 7], [0, 4, 5, 7], [0, 2, 6, 7], [0, 2, 3, 7], [0, 1, 5, 7], [0, 1, 3, 7]])
# The prism of triangles abc and a'b'c' as three tetrahedra, by ranks so that neighbours cut their common side alike.
PRISM = ((0, 1, 2, 5), (0, 1, 4, 5), (0, 3, 4, 5))


def marched(shape: Shape, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points (M, 3), tetrahedra (K, 4), boundary triangles (F, 3) and their outward normals (F, 3) of a body.

    About `count` points, more where the body is too thin for so few: its volume is to be right to 2 %.
    """
    box = float(np.prod(shape.bounds[:, 1] - shape.bounds[:, 0]))
    grid_points = GRID_SHARE * count * box / shape.measure
    while True:
        points, tetrahedra = _cut(shape, min(grid_points, LARGEST_GRID))
        corners = points[tetrahedra]
        volume = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])).sum() / 6
        if abs(volume - shape.measure) < VOLUME_ERROR * shape.measure or grid_points >= LARGEST_GRID:
            return _surfaced(points, tetrahedra)
        grid_points *= 4


def _cut(shape: Shape, grid_points: float) -> tuple[np.ndarray, np.ndarray]:
    """The points and tetrahedra that a grid of so many points leaves of the body."""
    points, inside, tetrahedra = _grid(shape, grid_points)
    held = inside[tetrahedra].sum(axis=1)
    crossing = tetrahedra[(held > 0) & (held < 4)]
    # Inner corners first, each group in ascending order: the order by which neighbours agree.
    order = np.lexsort((crossing, ~inside[crossing]), axis=1)
    crossing = np.take_along_axis(crossing, order, axis=1)
    cuts = _Cuts(shape, points, crossing, inside)
    points[cuts.moved] = cuts.moved_to
    number = inside[crossing].sum(axis=1)
    pieces = [tetrahedra[held == 4], cuts.one_inside(crossing[number == 1]),
              *cuts.two_inside(crossing[number == 2]), *cuts.three_inside(crossing[number == 3])]
    everything = np.concatenate([points, cuts.points])
    return everything, _without_slivers(shape, everything, np.concatenate(pieces), cuts)


def _without_slivers(shape: Shape, points: np.ndarray, tetrahedra: np.ndarray, cuts: _Cuts) -> np.ndarray:
    """The tetrahedra that have a volume, less those between points of the boundary only that are flat or lie outside it.

    Where a grid point was moved onto a crossing, tetrahedra between the two have collapsed.
    """
    ranked = np.sort(tetrahedra, axis=1)
    tetrahedra = tetrahedra[(ranked[:, 1:] != ranked[:, :-1]).all(axis=1)]
    on_boundary = np.arange(len(points)) >= cuts.first
    on_boundary[cuts.moved] = True
    doubtful = np.flatnonzero(on_boundary[tetrahedra].all(axis=1))
    corners = points[tetrahedra[doubtful]]
    edges = corners[:, 1:] - corners[:, :1]
    flat = np.abs(np.linalg.det(edges)) < FLATTEST * np.linalg.norm(edges, axis=2).max(axis=1) ** 3
    outside = ~shape.inside(corners.mean(axis=1), 0.0)
    return np.delete(tetrahedra, doubtful[flat | outside], axis=0)


def _grid(shape: Shape, grid_points: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The points of a grid over the bounds, which of them are inside, and the tetrahedra of the cubes with a corner inside."""
    extent = shape.bounds[:, 1] - shape.bounds[:, 0]
    step = (np.prod(extent) / grid_points) ** (1 / 3)
    sizes = np.maximum(np.round(extent / step).astype(int), FEWEST_CELLS) + 1
    axes = [np.linspace(low, high, size) for (low, high), size in zip(shape.bounds, sizes)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = shape.inside(points, ON_BOUNDARY * shape.size)
    number = np.arange(len(points)).reshape(sizes)
    corners = np.stack([number[i : sizes[0] - 1 + i, j : sizes[1] - 1 + j, k : sizes[2] - 1 + k].ravel()
                        for i in (0, 1) for j in (0, 1) for k in (0, 1)], axis=1)
    corners = corners[inside[corners].any(axis=1)]
    return points, inside, corners[:, KUHN].reshape(-1, 4)


class _Cuts:
    """The points where edges of tetrahedra cross the boundary, each once, and the tetrahedra that use them."""

    def __init__(self, shape: Shape, points: np.ndarray, crossing: np.ndarray, inside: np.ndarray) -> None:
        pairs = np.concatenate([crossing[:, [i, j]] for i in range(4) for j in range(i + 1, 4)])
        pairs = np.unique(pairs[inside[pairs[:, 0]] & ~inside[pairs[:, 1]]], axis=0)
        self.first = len(points)
        # Pairs (inner, outer) are sorted, so one number a pair finds them.
        self.keys = pairs[:, 0] * self.first + pairs[:, 1]
        inner, outer = points[pairs[:, 0]], points[pairs[:, 1]]
        low, high = np.zeros(len(pairs)), np.ones(len(pairs))
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            within = shape.inside(inner + middle[:, None] * (outer - inner), ON_BOUNDARY * shape.size)
            low, high = np.where(within, middle, low), np.where(within, high, middle)
        self.points = inner + low[:, None] * (outer - inner)
        near = np.flatnonzero(low < SHORTEST)
        # The nearest crossing of each point is the last to be assigned.
        near = near[np.argsort(-low[near], kind="stable")]
        self.moved, self.moved_to = pairs[near, 0], self.points[near]
        self.numbers = self.first + np.arange(len(pairs))
        self.numbers[near] = self.moved

    def between(self, inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
        """The numbers of the crossings on these edges."""
        return self.numbers[np.searchsorted(self.keys, inner * self.first + outer)]

    def one_inside(self, tetrahedra: np.ndarray) -> np.ndarray:
        """A tip is left."""
        inner = tetrahedra[:, 0]
        return np.column_stack([inner, *(self.between(inner, tetrahedra[:, i]) for i in (1, 2, 3))])

    def two_inside(self, tetrahedra: np.ndarray) -> list[np.ndarray]:
        """A wedge along an edge is left."""
        a, b, c, d = tetrahedra.T
        return self.prism((a, self.between(a, c), self.between(a, d)), (b, self.between(b, c), self.between(b, d)))

    def three_inside(self, tetrahedra: np.ndarray) -> list[np.ndarray]:
        """A tip is cut off."""
        *inner, outer = tetrahedra.T
        return self.prism(tuple(inner), tuple(self.between(corner, outer) for corner in inner))

    @staticmethod
    def prism(near: tuple[np.ndarray, ...], far: tuple[np.ndarray, ...]) -> list[np.ndarray]:
        """Three tetrahedra that fill the prism of two triangles, corner against corner."""
        corners = (*near, *far)
        return [np.column_stack([corners[i] for i in piece]) for piece in PRISM]


def _surfaced(points: np.ndarray, tetrahedra: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The points in use, the tetrahedra, and the triangles that belong to one tetrahedron only."""
    used, tetrahedra = np.unique(tetrahedra, return_inverse=True)
    points, tetrahedra = points[used], tetrahedra.reshape(-1, 4)
    corners = points[tetrahedra]
    turned = np.linalg.det(corners[:, 1:] - corners[:, :1]) < 0
    tetrahedra[turned] = tetrahedra[turned][:, [1, 0, 2, 3]]
    faces, behind = faces_of(points, {"tetra": tetrahedra})
    (number,) = shared_numbers(faces)
    outer = np.bincount(number)[number] == 1
    surface = faces[outer, :3]
    return points, tetrahedra, surface, facet_normals(points, surface, behind[outer])
