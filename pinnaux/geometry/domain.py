"""Domains: a shape with named coordinates, perhaps an interval of time, perhaps periodic axes. What problems are declared on."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.geometry import csg
from pinnaux.geometry.arguments import check_name, number, ordered
from pinnaux.geometry.corners import Corner, corners_of
from pinnaux.geometry.curvilinear import in_system
from pinnaux.geometry.frames import axis_faces, axis_is_inside, on_axis
from pinnaux.geometry.patch import Patch, frozen_at, swept
from pinnaux.geometry.region import PatchRegion, Region
from pinnaux.geometry.shape import Shape
from pinnaux.symbolic.coordinates import Coordinates
from pinnaux.symbolic.frame import CARTESIAN, CYLINDRICAL, POLAR, SPHERICAL, Frame
from pinnaux.symbolic.relations import Relation
from pinnaux.symbolic.poles import zero
from pinnaux.symbolic.scalar import ZERO, Coordinate, Expr, Normal
from pinnaux.symbolic.tensor import Tensor

__all__ = ["Corner", "Domain", "Duration", "Region", "TimeInterval"]


@dataclass(frozen=True)
class Duration:
    """The interval of time `bounds` = (start, end) of the coordinate `name`."""

    name: str
    bounds: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Domain:
    """`shape` (None for time alone) × `time` (None for space alone); `space` names the shape's coordinates.

    `periodic` maps a coordinate's name to the (lower, upper) ends that are one and the same: they are no boundary. `system` says what
    the coordinates are: Cartesian, polar, cylindrical or spherical. Domains are made by Interval, Rectangle, Polygon, Disk, Ellipse, Box, Ball, Mesh, joined by + - &, and multiplied by
    TimeInterval.
    """

    shape: Shape | None
    space: tuple[str, ...]
    time: Duration | None = None
    periodic: Mapping[str, tuple[float, float]] = field(default_factory=lambda: MappingProxyType({}))
    system: str = CARTESIAN

    @property
    def frame(self) -> Frame:
        """The spatial coordinates and their system."""
        return Frame(self.space, self.system)

    @property
    def names(self) -> tuple[str, ...]:
        """The coordinates' names, time last."""
        return self.space if self.time is None else (*self.space, self.time.name)

    @property
    def dimension(self) -> int:
        """The number of coordinates, time included."""
        return len(self.names)

    @property
    def coordinates(self) -> tuple[Coordinate, ...]:
        """The coordinates as formulas: `x, y, t = domain.coordinates`."""
        return Coordinates(Coordinate(name, self.frame) for name in self.names)

    @property
    def normal(self) -> Tensor:
        """The outward unit normal for conditions on the boundary, a component for each unit vector of the frame."""
        if self.shape is None:
            raise DeclarationError(
                f"{self.label} has no normal: it has no spatial coordinate",
                hint="leave the normal out, or multiply a shape by the times",
            )
        return Tensor(tuple(ZERO if name is None else Normal(name, self.frame) for name in self.frame.axes), "normal")

    def holds_axis(self, names: Container[str]) -> bool:
        """Whether the axis of curvilinear coordinates is inside the domain for a function of the coordinates `names`."""
        return self.shape is not None and axis_is_inside(self.frame, self.shape.bounds, names)

    @cached_property
    def zeros(self) -> tuple[tuple[Expr, float], ...]:
        """What is 0 on the part of the axis that the domain holds, r and the sine of the angle from the axis, and how large it is elsewhere."""
        faces = axis_faces(self.frame, self.shape.bounds) if self.shape is not None else []
        return tuple((zero(self.frame, axis), 1.0 if axis else float(self.shape.bounds[0, 1])) for axis in sorted({axis for axis, _ in faces}))

    @property
    def bounds(self) -> np.ndarray:
        """(d, 2): the lowest and highest value of each coordinate."""
        space = np.empty((0, 2)) if self.shape is None else self.shape.bounds
        return space if self.time is None else np.concatenate([space, [self.time.bounds]])

    @property
    def measure(self) -> float:
        """Length, area or volume, times duration: exact, but to some 1e-4 for + - & in three dimensions or more."""
        duration = 1.0 if self.time is None else self.time.bounds[1] - self.time.bounds[0]
        return (1.0 if self.shape is None else self.shape.measure) * duration

    @property
    def label(self) -> str:
        """The domain as a user would write it."""
        texts = [] if self.shape is None else [self.shape.label]
        if self.system != CARTESIAN:
            texts = [f"{self.shape.label}.{self.system}()"]
        if self.time is not None:
            texts.append(f"TimeInterval({self.time.bounds[0]:g}, {self.time.bounds[1]:g})")
        return " * ".join(texts)

    def __repr__(self) -> str:
        return self.label

    def contains(self, points: np.ndarray, tolerance: float = 0.0) -> np.ndarray:
        """Whether each point (N, d) lies in the domain or at most `tolerance` outside, bool (N,)."""
        points = np.asarray(points, dtype=float)
        if points.ndim != 2 or points.shape[1] != self.dimension:
            raise DeclarationError(
                f"points of shape {points.shape} do not fit {self.label}: shape (N, {self.dimension}) is needed, "
                f"one column for each of {', '.join(self.names)}",
                hint="give a single point as [[...]], and join columns by numpy.column_stack",
            )
        held = np.ones(len(points), dtype=bool)
        if self.time is not None:
            time = points[:, -1]
            held &= (time >= self.time.bounds[0] - tolerance) & (time <= self.time.bounds[1] + tolerance)
        if self.shape is not None:
            held &= self.shape.inside(points[:, : len(self.space)], tolerance)
        return held

    @property
    def interior(self) -> PatchRegion:
        """The domain itself as a region."""
        return PatchRegion(self, "interior", self._over_time(self._space_patches))

    def where(self, predicate: Relation) -> PatchRegion:
        """The part of the domain where the predicate holds: `x < 0.5`, or a cut through it, `x == 0.5`, `t == 0.5`.

        Raises DeclarationError for a predicate that holds nowhere, or asks for something a point of the domain does not have.
        """
        return self.interior.where(predicate)

    @property
    def boundary(self) -> PatchRegion:
        """The boundary of the shape, at all times; its parts by name are boundary["left", "right"]."""
        if not self.boundary_names:
            reason = "every side is joined or on the axis" if self.frame.is_curved else (
                "every axis is periodic" if self.periodic else "it has no spatial coordinate")
            hint = "use .initial and .final" if self.time is not None else "leave the condition out"
            raise DeclarationError(f"{self.label} has no boundary: {reason}", hint=hint)
        return PatchRegion(self, "boundary", self._over_time(self.boundary_patches), self.boundary_names)

    @property
    def initial(self) -> PatchRegion:
        """The domain at its first time."""
        return self._slice("initial", 0)

    @property
    def final(self) -> PatchRegion:
        """The domain at its last time."""
        return self._slice("final", 1)

    @property
    def boundary_names(self) -> tuple[str, ...]:
        """The names of the boundary parts, in order."""
        return tuple(dict.fromkeys(name for patch in self.boundary_patches for name in patch.names))

    def why_no_boundary(self, name: object) -> str:
        """Why a part of the shape's boundary is none of the domain's; empty of what is no part of either, or of both."""
        patches = [patch for patch in self.shape.boundary if name in patch.names] if name not in self.boundary_names else []
        if any(on_axis(patch, self.frame, self.shape.bounds) for patch in patches):
            return "it is the axis, inside the domain: the solution is smooth there by itself, and nothing is to be asked of it"
        return "periodic axes join it to the opposite side: nothing is to be asked there" if patches else ""

    @cached_property
    def boundary_patches(self) -> tuple[Patch, ...]:
        """The patches of the shape's boundary, without those that periodic axes join, and those on the axis of curvilinear coordinates."""
        if self.shape is None:
            return ()
        return tuple(patch for patch in self.shape.boundary if not self._joined(patch) and not on_axis(patch, self.frame, self.shape.bounds))

    @cached_property
    def corners(self) -> tuple[Corner, ...]:
        """The corners of the boundary of a domain with two Cartesian coordinates; () for any other."""
        return corners_of(self.boundary_patches) if len(self.space) == 2 and not self.frame.is_curved else ()

    def polar(self) -> Domain:
        """The plane domain whose coordinates (r, theta), or r alone, are polar; vectors then are (v_r, v_theta).

        The axis is inside the domain and no boundary, here as in the other systems, and angles that span a whole turn are periodic.
        """
        return in_system(self, POLAR)

    def cylindrical(self) -> Domain:
        """The domain whose coordinates (r, theta, z), (r, z) or r alone are cylindrical; vectors then are (v_r, v_theta, v_z)."""
        return in_system(self, CYLINDRICAL)

    def spherical(self) -> Domain:
        """The domain whose coordinates (r, theta, phi), (r, theta) or r alone are spherical; vectors then are (v_r, v_theta, v_phi).

        theta is the angle from the axis, between 0 and pi, phi the angle around it.
        """
        return in_system(self, SPHERICAL)

    def __add__(self, other: Domain) -> Domain:
        """The union."""
        return self._combined(other, "+", csg.union)

    def __sub__(self, other: Domain) -> Domain:
        """This domain without the other."""
        return self._combined(other, "-", csg.difference)

    def __and__(self, other: Domain) -> Domain:
        """The intersection."""
        return self._combined(other, "&", csg.intersection)

    def __mul__(self, other: Domain) -> Domain:
        """The domain at every time of a TimeInterval."""
        if not isinstance(other, Domain) or other.shape is not None:
            raise DeclarationError(
                f"cannot multiply {self.label} by {other!r}", hint="a shape comes first, and is multiplied by TimeInterval(start, end)"
            )
        if self.time is not None:
            raise DeclarationError(f"{self.label} has a time already", hint="multiply by one TimeInterval only")
        if other.time.name in self.space:
            raise DeclarationError(
                f"the time of {other.label} and a coordinate of {self.label} are both named '{other.time.name}'",
                hint=f'name one of them: TimeInterval({other.time.bounds[0]:g}, {other.time.bounds[1]:g}, name="s")',
            )
        return replace(self, time=other.time)

    @property
    def _space_patches(self) -> tuple[Patch, ...]:
        """The patches of the shape; of time alone, the one point of a space without coordinates."""
        return POINT if self.shape is None else self.shape.interior

    def _over_time(self, patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
        return patches if self.time is None else tuple(swept(patch, *self.time.bounds) for patch in patches)

    def _slice(self, kind: str, end: int) -> PatchRegion:
        if self.time is None:
            raise DeclarationError(
                f"{self.label} has no {kind} slice: it has no time", hint="multiply it by TimeInterval(start, end)"
            )
        return PatchRegion(self, kind, tuple(frozen_at(patch, self.time.bounds[end]) for patch in self._space_patches))

    def _joined(self, patch: Patch) -> bool:
        """Whether a boundary patch is one of the two faces that a periodic axis makes one."""
        if not self.periodic:
            return False
        coordinates, normals = patch.chart(np.full((1, patch.parameters), 0.5))
        axis = int(np.argmax(np.abs(normals[0])))
        return self.space[axis] in self.periodic and coordinates[0, axis] in self.periodic[self.space[axis]]

    def _combined(self, other: Domain, sign: str, combine: csg.Combine) -> Domain:
        if not isinstance(other, Domain):
            raise DeclarationError(f"cannot combine {self.label} {sign} {other!r}", hint="only domains are combined by + - &")
        for domain in (self, other):
            if domain.time is not None:
                raise DeclarationError(
                    f"cannot combine {self.label} {sign} {other.label}: {domain.label} has a time",
                    hint=f"a shape is multiplied by the times; combine the shapes first: (A {sign} B) * TimeInterval(start, end)",
                )
        if self.frame != other.frame:
            kinds = [f"({', '.join(one.space)})" + f", {one.system}" * one.frame.is_curved for one in (self, other)]
            raise DeclarationError(
                f"cannot combine {self.label} {sign} {other.label}: their coordinates are {kinds[0]} and {kinds[1]}",
                hint="shapes of the same dimension with the same coordinate names can be combined",
            )
        self._check_periodic(other, sign)
        return replace(self, shape=combine(self.shape, other.shape))

    def _check_periodic(self, other: Domain, sign: str) -> None:
        """Of a box with periodic axes only holes that stay off the joined faces can be cut; nothing else keeps it periodic."""
        for axis in (*other.periodic, *self.periodic):
            index = self.space.index(axis)
            low, high = other.shape.bounds[index]
            within = axis in self.periodic and self.periodic[axis][0] < low and high < self.periodic[axis][1]
            if sign != "-" or axis in other.periodic or not within:
                raise DeclarationError(
                    f"cannot combine {self.label} {sign} {other.label}: it would no longer be periodic in {axis}",
                    hint="only holes that stay clear of the periodic faces can be cut out of a periodic box",
                )


# The interior of a shape without coordinates.
POINT = (Patch((), 1.0, 0, lambda u: (np.empty((len(u), 0)), None)),)


def TimeInterval(start: float, end: float, name: str = "t") -> Domain:
    """The times from start to end: multiply a shape by it, or use it alone for ordinary differential equations."""
    start, end = number(start, "start of the TimeInterval"), number(end, "end of the TimeInterval")
    ordered(start, end, "TimeInterval")
    check_name(name, "name of the TimeInterval")
    return Domain(None, (), Duration(name, (start, end)))
