"""Patches: pieces of a domain or of its boundary, each the image of the unit cube under a map of constant density.

The one idea of this package: whatever is sampled (interior, boundary part, initial slice, CSG of any of them) is a tuple of
patches. A patch of one parameter, a curve, is cut exactly where it leaves the wanted set; one of more parameters is thinned by
rejection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from pinnaux.geometry.points import Points, SobolSequence, hammersley

# u (N, k) in the unit cube → coordinates (N, d), outward normals (N, d_space) or None
Chart = Callable[[np.ndarray], tuple[np.ndarray, "np.ndarray | None"]]
# coordinates, normals, slack (N,) → which points belong, bool (N,)
Keep = Callable[[np.ndarray, "np.ndarray | None", np.ndarray], np.ndarray]

CURVE_SAMPLES = 4096
FEWEST_SAMPLES_A_PIECE = 16
BISECTIONS = 50
SMALLEST_FRACTION = 1e-8
MEASURE_SAMPLES = 2**16
SEARCH_SAMPLES = 2**17
LARGEST_BATCH = 2**20
BOUND_SAMPLES = 64


@dataclass(frozen=True, eq=False)
class Patch:
    """Image of the unit cube of `parameters` dimensions under `chart`, where `keep` holds (everywhere if None).

    `measure` is that of the kept part, `acceptance` its share of the whole image. The chart is smooth for u[:, 0] between
    consecutive `breaks`; `slack` says for each such piece how far the surface meant may lie from it (facets of a curved surface).
    Where the chart takes roots of the parameters, it is smooth in v with u_j = v_j^powers_j, counted from the start of each piece.
    """

    names: tuple[str, ...]
    measure: float
    parameters: int
    chart: Chart
    keep: Keep | None = None
    acceptance: float = 1.0
    breaks: np.ndarray = field(default_factory=lambda: np.array([0.0, 1.0]))
    slack: np.ndarray = field(default_factory=lambda: np.zeros(1))
    powers: tuple[int, ...] = ()

    def slack_at(self, u: np.ndarray) -> np.ndarray:
        """(N,) slack of the piece each of the parameter values u (N, k) falls into."""
        if self.parameters == 0:
            return np.zeros(len(u))
        return self.slack[located(self.breaks, u[:, 0])]

    def bounds(self) -> np.ndarray:
        """(d, 2): a box that holds the curve, a little larger than need be.

        No point of the curve is farther than half a step from those looked at.
        """
        assert self.parameters == 1
        u = np.union1d(self.breaks, np.linspace(0, 1, BOUND_SAMPLES))
        coordinates, _ = self.chart(u[:, None])
        margin = self.measure / BOUND_SAMPLES
        return np.column_stack([coordinates.min(axis=0) - margin, coordinates.max(axis=0) + margin])

    def belongs(self, keep: Keep, u: np.ndarray) -> np.ndarray:
        """Whether `keep` holds at the points of parameters u, bool (N,)."""
        return keep(*self.chart(u), self.slack_at(u))

    def sample(self, count: int, generator: np.random.Generator) -> Points:
        """Exactly `count` points of the kept part, uniform by measure and of low discrepancy."""
        if self.parameters == 0:
            return Points(*self.chart(np.empty((count, 0))))
        sequence = SobolSequence(self.parameters, generator)
        if self.keep is None:
            return Points(*self.chart(sequence.at_least(count)[:count]))
        kept: list[np.ndarray] = []
        missing = count
        while missing > 0:
            u = sequence.at_least(min(int(1.1 * missing / self.acceptance) + 16, LARGEST_BATCH))
            kept.append(u[self.belongs(self.keep, u)])
            missing -= len(kept[-1])
        return Points(*self.chart(np.concatenate(kept)[:count]))


def located(breaks: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Index (N,) of the interval between consecutive breaks that each u lies in."""
    return np.clip(np.searchsorted(breaks, u, side="right") - 1, 0, len(breaks) - 2)


