"""Corners of planar outlines, where solutions are often singular."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pinnaux.geometry.patch import Patch

# Openings nearer to π than this are no corners.
SMALLEST_TURN = 0.02
# Ends of curves nearer than this, relative to the outline's size, are one vertex.
SAME_VERTEX = 1e-6
# A turn is due to the facets of a smooth curve when their distance from it explains it up to this factor.
SLACK_FACTOR = 2.0


@dataclass(frozen=True, eq=False)
class Corner:
    """The interior around `vertex` (2,) fills the polar angles from `start` to `start + opening`.

    Where a smooth outline only changes its name, `opening` is about π.
    """

    vertex: np.ndarray
    opening: float
    start: float


@dataclass(frozen=True, eq=False)
class Rays:
    """The R ends of the smooth pieces of an outline, seen from where they end.

    `angles` (R,) is the direction in which each leaves its `vertices` (R, 2); `begins` (R,) says whether the interior follows it
    counter-clockwise.
    """

    vertices: np.ndarray
    angles: np.ndarray
    begins: np.ndarray
    lengths: np.ndarray
    slack: np.ndarray
    patch: np.ndarray


def corners_of(patches: Sequence[Patch]) -> tuple[Corner, ...]:
    """All corners of the outline made of these curves, in the order met along them."""
    if not patches:
        return ()
    rays = _rays(patches)
    near = SAME_VERTEX * max(np.ptp(rays.vertices, axis=0).max(), rays.lengths.max())
    corners = []
    for index in np.flatnonzero(rays.begins):
        together = np.flatnonzero((np.abs(rays.vertices - rays.vertices[index]) <= near).all(axis=1) & ~rays.begins)
        if not len(together):
            continue
        openings = (rays.angles[together] - rays.angles[index]) % (2 * np.pi)
        closest = int(np.argmin(openings))
        corner = _corner(rays, index, int(together[closest]), float(openings[closest]), patches)
        if corner is not None:
            corners.append(corner)
    return tuple(corners)


def _corner(rays: Rays, first: int, last: int, opening: float, patches: Sequence[Patch]) -> Corner | None:
    """The corner between two rays, None where the outline is smooth and keeps its name."""
    turn = abs(opening - np.pi)
    start = float(rays.angles[first] % (2 * np.pi))
    length = min(rays.lengths[first], rays.lengths[last])
    curved = turn * length / 8 <= SLACK_FACTOR * max(rays.slack[first], rays.slack[last])
    renamed = patches[rays.patch[first]].names != patches[rays.patch[last]].names
    return Corner(rays.vertices[first], opening, start) if renamed or (turn > SMALLEST_TURN and not curved) else None


def _rays(patches: Sequence[Patch]) -> Rays:
    """Both ends of every smooth piece of every curve."""
    columns = [_piece_ends(patch, index) for index, patch in enumerate(patches)]
    return Rays(*(np.concatenate(parts) for parts in zip(*columns)))


def _piece_ends(patch: Patch, index: int) -> tuple[np.ndarray, ...]:
    """The fields of Rays for the starts, then the ends, of the curve's smooth pieces.

    The direction is the tangent, turned out of the normal, so it is exact; where to it points is seen a little way along.
    """
    widths = np.diff(patch.breaks)
    ends = np.concatenate([patch.breaks[:-1], np.nextafter(patch.breaks[1:], 0)])
    within = np.concatenate([patch.breaks[:-1] + 1e-3 * widths, patch.breaks[1:] - 1e-3 * widths])
    vertices, normals = patch.chart(ends[:, None])
    away = patch.chart(within[:, None])[0] - vertices
    tangents = np.column_stack([-normals[:, 1], normals[:, 0]])
    # The tangent has the interior on its left: the ray begins the interior where it points along the tangent.
    begins = (away * tangents).sum(axis=1) > 0
    directions = np.where(begins[:, None], tangents, -tangents)
    angles = np.arctan2(directions[:, 1], directions[:, 0])
    lengths = np.tile(widths * patch.measure, 2)
    return vertices, angles, begins, lengths, np.tile(patch.slack, 2), np.full(len(ends), index)
