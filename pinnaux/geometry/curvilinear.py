"""Domains in curvilinear coordinates: what their coordinates are called, where they may run, and which of their ends are one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pinnaux.errors import DeclarationError
from pinnaux.geometry.arguments import DEFAULT_NAMES
from pinnaux.geometry.frames import ROUNDING, given, is_whole_turn
from pinnaux.symbolic.frame import AXES, GIVEN, POLAR, SPHERICAL, Frame

if TYPE_CHECKING:
    from pinnaux.geometry.domain import Domain


def in_system(domain: Domain, system: str) -> Domain:
    """The domain whose coordinates are those of the system, named as usual where the user named none; a whole turn is periodic."""
    _check_shape(domain, system)
    usual = tuple(AXES[system][axis] for axis in GIVEN[system][len(domain.space) - 1])
    new = {old: name if old == default else old for old, name, default in zip(domain.space, usual, DEFAULT_NAMES)}
    frame = Frame(tuple(new.values()), system)
    _check_ranges(domain, frame)
    periodic = {new[name]: ends for name, ends in domain.periodic.items()}
    for name, bounds in zip(frame.names, domain.bounds):
        if name == frame.around and is_whole_turn(bounds):
            periodic[name] = tuple(map(float, bounds))
    return replace(domain, space=frame.names, system=system, periodic=periodic)


def _check_shape(domain: Domain, system: str) -> None:
    """Refuse what is no spatial domain in Cartesian coordinates, or has too many of them."""
    example = f"Rectangle((0, 0), (1, 2)).{system}()"
    if domain.time is not None:
        raise DeclarationError(f"only a domain without time is made {system}, not {domain.label}", hint=f"{example} * TimeInterval(0, 1)")
    if domain.frame.is_curved:
        raise DeclarationError(f"the coordinates of {domain.label} are {domain.system} already", hint="write it once, at the end")
    if len(domain.space) > len(GIVEN[system]):
        solid = "; in space there are .cylindrical() and .spherical()" if system == POLAR else ""
        raise DeclarationError(
            f"{system} coordinates are ({', '.join(AXES[system])}), but {domain.label} has {len(domain.space)} coordinates", hint=example + solid)


def _check_ranges(domain: Domain, frame: Frame) -> None:
    """Refuse radii below 0, polar angles beyond 0 and pi, and more than a turn around the axis."""
    allowed = {0: (0.0, np.inf)} | ({1: (0.0, np.pi)} if frame.system == SPHERICAL else {})
    for name, axis, (low, high) in zip(frame.names, given(frame), domain.bounds):
        least, most = allowed.get(axis, (-np.inf, np.inf))
        if low < least - ROUNDING * (high - low) or high > most + ROUNDING:
            limits = f"{least:g} <= {name}" + (f" <= {most:.6g}" if np.isfinite(most) else "")
            raise DeclarationError(f"{name} runs from {low:g} to {high:g} in {domain.label}, but {limits} in {frame.system} coordinates",
                                   hint=f"the order of coordinates is ({', '.join(frame.names)})")
        if name == frame.around and high - low > 2 * np.pi * (1 + ROUNDING):
            raise DeclarationError(f"{name} runs from {low:g} to {high:g} in {domain.label}: more than a turn",
                                   hint="angles are in radians: a turn is 2*pi")
