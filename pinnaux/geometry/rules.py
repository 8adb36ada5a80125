"""Quadrature rules as integrals in formulas hold them: the values of their variables at the nodes by name, and the weights."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from pinnaux.geometry.domain import Domain
from pinnaux.geometry.quadrature import Nodes, clustered, half_line, line, region_nodes
from pinnaux.geometry.region import PatchRegion

FINER = 1.6
"""By how much a rule that tells the accuracy of another has more nodes along each axis."""

KINDS: Mapping[str, Callable[[int], tuple[np.ndarray, np.ndarray]]] = MappingProxyType(
    {"interval": clustered, "half-line": half_line, "line": line})
# Nodes along a line, and on a region by the number of its parameters: where all points share them, and where each has its own.
SHARED = MappingProxyType({"interval": 192, "half-line": 256, "line": 256})
OWN = MappingProxyType({"interval": 32, "half-line": 128, "line": 128})
SHARED_ON_REGION, MOST_SHARED = (1, 192, 2304), 5000
OWN_ON_REGION, MOST_OWN = (1, 32, 196), 512


@dataclass(frozen=True)
class LineRule:
    """One variable that runs through [0, 1] ("interval"), [0, ∞) ("half-line") or (−∞, ∞) ("line")."""

    variable: str
    kind: str
    count: int

    @property
    def key(self) -> Hashable:
        return self

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.variable,)

    @property
    def columns(self) -> Mapping[str, np.ndarray]:
        return {self.variable: KINDS[self.kind](self.count)[0]}

    @property
    def weights(self) -> np.ndarray:
        return KINDS[self.kind](self.count)[1]

    @property
    def finer(self) -> LineRule:
        return replace(self, count=round(FINER * self.count))

    def covers(self, domain: object) -> bool:
        return False


@dataclass(frozen=True, eq=False)
class RegionRule:
    """The coordinates of a region's points, each a variable of the name given for it, and the components of the normal."""

    region: PatchRegion
    coordinates: tuple[str, ...]
    normals: tuple[str, ...]
    count: int

    @property
    def key(self) -> Hashable:
        return (self.region.key, self.coordinates, self.count)

    @property
    def variables(self) -> tuple[str, ...]:
        return (*self.coordinates, *self.normals)

    @cached_property
    def nodes(self) -> Nodes:
        return region_nodes(self.region, self.count)

    @property
    def columns(self) -> Mapping[str, np.ndarray]:
        points = self.nodes.points
        found = dict(zip(self.coordinates, points.coordinates.T))
        return found if points.normals is None else found | dict(zip(self.normals, points.normals.T))

    @property
    def weights(self) -> np.ndarray:
        return self.nodes.weights

    @property
    def finer(self) -> RegionRule:
        dimension = max(patch.parameters for patch in self.region.patches)
        return replace(self, count=int(FINER**dimension * self.count))

    def covers(self, domain: Domain) -> bool:
        return self.region.domain is domain or self.region.domain.shape is domain.shape and self.region.domain.time is None


def line_rule(variable: str, kind: str, shared: bool) -> LineRule:
    """The rule for an integral whose nodes all points share, or each has for itself."""
    return LineRule(variable, kind, (SHARED if shared else OWN)[kind])


def region_rule(region: PatchRegion, coordinates: tuple[str, ...], normals: tuple[str, ...], shared: bool) -> RegionRule:
    """The same on a region."""
    counts, most = (SHARED_ON_REGION, MOST_SHARED) if shared else (OWN_ON_REGION, MOST_OWN)
    dimension = max(patch.parameters for patch in region.patches)
    return RegionRule(region, coordinates, normals, counts[dimension] if dimension < len(counts) else most)
