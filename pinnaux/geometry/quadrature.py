"""Where and with which weights functions are summed to integrate them: over an interval, finite or not, and over any region.

Gauss' rule along every parameter of a patch; over a planar shape that was cut out of others, over triangles with curved edges; points
of low discrepancy where a body was cut, or where the dimension is too high for Gauss.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from pinnaux.geometry.curved import curved_triangles
from pinnaux.geometry.cuts import fixed_by
from pinnaux.geometry.frames import embedded, given, left_out, scale_factors, unit_normals
from pinnaux.geometry.panels import FEWEST_NODES, box_panels, gauss
from pinnaux.geometry.patch import Patch
from pinnaux.geometry.points import Points, hammersley, joined
from pinnaux.geometry.region import PatchRegion

MOST_TIMES = 16
"""By how much a region of many pieces, such as a mesh, may have more nodes than asked for."""
REACH = 3.2
"""exp(±π/2 sinh 3.2) are 2e-9 and 2e8: what an infinite interval spans."""


@dataclass(frozen=True, eq=False)
class Nodes:
    """Points of a region and the weights (Q,) with which the values of a function there sum to its integral."""

    points: Points
    weights: np.ndarray


def clustered(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The same in v with x = v²(3 − 2v): integrands that behave at an end like a power, 1/√x too, are smooth in v."""
    v, w = gauss(count)
    return v**2 * (3 - 2 * v), w * 6 * v * (1 - v)


def half_line(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [0, ∞): the trapezoidal rule in w with x = exp(π/2 sinh w) (Takahasi & Mori 1974).

    It needs no scale: integrands that decay over any length from 1e-6 to 1e6 are resolved.
    """
    w, step = np.linspace(-REACH, REACH, count, retstep=True)
    x = np.exp(np.pi / 2 * np.sinh(w))
    return x, step * x * np.pi / 2 * np.cosh(w)


def line(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on (−∞, ∞), likewise with x = sinh(π/2 sinh w)."""
    w, step = np.linspace(-REACH, REACH, count, retstep=True)
    inner = np.pi / 2 * np.sinh(w)
    return np.sinh(inner), step * np.cosh(inner) * np.pi / 2 * np.cosh(w)


def region_nodes(region: PatchRegion, count: int) -> Nodes:
    """About `count` nodes on a region, for integrals in all coordinates of its domain: over lengths, areas and volumes in space."""
    if _was_cut(region):
        return _in_space(region, _over_triangles(region, count))
    panels = box_panels(region, count)
    if panels is not None:
        return _in_space(region, Nodes(*panels))
    parts = [_patch_nodes(patch, -(-count // len(region.patches))) for patch in region.patches]
    return _in_space(region, Nodes(joined([part.points for part in parts]), np.concatenate([part.weights for part in parts])))


def _in_space(region: PatchRegion, nodes: Nodes) -> Nodes:
    """The nodes with weights for space where coordinates are curvilinear: dV = Π h_k dx_k, on a boundary dA = |n_k/h_k| Π h_k, on a cut
    without the h_k of what is fixed. An angle that is left out counts a whole turn."""
    frame, points = region.domain.frame, nodes.points
    if not frame.is_curved:
        return nodes
    places = points.coordinates[:, : len(frame.names)]
    scales = scale_factors(frame, places)
    element = left_out(frame) * scales.prod(axis=1)
    if points.normals is not None:
        element *= np.linalg.norm(embedded(frame, points.normals) / scales, axis=1)
        points = replace(points, normals=unit_normals(frame, places, points.normals))
    fixed = {name for predicate in region.predicates for name in fixed_by(predicate)}
    for axis, name in zip(given(frame), frame.names):
        element /= scales[:, axis] if name in fixed and region.kind == "cut" else 1.0
    return Nodes(points, nodes.weights * element)


def _was_cut(region: PatchRegion) -> bool:
    """Whether it is a whole planar shape, at one time or all times, that is known only by what was cut away."""
    return len(region.domain.space) == 2 and region.kind != "boundary" and not region.predicates and any(
        patch.keep is not None for patch in region.patches)


def _over_triangles(region: PatchRegion, count: int) -> Nodes:
    """Triangles with curved edges in the plane, Gauss' rule in time."""
    time = region.domain.time
    if time is None:
        return Nodes(*_planar(region, count))
    lower, upper = time.bounds
    moments, shares = gauss(max(FEWEST_NODES, round(count ** (1 / 3))))
    if region.kind != "interior":
        moments, shares = np.array([float(region.kind == "final")]), np.ones(1)
    else:
        shares = shares * (upper - lower)
    points, weights = _planar(region, -(-count // len(moments)))
    coordinates = np.column_stack([np.repeat(points.coordinates, len(moments), axis=0),
                                   np.tile(lower + (upper - lower) * moments, len(weights))])
    return Nodes(Points(coordinates), np.outer(weights, shares).ravel())


def _planar(region: PatchRegion, count: int) -> tuple[Points, np.ndarray]:
    coordinates, weights = curved_triangles(region.domain.shape, count)
    return Points(coordinates), weights


def _patch_nodes(patch: Patch, count: int) -> Nodes:
    """Gauss' rule in each parameter, on each smooth piece; ∫ f = measure ∫ f(chart(u)) du over the unit cube."""
    if patch.parameters == 0:
        return Nodes(Points(*patch.chart(np.empty((1, 0)))), np.array([patch.measure]))
    pieces = len(patch.breaks) - 1
    along = int((count / pieces) ** (1 / patch.parameters) + 1e-9)
    if pieces > 1 and along < 2:
        along = 2 if pieces * 2**patch.parameters <= MOST_TIMES * count else 1
    if patch.keep is not None or (along < FEWEST_NODES if pieces == 1 else pieces > MOST_TIMES * count):
        return _scattered(patch, count)
    powers = patch.powers + (1,) * (patch.parameters - len(patch.powers))
    axes = [_powered(along, power) for power in powers]
    starts, lengths = patch.breaks[:-1], np.diff(patch.breaks)
    axes[0] = (starts[:, None] + lengths[:, None] * axes[0][0]).ravel(), np.outer(lengths, axes[0][1]).ravel()
    u = np.stack(np.meshgrid(*(nodes for nodes, _ in axes), indexing="ij"), axis=-1).reshape(-1, patch.parameters)
    weights = np.array([np.prod(one) for one in product(*(own for _, own in axes))])
    return Nodes(Points(*patch.chart(u)), patch.measure * weights)


def _powered(count: int, power: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes u = v^power and their weights. A single one is the centre of mass: with it linear functions on simplices are integrated exactly."""
    if count == 1:
        return np.array([(power / (power + 1)) ** power]), np.ones(1)
    v, weights = gauss(count)
    return v**power, weights * power * v ** (power - 1)


def _scattered(patch: Patch, count: int) -> Nodes:
    """Points of low discrepancy, all of the same weight."""
    u = hammersley(int(count / patch.acceptance) + 1, patch.parameters)
    if patch.keep is not None:
        u = u[patch.belongs(patch.keep, u)]
    return Nodes(Points(*patch.chart(u)), np.full(len(u), patch.measure / len(u)))
