"""Points where conditions are asked to hold, and the low-discrepancy sequences they are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

SOBOL_BITS = 52
# Half the spacing of the Sobol' lattice: added, it keeps every point off the faces of the unit cube.
SOBOL_SHIFT = 2.0 ** -(SOBOL_BITS + 1)


@dataclass(frozen=True, eq=False)
class Points:
    """N points: `coordinates` (N, d) in the order of the domain's names, `normals` (N, d_space) or None, `columns` (N,) each."""

    coordinates: np.ndarray
    normals: np.ndarray | None = None
    columns: Mapping[str, np.ndarray] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        count = len(self.coordinates)
        assert self.coordinates.ndim == 2, f"coordinates of shape {self.coordinates.shape}"
        assert self.normals is None or (self.normals.ndim == 2 and len(self.normals) == count)
        assert all(column.shape == (count,) for column in self.columns.values())

    def __len__(self) -> int:
        return len(self.coordinates)

    def __repr__(self) -> str:
        return f"Points({len(self)} with {self.coordinates.shape[1]} coordinates{' and normals' if self.normals is not None else ''})"

    def __getitem__(self, selection: np.ndarray | slice) -> Points:
        """The selected points (a mask, indices or a slice), in the order selected."""
        normals = None if self.normals is None else self.normals[selection]
        columns = {name: column[selection] for name, column in self.columns.items()}
        return Points(self.coordinates[selection], normals, MappingProxyType(columns))

    def values(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Coordinate name → (N,), as formulas are evaluated."""
        assert len(names) == self.coordinates.shape[1]
        return {name: self.coordinates[:, axis] for axis, name in enumerate(names)}


def joined(groups: Sequence[Points]) -> Points:
    """All points of the groups (at least one, without columns), group after group."""
    if len(groups) == 1:
        return groups[0]
    coordinates = np.concatenate([group.coordinates for group in groups])
    normals = [group.normals for group in groups if group.normals is not None]
    return Points(coordinates, np.concatenate(normals) if len(normals) == len(groups) else None)


class SobolSequence:
    """Scrambled Sobol' points in the open unit cube of `dimension` ≥ 1, continued from one call to the next."""

    def __init__(self, dimension: int, generator: np.random.Generator) -> None:
        from scipy.stats import qmc  # 0.7 s, and declaring a problem needs none of it

        self.engine = qmc.Sobol(dimension, scramble=True, bits=SOBOL_BITS, rng=generator)

    def at_least(self, count: int) -> np.ndarray:
        """The next points, as many as the power of two from `count` up: the sequence is balanced in such blocks only."""
        return self.engine.random(power_of_two(count)) + SOBOL_SHIFT


def power_of_two(count: int) -> int:
    """The smallest power of two that is at least `count`."""
    return 1 << max(count - 1, 0).bit_length()


def hammersley(count: int, dimension: int) -> np.ndarray:
    """(count, dimension) points of Hammersley's set: (n + 1/2)/count, then the digits of n reversed in bases 3, 5, 7 …

    Deterministic and of low discrepancy: used where a domain is measured when it is declared. Base 2 is left out: for the
    powers of two usual as counts its digits mirror those of n/count, and the share of x + y < 1 is wrong by 1/√count.
    """
    points = np.empty((count, dimension))
    for axis, base in enumerate((0, *_odd_primes(dimension - 1))[:dimension]):
        points[:, axis] = _reversed_digits(count, base) if base else (np.arange(count) + 0.5) / count
    return points


def _reversed_digits(count: int, base: int) -> np.ndarray:
    """Van der Corput's sequence: the digits of 1 … count, mirrored at the decimal point."""
    index, value, weight = np.arange(1, count + 1), np.zeros(count), 1 / base
    while index.any():
        value += weight * (index % base)
        index, weight = index // base, weight / base
    return value


def _odd_primes(count: int) -> list[int]:
    """The first odd prime numbers."""
    found: list[int] = []
    candidate = 3
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 2
    return found


def apportioned(count: int, measures: Sequence[float]) -> np.ndarray:
    """`count` points shared among parts proportionally to their measures, by largest remainder.

    Every part gets at least one when there are enough for that.
    """
    shares = count * np.asarray(measures, dtype=float) / np.sum(measures)
    minimum = 1 if count >= len(shares) else 0
    counts = np.maximum(np.floor(shares), minimum).astype(int)
    while counts.sum() < count:
        counts[np.argmax(shares - counts)] += 1
    while counts.sum() > count:
        counts[np.argmax(np.where(counts > minimum, counts - shares, -np.inf))] -= 1
    return counts
