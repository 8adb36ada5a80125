"""Which eigenvalues are wanted: the lowest, or those nearest to a number; and where to look for them.

The lowest are the first from the end of the spectrum: upward where all but a few eigenvalues are positive, as energies are, downward
where all but a few are negative, as of Δu = λu. A spectrum without an end has a middle, zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

RESOLVED = 0.3
"""Relative residual on held-out points above which a pair is no eigenpair."""
APART = 1e-3
"""Eigenvalues closer than this, relative to the extent of those wanted, do not count as neighbours."""
CLEAR_SIGN, ALMOST_ALL = 0.3, 0.9
"""The correlation that is a sign, and the share of points that must have it, none having the other one."""
CLEARANCE = 0.4
"""How far outside the end of the spectrum to look from, as a share of the extent."""
REMOTE = 0.5
"""How far, as a share of its distance from the nearest eigenvalue, a shift may be from where it should be."""
STEPS_ASIDE = (0.01, 0.03, 0.1)


@dataclass(frozen=True)
class Wanted:
    """Eigenvalues upward (1) or downward (-1) from an end of the spectrum, or the nearest to `centre` (0); sought around `shift`."""

    direction: int
    centre: float
    shift: float

    def order(self, values: Tensor) -> Tensor:
        """The numbers of the values (m,), those wanted first."""
        return (self.direction * values if self.direction else (values - self.centre).abs()).argsort(stable=True)

    def remote(self, shift: float, values: Tensor) -> bool:
        """Whether another shift is too far away to find the wanted of the eigenvalues (m,) as well."""
        return abs(shift - self.shift) > REMOTE * (values - self.shift).abs().min().item()


def first_look(near: float | None, direction: int, scale: float) -> Wanted:
    """Where to look first, for eigenvalues about as large as `scale`: beside the number asked for, or outside zero."""
    centre = near or 0.0
    direction = direction if near is None else 0
    return Wanted(direction, centre, centre - (direction or 1) * scale)


def direction(left: Tensor, right: Tensor) -> int:
    """Upward or downward, or 0 for a spectrum without an end, from rows of A and B (N, P) for very rough functions.

    Of these the highest derivatives count only: where A φ has the sign of B φ at every point, as −Δφ has for waves φ, large
    eigenvalues are positive.
    """
    sizes = left.norm(dim=1) * right.norm(dim=1)
    alike = ((left * right).sum(dim=1) / sizes)[sizes > 0]
    for sign in (1, -1):
        if (sign * alike > CLEAR_SIGN).double().mean() > ALMOST_ALL and (sign * alike > -CLEAR_SIGN).all():
            return sign
    return 0


def wanted(near: float | None, direction: int, values: Tensor, residuals: Tensor, count: int) -> Wanted | None:
    """What is wanted, from some eigenvalues (m,) of the spectrum and their residuals; None where none of them is resolved."""
    resolved = values[residuals < RESOLVED]
    if not len(resolved):
        return None
    direction = direction if near is None else 0
    centre = near or 0.0
    chosen = resolved[Wanted(direction, centre, 0.0).order(resolved)]
    extent = _extent(chosen, count, centre if direction == 0 else chosen[0].item())
    if direction:
        return Wanted(direction, centre, chosen[0].item() - direction * CLEARANCE * extent)
    return Wanted(0, centre, _clear_of(chosen, centre, extent))


def _extent(ordered: Tensor, count: int, origin: float) -> float:
    """How far from the origin the wanted values reach; where they are all there, the next one; the size of the last if there is no other."""
    distances = (ordered - origin).abs()
    size = ordered.abs().max().item() or 1.0
    beyond = distances[min(count, len(ordered)) - 1:]
    beyond = beyond[beyond > APART * size]
    return beyond[0].item() if len(beyond) else size


def _clear_of(values: Tensor, centre: float, extent: float) -> float:
    """The centre, or a number beside it if an eigenvalue is too near: on one the equations would be singular."""
    candidates = [centre, *(centre + sign * share * extent for share in STEPS_ASIDE for sign in (-1, 1))]
    return max(candidates, key=lambda one: min((values - one).abs().min().item(), APART * extent))