def affine(names: tuple[str, ...], origin: np.ndarray, edges: np.ndarray, normal: np.ndarray | None) -> Patch:
    """The parallelepiped origin + u·edges, edges (k, d): a point, segment, box or face of one."""
    measure = float(np.sqrt(np.linalg.det(edges @ edges.T))) if len(edges) else 1.0

    def chart(u: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        coordinates = origin + u @ edges
        return coordinates, None if normal is None else np.broadcast_to(normal, coordinates.shape)

    return Patch(names, measure, len(edges), chart)


def simplices(
    names: tuple[str, ...], corners: np.ndarray, normals: np.ndarray | None, slack: np.ndarray | None = None
) -> Patch:
    """S simplices of corners (S, k+1, d) as one patch: the first parameter picks the simplex and moves within it.

    In a simplex, λ_j = (1 - r_j) Π_{i<j} r_i with r_j = u_j^{1/(k-j)} has constant density.
    """
    edges = corners[:, 1:] - corners[:, :1]
    dimension = edges.shape[1]
    gram = np.linalg.det(edges @ edges.transpose(0, 2, 1))
    measures = np.sqrt(np.maximum(gram, 0)) / np.prod(np.arange(1.0, dimension + 1))
    breaks = np.concatenate([[0.0], np.cumsum(measures)])
    total = breaks[-1]
    breaks /= total

    def chart(u: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        index = located(breaks, u[:, 0])
        local = u.copy()
        local[:, 0] = np.clip((u[:, 0] - breaks[index]) / (breaks[index + 1] - breaks[index]), 0, 1)
        shape = corners[index]
        coordinates = np.zeros_like(shape[:, 0])
        left = np.ones(len(u))
        for axis in range(dimension):
            root = local[:, axis] ** (1 / (dimension - axis))
            coordinates += (left * (1 - root))[:, None] * shape[:, axis]
            left = left * root
        coordinates += left[:, None] * shape[:, dimension]
        return coordinates, None if normals is None else normals[index]

    return Patch(names, float(total), dimension, chart, breaks=breaks,
                 slack=np.zeros(len(corners)) if slack is None else slack, powers=tuple(range(dimension, 0, -1)))


def swept(patch: Patch, lower: float, upper: float) -> Patch:
    """The patch times the time interval: one more coordinate and parameter, both last."""

    def chart(u: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        coordinates, normals = patch.chart(u[:, :-1])
        return np.column_stack([coordinates, lower + (upper - lower) * u[:, -1]]), normals

    return replace(patch, measure=patch.measure * (upper - lower), parameters=patch.parameters + 1,
                   chart=chart, keep=_of_space(patch.keep))


def frozen_at(patch: Patch, time: float) -> Patch:
    """The patch at one instant: one more coordinate, last."""

    def chart(u: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        coordinates, normals = patch.chart(u)
        return np.column_stack([coordinates, np.full(len(u), time)]), normals

    return replace(patch, chart=chart, keep=_of_space(patch.keep))


def _of_space(keep: Keep | None) -> Keep | None:
    """The same test for points that carry their time as last coordinate."""
    return None if keep is None else lambda coordinates, normals, slack: keep(coordinates[:, :-1], normals, slack)


def restricted(patch: Patch, keep: Keep, near: np.ndarray | None = None, samples: int = MEASURE_SAMPLES) -> Patch | None:
    """The part of the patch where `keep` holds, or None where that has no measure.

    On a curve its ends are found to rounding; changes closer together than length/4096 are seen only beside
    the points `near` (M, d), where more of the curve is looked at. Elsewhere the measure is counted on `samples` points.
    """
    if patch.parameters == 0:
        return patch if patch.belongs(keep, np.empty((1, 0)))[0] else None
    if patch.parameters == 1 and patch.keep is None:
        return _cut(patch, keep, near)
    return _thinned(patch, keep, samples)


def _thinned(patch: Patch, keep: Keep, samples: int) -> Patch | None:
    """Rejection: both the patch's own test and `keep` hold."""
    old = patch.keep
    for count in (samples, SEARCH_SAMPLES):
        u = hammersley(count, patch.parameters)
        if old is not None:
            u = u[patch.belongs(old, u)]
        kept = patch.belongs(keep, u)
        if kept.any():
            break
    else:
        return None
    share = float(kept.mean())
    if old is None and share == 1:
        return patch
    test = keep if old is None else _both(old, keep)
    return replace(patch, measure=patch.measure * share, keep=test, acceptance=patch.acceptance * share)


def _both(first: Keep, second: Keep) -> Keep:
    """The test that asks for both."""
    return lambda coordinates, normals, slack: first(coordinates, normals, slack) & second(coordinates, normals, slack)


def _cut(curve: Patch, keep: Keep, near: np.ndarray | None) -> Patch | None:
    """The curve reduced to the parameter intervals on which `keep` holds, each end bisected."""
    starts, ends, pieces = _kept_intervals(curve, keep, near)
    lengths = ends - starts
    wanted = lengths > SMALLEST_FRACTION
    starts, ends, lengths, pieces = starts[wanted], ends[wanted], lengths[wanted], pieces[wanted]
    share = float(lengths.sum())
    if share == 0:
        return None
    if share > 1 - SMALLEST_FRACTION:
        return curve
    breaks = np.concatenate([[0.0], np.cumsum(lengths)]) / share

    def chart(u: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        index = located(breaks, u[:, 0])
        along = (u[:, 0] - breaks[index]) / (breaks[index + 1] - breaks[index])
        return curve.chart((starts[index] + lengths[index] * along)[:, None])

    return replace(curve, measure=curve.measure * share, chart=chart, breaks=breaks, slack=curve.slack[pieces])


def _kept_intervals(curve: Patch, keep: Keep, near: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts, ends and smooth piece of each maximal parameter interval that lies in one piece and is kept."""
    u = _probes(curve, near)
    piece = located(curve.breaks, u)
    held = curve.belongs(keep, u[:, None])
    change = np.flatnonzero((held[1:] != held[:-1]) & (piece[1:] == piece[:-1]))
    crossing = _bisected(curve, keep, u[change], u[change + 1], held[change])
    first = np.flatnonzero(np.concatenate([[True], piece[1:] != piece[:-1]]))
    # In order along the curve: where a state begins, and which.
    begin = np.concatenate([curve.breaks[piece[first]], crossing])
    state = np.concatenate([held[first], held[change + 1]])
    order = np.argsort(begin, kind="stable")
    begin, state = begin[order], state[order]
    index = np.concatenate([piece[first], piece[change]])[order]
    end = np.concatenate([begin[1:], [1.0]])
    return begin[state], end[state], index[state]


def _probes(curve: Patch, near: np.ndarray | None) -> np.ndarray:
    """Sorted parameter values at which to look at the curve: many in every smooth piece, and those nearest to `near`."""
    breaks = curve.breaks
    each = max(FEWEST_SAMPLES_A_PIECE, CURVE_SAMPLES // (len(breaks) - 1))
    inside = (np.arange(each) + 0.5) / each
    u = (breaks[:-1, None] + np.diff(breaks)[:, None] * inside).ravel()
    if near is None or not len(near):
        return u
    return np.unique(np.concatenate([u, _feet(curve, u[:: max(1, len(u) // 64)], near)]))


def _feet(curve: Patch, u: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Parameters near the feet of the perpendiculars from `near` (M, d) to the curve, from the closest of the samples u."""
    coordinates, _ = curve.chart(u[:, None])
    foot = u[np.argmin(((near[:, None] - coordinates) ** 2).sum(-1), axis=1)]
    for _ in range(3):
        here, normal = curve.chart(foot[:, None])
        tangent = np.column_stack([-normal[:, 1], normal[:, 0]])
        step = ((near - here) * tangent).sum(-1) / curve.measure
        ahead, _ = curve.chart(np.clip(foot + 1e-6, 0, 1)[:, None])
        forward = np.sign(((ahead - here) * tangent).sum(-1))
        foot = np.clip(foot + forward * step, SMALLEST_FRACTION, 1 - SMALLEST_FRACTION)
    return foot


def _bisected(curve: Patch, keep: Keep, low: np.ndarray, high: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Parameters where `keep` stops having the value `state` it has at `low` and not at `high`."""
    if not len(low):
        return low
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        same = curve.belongs(keep, middle[:, None]) == state
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2
