"""What a user should doubt about measurements, and about the numbers and functions found from them: a sentence each."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from pinnaux.unknown_function import FoundFunction
from pinnaux.verdict import Confidence, Fit, Interval

FAR = 2.0
"""χ² per degree of freedom farther from 1 than this factor is told of,"""
SIGNIFICANT = 3.0
"""if it is farther than so many of its standard deviations, too."""
OPEN = 0.5
"""A field that noise changes by such a share of it is told of."""


def doubts(confidence: Confidence, values: Mapping[str, float], lines: Collection[str] = ()) -> tuple[str, ...]:
    """Noise that was found and not stated, fits that are better or worse than noise allows, and unknowns that stay unknown.

    `values` are those of numbers, `lines` the fields of one coordinate, for which there is something with less freedom.
    """
    told = [sentence for name, fit in confidence.fits.items() for sentence in _of_fit(name, fit)]
    told += [f"measurements hardly determine {name}: with 95 % confidence it lies between {one.low:.3g} and {one.high:.3g}"
             + ("" if math.isfinite(one.high - one.low) else "; if they should, the search went astray: give it a start (initial=…)")
             for name, one in confidence.intervals.items() if _unknown(one, values[name])]
    told += [f"measurements hardly determine {name}: their noise changes it by {100 * share:.3g} % (root mean square)"
             + (f"; if it is smooth, UnknownFunction(\"{name}\", …) of its coordinate has less freedom" if name in lines else "")
             for name, share in confidence.fields.items() if not share < OPEN]
    return tuple(told)


def beyond(found: FoundFunction) -> str | None:
    """What to say where the conditions need a function at arguments that it was not declared for."""
    (low, high), (least, largest) = found.function.between, found.reach
    if not (least < low or largest > high):
        return None
    name = found.function.name
    return (f"the conditions give {name} arguments from {least:.4g} to {largest:.4g}, but it is declared between {low:g} and {high:g}: "
            "beyond these it is a guess (widen between=)")


def fitted_to_noise(confidence: Confidence) -> bool:
    """Whether there are noisy measurements, they are all fitted as well as their noise lets, and they say something of every number."""
    fits = confidence.fits.values()
    known = all(math.isfinite(one.high - one.low) for one in confidence.intervals.values())
    return known and bool(fits) and all(fit.spare >= 1 and (not fit.stated or fit.misfit < 1 or not _is_far(fit)) for fit in fits)


def _is_far(fit: Fit) -> bool:
    """Whether χ² is farther from its mean than chance explains."""
    return not 1 / FAR < fit.misfit < FAR and abs(fit.chi_squared - fit.spare) > SIGNIFICANT * (2 * fit.spare) ** 0.5


def _of_fit(name: str, fit: Fit) -> list[str]:
    if fit.spare < 1:
        return [f"the unknowns can fit all {fit.count} measurements of '{name}' exactly, so that nothing tells noise from solution"]
    if not fit.stated:
        return [f"measurements of '{name}' miss the solution by {fit.noise * fit.misfit**0.5:.2g} (root mean square), which is taken as their noise: "
                "if they are better than that, an equation is wrong"]
    if not _is_far(fit):
        return []
    more, question = ("more", "is the noise larger, or an equation wrong?") if fit.misfit > 1 else ("less", "is the noise smaller?")
    return [f"measurements of '{name}' miss the solution by {more} than their noise: χ² per degree of freedom is {fit.misfit:.2g}, where 1 is expected ({question})"]


def _unknown(interval: Interval, value: float) -> bool:
    """Whether the interval reaches as far as zero or twice the value."""
    return not max(interval.high - value, value - interval.low) < abs(value)
