"""Regions: where in a domain a condition holds (interior, boundary parts, initial or final slice), and points drawn there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pinnaux.errors import DeclarationError, did_you_mean
from pinnaux.geometry.cuts import cut, fixed_by, is_outside
from pinnaux.geometry.frames import unit_normals
from pinnaux.geometry.patch import Patch, frozen_at, restricted
from pinnaux.geometry.points import Points, apportioned, joined, hammersley
from pinnaux.geometry.selection import checked_predicate, predicate_test
from pinnaux.symbolic.relations import Relation

if TYPE_CHECKING:
    from pinnaux.geometry.domain import Domain

NEARLY = 0.02
"""A sample of a region comes so close to the bounds that it reaches, relative to the domain's size."""


class Region(ABC):
    """Where a condition holds. `kind` is "interior", "boundary", "initial", "final", "cut" (a part of the interior of fewer
    dimensions) or "observations".

    `parts` names boundary parts; `has_normal` says whether its points carry outward normals, `at_a_moment` whether they have one
    time; `measure` is its length, area … (times duration).
    """

    domain: Domain
    kind: str
    parts: tuple[str, ...]
    has_normal: bool
    at_a_moment: bool
    measure: float

    @abstractmethod
    def sample(self, count: int, generator: np.random.Generator) -> Points:
        """`count` points of the region (all of them where it is a list of points), the same for the same generator state."""

    @abstractmethod
    def describe(self) -> str:
        """The region in words, as `pinnaux check` prints it."""

    @property
    @abstractmethod
    def key(self) -> Hashable:
        """Equal for regions that are the same set, so that conditions on them can share points."""


def elsewhere(name: object) -> str:
    """What was meant by the name of a boundary part that is the name of another region, or a list of names."""
    if isinstance(name, list):
        return f"names of several parts stand there without further brackets: {', '.join(map(repr, name))}".replace("'", '"')
    slices = {"initial": "the first moment is domain.initial", "final": "the last moment is domain.final"}
    return {**slices, "interior": "the interior is on=domain", "boundary": "the whole boundary is domain.boundary"}.get(str(name), "")


