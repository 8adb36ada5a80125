"""Finds which simplices a point may lie in, by a grid of bins over their bounding boxes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

BINS_AN_ITEM = 2
# Barycentric coordinates above this are inside: points on the face between two simplices belong to one of them whatever the
# rounding.
INSIDE = -1e-12


@dataclass(frozen=True, eq=False)
class BinGrid:
    """Items (given by bounding boxes) by the bins they reach into: those of bin b are members[starts[b] : starts[b + 1]]."""

    lower: np.ndarray
    width: np.ndarray
    shape: np.ndarray
    starts: np.ndarray
    members: np.ndarray

    @staticmethod
    def over(lows: np.ndarray, highs: np.ndarray) -> BinGrid:
        """The grid of boxes lows, highs (S, d), with about two bins a box."""
        lower, upper = lows.min(axis=0), highs.max(axis=0)
        extent = np.maximum(upper - lower, 1e-12 * max(float((upper - lower).max()), 1e-300))
        side = (np.prod(extent) / (BINS_AN_ITEM * len(lows))) ** (1 / len(extent))
        shape = np.clip(np.ceil(extent / side), 1, BINS_AN_ITEM * len(lows)).astype(int)
        width = extent / shape
        first = np.clip(((lows - lower) / width).astype(int), 0, shape - 1)
        span = np.clip(((highs - lower) / width).astype(int), 0, shape - 1) - first + 1
        counts = span.prod(axis=1)
        item = np.repeat(np.arange(len(lows)), counts)
        # The place of each (item, bin) pair among the bins of its item, taken apart into one index an axis.
        place = np.arange(len(item)) - np.repeat(np.cumsum(counts) - counts, counts)
        index = np.empty((len(item), len(shape)), dtype=int)
        for axis in range(len(shape)):
            place, index[:, axis] = place // span[item, axis], first[item, axis] + place % span[item, axis]
        bins = np.ravel_multi_index(tuple(index.T), tuple(shape))
        starts = np.concatenate([[0], np.cumsum(np.bincount(bins, minlength=int(shape.prod())))])
        return BinGrid(lower, width, shape, starts, item[np.argsort(bins, kind="stable")])

    def any(self, points: np.ndarray, test: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
        """For each point (N, d), whether test(point, item) holds for an item in its bin; `test` is given arrays of indices."""
        held = np.zeros(len(points), dtype=bool)
        place = np.floor((points - self.lower) / self.width)
        # The upper faces of the grid belong to its last bins.
        place -= (place == self.shape) & (points <= self.lower + self.width * self.shape)
        pending = np.flatnonzero(((place >= 0) & (place < self.shape)).all(axis=1))
        bins = np.ravel_multi_index(tuple(place[pending].astype(int).T), tuple(self.shape))
        position, last = self.starts[bins], self.starts[bins + 1]
        while len(pending):
            left = position < last
            pending, position, last = pending[left], position[left], last[left]
            hit = test(pending, self.members[position])
            held[pending[hit]] = True
            pending, position, last = pending[~hit], position[~hit] + 1, last[~hit]
        return held


@dataclass(frozen=True, eq=False)
class SimplexLocator:
    """Whether points lie in any of the simplices.

    They are given by a corner (S, d), the inverses (S, d, d) of their edge matrices, and their bins.
    """

    origins: np.ndarray
    inverses: np.ndarray
    grid: BinGrid

    @staticmethod
    def of(simplices: np.ndarray) -> SimplexLocator:
        """The locator of simplices of corners (S, d+1, d), none of which is flat."""
        edges = simplices[:, 1:] - simplices[:, :1]
        return SimplexLocator(simplices[:, 0], np.linalg.inv(edges), BinGrid.over(simplices.min(axis=1), simplices.max(axis=1)))

    def contains(self, points: np.ndarray) -> np.ndarray:
        """Whether each point (N, d) lies in a simplex: λ = (x - x_0) E^-1 has no negative entry, nor 1 - Σ λ."""

        def inside(point: np.ndarray, simplex: np.ndarray) -> np.ndarray:
            weights = np.einsum("ni,nij->nj", points[point] - self.origins[simplex], self.inverses[simplex])
            return (weights >= INSIDE).all(axis=1) & (weights.sum(axis=1) <= 1 - INSIDE)

        return self.grid.any(points, inside)


@dataclass(frozen=True, eq=False)
class FacetDistance:
    """Whether points lie near any of the facets (F, 2, 2), segments of the plane, or (F, 3, 3), triangles of space."""

    facets: np.ndarray

    def within(self, points: np.ndarray, distance: float) -> np.ndarray:
        """Whether each point (N, d) lies at most `distance` from a facet."""
        grid = BinGrid.over(self.facets.min(axis=1) - distance, self.facets.max(axis=1) + distance)
        corners = self.facets.shape[1]

        def near(point: np.ndarray, facet: np.ndarray) -> np.ndarray:
            place, shape = points[point], self.facets[facet]
            sides = [_segment_distance(place, shape[:, i], shape[:, (i + 1) % corners]) for i in range(1 if corners == 2 else 3)]
            close = np.min(sides, axis=0) <= distance
            return close if corners == 2 else close | _over_triangle(place, shape, distance)

        return grid.any(points, near)


def _segment_distance(points: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Distance of each point to its segment, (N,)."""
    edge, offset = ends - starts, points - starts
    foot = np.clip((offset * edge).sum(axis=1) / (edge**2).sum(axis=1), 0, 1)
    return np.linalg.norm(offset - foot[:, None] * edge, axis=1)


def _over_triangle(points: np.ndarray, triangles: np.ndarray, distance: float) -> np.ndarray:
    """Whether each point is that near to its triangle's plane, over the inside of the triangle."""
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    height = ((points - triangles[:, 0]) * normal).sum(axis=1) / np.linalg.norm(normal, axis=1)
    over = np.abs(height) <= distance
    for i in range(3):
        start, end = triangles[:, i], triangles[:, (i + 1) % 3]
        over &= (np.cross(end - start, points - start) * normal).sum(axis=1) >= 0
    return over
