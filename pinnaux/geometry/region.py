"""Regions: where in a domain a condition holds (interior, boundary parts, initial or final slice), and points drawn there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pinnaux.errors import DeclarationError, did_you_mean
from pinnaux.geometry.patch import Patch, restricted
from pinnaux.geometry.points import Points, apportioned, joined, hammersley
from pinnaux.geometry.selection import checked_predicate, predicate_test
from pinnaux.symbolic.relations import Relation

if TYPE_CHECKING:
    from pinnaux.geometry.domain import Domain


class Region(ABC):
    """Where a condition holds. `kind` is "interior", "boundary", "initial", "final" or "observations".

    `parts` names boundary parts; `has_normal` says whether its points carry outward normals; `measure` is its length, area …
    (times duration).
    """

    domain: Domain
    kind: str
    parts: tuple[str, ...]
    has_normal: bool
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
                hint = did_you_mean(str(name), self.parts)
                raise DeclarationError(f"{self.domain.label} has no boundary part {name!r}", hint=hint)
        parts = tuple(part for part in self.parts if part in chosen)
        return replace(self, parts=parts, patches=tuple(patch for patch in self.patches if set(patch.names) & set(parts)))

    def where(self, predicate: Relation) -> PatchRegion:
        """The part of the region where the predicate holds, an equality up to a tolerance relative to the domain's size.

        Raises DeclarationError for a predicate that holds nowhere here or asks for something a point of the domain does not have.
        """
        checked_predicate(predicate, self.domain)
        keep = predicate_test(predicate, self.domain)
        kept = tuple(patch for patch in (restricted(patch, keep) for patch in self.patches) if patch is not None)
        if not kept:
            raise DeclarationError(f"no point of the {self.describe()} satisfies {predicate}", hint=self._nearest_miss())
        parts = tuple(part for part in self.parts if any(part in patch.names for patch in kept))
        return replace(self, patches=kept, parts=parts, predicates=(*self.predicates, predicate))

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
        return joined(drawn)

    def describe(self) -> str:
        """For instance: boundary 'left', 'right' where y > 0.5."""
        text = self.kind
        if self.kind == "boundary":
            whole = self.parts == self.domain.boundary_names
            text = "whole boundary" if whole else "boundary " + ", ".join(f"'{part}'" for part in self.parts)
        elif self.kind in ("initial", "final"):
            lower, upper = self.domain.time.bounds
            text = f"{self.kind} slice {self.domain.time.name} = {lower if self.kind == 'initial' else upper:g}"
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
        where = "an equation selects a part of the boundary, not of the interior" if self.kind != "boundary" else "here"
        return f"{where}: " + ", ".join(extents)

    def _extent(self) -> np.ndarray:
        """Bounds (d, 2) of the region, seen on a few points of every patch."""
        seen = np.concatenate([patch.chart(hammersley(256, patch.parameters))[0] for patch in self.patches])
        return np.column_stack([seen.min(axis=0), seen.max(axis=0)])