@dataclass(frozen=True, eq=False)
class PatchRegion(Region):
    """A region that is a union of patches: everything but observations."""

    domain: Domain
    kind: str
    patches: tuple[Patch, ...]
    parts: tuple[str, ...] = ()
    predicates: tuple[Relation, ...] = ()

    @property
    def has_normal(self) -> bool:
        """Only boundaries have normals."""
        return self.kind == "boundary"

    @property
    def measure(self) -> float:
        """Length, area or volume of the region, times duration; each end of an interval counts 1."""
        return float(sum(patch.measure for patch in self.patches))

    @property
    def key(self) -> Hashable:
        """Domain, kind, parts and predicates."""
        return (self.domain, self.kind, self.parts, self.predicates)

    def __getitem__(self, names: str | tuple[str, ...]) -> PatchRegion:
        """The boundary parts of these names. Raises DeclarationError for a name the region does not have."""
        chosen = names if isinstance(names, tuple) else (names,)
        if self.kind != "boundary":
            raise DeclarationError(f"the {self.describe()} has no named parts", hint='boundary parts are domain.boundary["name"]')
        for name in chosen:
            if name not in self.parts:
                hint = self.domain.why_no_boundary(name) or elsewhere(name) or did_you_mean(str(name), self.parts)
                raise DeclarationError(f"{self.domain.label} has no boundary part {name!r}", hint=hint)
        parts = tuple(part for part in self.parts if part in chosen)
        return replace(self, parts=parts, patches=tuple(patch for patch in self.patches if set(patch.names) & set(parts)))

    def where(self, predicate: Relation) -> PatchRegion:
        """The part of the region where the predicate holds, an equality up to a tolerance relative to the domain's size.

        Raises DeclarationError for a predicate that holds nowhere here or asks for something a point of the domain does not have.
        """
        checked_predicate(predicate, self.domain)
        predicates = (*self.predicates, predicate)
        whole = self._cut(predicates) if fixed_by(predicate) else None
        patches, asked = (self.patches, (predicate,)) if whole is None else (whole, predicates)
        for one in asked:
            keep = predicate_test(one, self.domain)
            patches = tuple(patch for patch in (restricted(patch, keep) for patch in patches) if patch is not None)
        if not patches:
            raise DeclarationError(f"no point of the {self.describe()} satisfies {predicate}", hint=self._nearest_miss())
        parts = tuple(part for part in self.parts if any(part in patch.names for patch in patches))
        kind = "cut" if whole is not None and self.kind == "interior" else self.kind
        return replace(self, kind=kind, patches=patches, parts=parts, predicates=predicates)

    def _cut(self, predicates: tuple[Relation, ...]) -> tuple[Patch, ...] | None:
        """The patches of the region where its predicates fix coordinates; None of a boundary at all times, which is no box to cut."""
        fixed = {name: value for one in predicates for name, value in fixed_by(one).items()} | self._moment
        if self.kind != "boundary":
            return cut(self.domain, fixed)
        time = self.domain.time.name if self.domain.time is not None else None
        if time not in fixed:
            return None
        patches = () if is_outside(self.domain, {time: fixed[time]}) else self.domain.boundary_patches
        return tuple(frozen_at(patch, fixed[time]) for patch in patches if set(patch.names) & set(self.parts))

    @property
    def _moment(self) -> dict[str, float]:
        """The time of an initial or final slice, by its name."""
        if self.kind not in ("initial", "final"):
            return {}
        return {self.domain.time.name: self.domain.time.bounds[self.kind == "final"]}

    @property
    def at_a_moment(self) -> bool:
        """Whether all of it is at one time."""
        time = self.domain.time
        return time is not None and time.name in {name for one in self.predicates for name in fixed_by(one)} | set(self._moment)

    def holds(self, points: Points) -> np.ndarray:
        """Which of the points, known to lie on the region's parts, satisfy its predicates, bool (N,)."""
        held = np.ones(len(points), dtype=bool)
        for predicate in self.predicates:
            held &= predicate_test(predicate, self.domain)(points.coordinates, points.normals, np.zeros(len(points)))
        return held

    def sample(self, count: int, generator: np.random.Generator) -> Points:
        """Exactly `count` points: uniform by measure, of low discrepancy, part after part, none on a corner.

        Each boundary part gets its share by measure, and at least one point when `count` allows.
        """
        if count < 1 or not self.patches:
            raise DeclarationError(
                f"cannot draw {count} points on the {self.describe()} of measure {self.measure:g}",
                hint="ask for at least one point",
            )
        groups = self._groups()
        shares = apportioned(count, [sum(patch.measure for patch in group) for group in groups])
        drawn: list[Points] = []
        for group, share in zip(groups, shares):
            for patch, number in zip(group, apportioned(share, [patch.measure for patch in group]) if share else ()):
                if number:
                    drawn.append(patch.sample(int(number), generator))
        points = joined(drawn)
        if points.normals is None:
            return points
        return replace(points, normals=unit_normals(self.domain.frame, points.coordinates[:, : len(self.domain.space)], points.normals))

    def describe(self) -> str:
        """For instance: boundary 'left', 'right' where y > 0.5."""
        text = self.kind
        if self.kind == "boundary":
            whole = self.parts == self.domain.boundary_names
            text = "whole boundary" if whole else "boundary " + ", ".join(f"'{part}'" for part in self.parts)
        for time, moment in self._moment.items():
            text = f"{self.kind} slice {time} = {moment:g}"
        return text + "".join(f" where {predicate}" for predicate in self.predicates)

    __repr__ = __str__ = describe

    def _groups(self) -> list[list[Patch]]:
        """The patches gathered by name, in order: what points are shared among."""
        groups: dict[tuple[str, ...], list[Patch]] = {}
        for patch in self.patches:
            groups.setdefault(patch.names, []).append(patch)
        return list(groups.values())

    def _nearest_miss(self) -> str:
        """The extent of the region, so that the user sees what could have been meant."""
        extents = [f"{low:.6g} <= {name} <= {high:.6g}" for name, (low, high) in zip(self.domain.names, self._extent())]
        hint = f"here {', '.join(extents)}"
        if self.kind == "boundary":
            return f"{hint}; a single point is Observations([({', '.join(self.domain.names)})], domain)"
        return f"{hint}; an equation fixes a coordinate, {self.domain.names[0]} == …, and a curve is the boundary of another domain"

    def _extent(self) -> np.ndarray:
        """Bounds (d, 2) of the region, seen on a few points of every patch; the domain's own bounds where they come close to these."""
        seen = np.concatenate([patch.chart(hammersley(256, patch.parameters))[0] for patch in self.patches])
        seen, bounds = np.column_stack([seen.min(axis=0), seen.max(axis=0)]), np.asarray(self.domain.bounds)
        return np.where(np.abs(seen - bounds) <= NEARLY * np.ptp(bounds, axis=1, keepdims=True), bounds, seen)
