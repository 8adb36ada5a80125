"""Which singular functions the solution of an elliptic equation has at a corner of opening ω, by what its equations differentiate.

Of a single equation of second order they are powers of the distance with multiples of π/ω or π/(2ω) (Grisvard, Elliptic problems in nonsmooth
domains, 1985). Velocities of slow flow, displacements and bent plates have others beside them, r^λ with
sin λω = ±λ sin ω where walls or free edges meet (Williams, J. Appl. Mech. 19, 1952; Dean & Montagnon, Proc. Camb. Phil. Soc. 45, 1949), and
pressures and stresses those of a power one less.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pinnaux.geometry.corners import Corner

LARGEST_EXPONENT = 4.0
"""Functions r^s smoother than this are left to the network."""
WHOLE = 1e-6
"""Exponents nearer than this to a whole number are whole, and to each other the same: openings are known to rounding only."""
SCAN = 2000
"""Steps in which exponents are looked for up to the largest; two that are closer together are one, or none."""
MOST_CORNERS = 24


@dataclass(frozen=True)
class Principal:
    """What equations in the interior do to the unknowns of a group.

    Some stand there undifferentiated in space (`valued`), or equations differentiate several of them or one of them four times (`coupled`).
    """

    valued: bool = False
    coupled: bool = False


@dataclass(frozen=True)
class Powers:
    """Exponents s of z^s and k of z^k log z, of those with z̄ z^(s−1) and z̄ z^(k−1) log z, and whether there is log |z| itself."""

    exponents: tuple[float, ...]
    logs: tuple[int, ...]
    conjugated: tuple[float, ...] = ()
    conjugated_logs: tuple[int, ...] = ()
    whole_log: bool = False


def singular_powers(opening: float, principal: Principal = Principal()) -> Powers:
    """The functions at a corner: multiples of π/(2ω), those that are whole (with 0) with a logarithm, and what the equations add to them."""
    step = math.pi / (2 * opening)
    multiples = [k * step for k in range(1, int(LARGEST_EXPONENT / step + WHOLE) + 1)]
    broken = _distinct(multiples)
    logs = (0, *(round(s) for s in multiples if _is_whole(s)))
    if not principal.coupled:
        return Powers(broken, logs, tuple(s + 2 for s in broken if s + 2 <= LARGEST_EXPONENT) if principal.valued else ())
    walls = wall_exponents(opening)
    # Plates have the power one more, what is differentiated once the power one less.
    own = _distinct([*broken, *walls, *(s + 1 for s in walls if s + 1 <= LARGEST_EXPONENT)])
    below = _distinct([*own, *(s - 1 for s in (*broken, *walls))])
    # Where the slope of the velocity jumps, it is the angle times the distance, and the pressure log r, whatever the opening.
    logs = tuple(sorted({1, *logs}))
    return Powers(below, logs, own, logs[1:], whole_log=True)


def sharpest(corners: Sequence[Corner]) -> list[Corner]:
    """At most MOST_CORNERS of the corners, those of the largest opening, whose functions are the most singular."""
    chosen = sorted(range(len(corners)), key=lambda number: -corners[number].opening)[:MOST_CORNERS]
    return [corners[number] for number in sorted(chosen)]


def wall_exponents(opening: float) -> tuple[float, ...]:
    """The real λ with sin λω = ±λ sin ω that are not whole, up to LARGEST_EXPONENT."""
    from scipy.optimize import brentq

    found: list[float] = []
    grid = np.linspace(0, LARGEST_EXPONENT, SCAN + 1)[1:]
    for sign in (1, -1):
        def gap(s: float) -> float:
            return math.sin(s * opening) - sign * s * math.sin(opening)

        gaps = [gap(s) for s in grid]
        found += [brentq(gap, low, high, xtol=1e-15) for low, high, first, last in zip(grid, grid[1:], gaps, gaps[1:]) if first * last < 0]
    return _distinct(found)


def _distinct(exponents: Iterable[float]) -> tuple[float, ...]:
    """The exponents that are not whole, each once, rising."""
    kept: list[float] = []
    for s in sorted(exponents):
        if not _is_whole(s) and (not kept or s - kept[-1] > WHOLE):
            kept.append(s)
    return tuple(kept)


def _is_whole(s: float) -> bool:
    return abs(s - round(s)) <= WHOLE
