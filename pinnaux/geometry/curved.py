"""Integration over planar shapes of any outline: triangles whose edges on the outline are curved as it is.

A triangle with its corner C opposite a curve γ is C + r (γ(s) − C) with r, s in [0, 1]; an area element is r |(γ − C) × γ'| dr ds. So
Gauss' rule in r and s is as accurate as the outline and the function are smooth, and needs no point outside.
"""

from __future__ import annotations

import numpy as np

from pinnaux.geometry.shape import Shape
from pinnaux.geometry.triangulate import Pieces, triangulated

CORNERS = 40
"""Points that a shape is cut into triangles with, if its outline needs no more."""
LARGEST_DEGREE, SMALLEST_DEGREE = 12, 3


def curved_triangles(shape: Shape, count: int) -> tuple[np.ndarray, np.ndarray]:
    """About `count` nodes (Q, 2) in a planar shape, and their weights (Q,)."""
    points, triangles, pieces = triangulated(shape, min(CORNERS, max(6, count // SMALLEST_DEGREE**2 // 2)))
    apex, edges, piece = _fans(points, triangles, pieces)
    along = int(np.clip((count / len(apex)) ** 0.5, SMALLEST_DEGREE, LARGEST_DEGREE))
    x, w = np.polynomial.legendre.leggauss(along)
    x, w = (x + 1) / 2, w / 2
    curve, speed = _edges(shape, points, edges, pieces, piece, x)
    away = curve - apex[:, None]
    areas = np.abs(away[..., 0] * speed[..., 1] - away[..., 1] * speed[..., 0])          # (T, s)
    places = apex[:, None, None] + x[:, None, None] * away[:, None]                      # (T, r, s, 2)
    weights = (w * x)[:, None] * w * areas[:, None]
    return places.reshape(-1, 2), weights.ravel()


def _fans(points: np.ndarray, triangles: np.ndarray, pieces: Pieces) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Apices (T, 2), the edges (T, 2) opposite to them, and the piece (T,) of the outline that each edge is, −1 for none.

    A triangle with two edges on the outline is divided at its middle.
    """
    known = {frozenset(pair): number for number, pair in enumerate(pieces.vertices.tolist())}
    apices, edges, owners = [], [], []
    for triangle in triangles.tolist():
        sides = [(triangle[i], triangle[(i + 1) % 3]) for i in range(3)]
        own = [known.get(frozenset(side), -1) for side in sides]
        outer = [i for i in range(3) if own[i] >= 0]
        if len(outer) > 1:
            chosen, apex = range(3), [points[triangle].mean(axis=0)] * 3
        else:
            chosen = outer or [0]
            apex = [points[triangle[(chosen[0] + 2) % 3]]]
        apices += apex
        edges += [sides[i] for i in chosen]
        owners += [own[i] for i in chosen]
    return np.array(apices), np.array(edges), np.array(owners)


def _edges(
    shape: Shape, points: np.ndarray, edges: np.ndarray, pieces: Pieces, piece: np.ndarray, s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Places (T, S, 2) along each edge and their derivatives in s: straight inside, as the outline runs on it."""
    start, end = points[edges[:, 0], None], points[edges[:, 1], None]
    places, speed = start + s[:, None] * (end - start), np.broadcast_to(end - start, (len(edges), len(s), 2)).copy()
    for index, patch in enumerate(shape.boundary):
        mine = np.flatnonzero((piece >= 0) & (pieces.curve[piece] == index))
        if len(mine):
            ends = pieces.ends[piece[mine]]
            u = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * s
            coordinates, normals = patch.chart(u.reshape(-1, 1))
            places[mine] = coordinates.reshape(len(mine), len(s), 2)
            turned = np.stack([-normals[:, 1], normals[:, 0]], axis=-1).reshape(len(mine), len(s), 2)
            speed[mine] = patch.measure * np.abs(ends[:, 1:] - ends[:, :1])[..., None] * turned
    return places, speed
