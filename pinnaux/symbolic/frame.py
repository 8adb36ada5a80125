"""Frames: the spatial coordinates of a domain, and the unit vectors along which its vectors have components.

In Cartesian coordinates they correspond. In curvilinear ones a vector has all the components of its system, also those along which
nothing changes: in the plane (r, z) of an axisymmetric flow it is (v_r, v_theta, v_z).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CARTESIAN, POLAR, CYLINDRICAL, SPHERICAL = "Cartesian", "polar", "cylindrical", "spherical"

# The usual names of a system's coordinates; theta is the angle from the axis in spherical ones, phi the angle around it.
AXES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    POLAR: ("r", "theta"), CYLINDRICAL: ("r", "theta", "z"), SPHERICAL: ("r", "theta", "phi")})
# Which of them a domain of one, two, three coordinates has.
GIVEN: Mapping[str, tuple[tuple[int, ...], ...]] = MappingProxyType({
    POLAR: ((0,), (0, 1)), CYLINDRICAL: ((0,), (0, 2), (0, 1, 2)), SPHERICAL: ((0,), (0, 1), (0, 1, 2))})


@dataclass(frozen=True)
class Frame:
    """The spatial coordinates `names`, of a system of coordinates."""

    names: tuple[str, ...]
    system: str = CARTESIAN

    @property
    def axes(self) -> tuple[str | None, ...]:
        """For each unit vector the coordinate along it, None where there is none because nothing changes along it."""
        if self.system == CARTESIAN:
            return self.names
        places = dict(zip(GIVEN[self.system][len(self.names) - 1], self.names))
        return tuple(places.get(axis) for axis in range(len(AXES[self.system])))

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each unit vector."""
        usual = self.names if self.system == CARTESIAN else AXES[self.system]
        return tuple(name or label for name, label in zip(self.axes, usual))

    @property
    def around(self) -> str | None:
        """The coordinate that turns around the axis, or the origin of the plane, if there is one."""
        if self.system == CARTESIAN:
            return None
        return self.axes[2 if self.system == SPHERICAL else 1]

    @property
    def polar(self) -> str | None:
        """The angle from the axis of spherical coordinates, if there is one."""
        return self.axes[1] if self.system == SPHERICAL else None

    @property
    def is_curved(self) -> bool:
        """Whether its unit vectors turn from point to point."""
        return self.system != CARTESIAN

    @property
    def is_radial(self) -> bool:
        """Whether everything is spherically symmetric."""
        return self.system == SPHERICAL and len(self.names) == 1
