"""The verdict on a run: what ended it, and how well every condition holds on points that were never trained on. No torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

EXIT_STATUS: Mapping[str, int] = MappingProxyType(
    {"accuracy": 0, "stagnation": 2, "time": 2, "steps": 2, "failure": 3, "interrupted": 130})


@dataclass(frozen=True)
class ConditionVerdict:
    """Residual of a condition on fresh points: root mean square, that relative to its largest terms, largest; their number.

    `quadrature` is how inexact the integrals in it are, relative to its largest terms; None where there is none.
    """

    rms: float
    relative: float
    largest: float
    points: int
    quadrature: float | None = None


@dataclass(frozen=True)
class Fit:
    """How `count` measurements are fitted: Σ (residual / noise)², and the degrees of freedom that the fit took up.

    `noise` is the (root mean square) standard deviation, `stated` by the user or found.
    """

    noise: float
    stated: bool
    count: int
    chi_squared: float
    taken: float

    @property
    def spare(self) -> float:
        """Degrees of freedom that are left."""
        return self.count - self.taken

    @property
    def misfit(self) -> float:
        """χ² per degree of freedom that is left: 1 is expected."""
        return self.chi_squared / self.spare if self.spare > 0 else math.nan


@dataclass(frozen=True)
class Interval:
    """Where an unknown number lies, with 95 % confidence."""

    low: float
    high: float

    @property
    def share(self) -> float:
        """Its half width, relative to the number in its middle."""
        return abs(self.high - self.low) / max(abs(self.high + self.low), 1e-300)

    def widened(self, value: float, error: float) -> Interval:
        """With an independent error of the value, which lies in the interval, added."""
        return Interval(value - math.hypot(value - self.low, error), value + math.hypot(self.high - value, error))


@dataclass(frozen=True)
class Confidence:
    """Intervals by the names of unknown numbers, and fits by components of conditions on measurements; empty without noise.

    `fields` holds what noise does to scalar fields: their standard deviation, relative to them, root mean square over the domain; `free`
    the standard deviations of the free numbers that the intervals are of.
    """

    intervals: Mapping[str, Interval] = field(default_factory=dict)
    fits: Mapping[str, Fit] = field(default_factory=dict)
    fields: Mapping[str, float] = field(default_factory=dict)
    free: Mapping[str, float] = field(default_factory=dict)

    def share_of(self, components: Sequence[str]) -> float | None:
        """What noise does to a field with these components, relative to it as a whole; None where that is not known of all."""
        shares = [self.fields.get(name) for name in components]
        return None if None in shares else math.hypot(*shares)

    @property
    def taken(self) -> float:
        """Degrees of freedom that all fits have taken up."""
        return sum(fit.taken for fit in self.fits.values())


@dataclass(frozen=True)
class Verdict:
    """`status` is a key of EXIT_STATUS; estimates are relative errors by field and parameter.

    `confidence` is what noise in measurements leaves open. `errors` are those against the exact solution by name. `reliable` says
    whether held-out points confirm the estimates, as far as telling them from the accuracy asked for needs it. `trainer` is the name
    of the trainer that solved. `found` is False where the run ended before there was a solution other than zero.
    """

    status: str
    reason: str
    accuracy: float
    conditions: Mapping[str, ConditionVerdict] = field(default_factory=dict)
    error_estimate: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, float] = field(default_factory=dict)
    reliable: bool = False
    elapsed: float = 0.0
    steps: int = 0
    condition: str | None = None
    notes: tuple[str, ...] = ()
    trainer: str = "automatic"
    found: bool = True
    confidence: Confidence = Confidence()

    @property
    def exit_status(self) -> int:
        return EXIT_STATUS[self.status]

    @property
    def summary(self) -> str:
        """What ended the run, and the largest estimated error."""
        return f"{self.status}, estimated relative error {max(self.error_estimate.values()):.1e}" if self.error_estimate else self.status

    def __repr__(self) -> str:
        return f"Verdict({self.summary})"


@dataclass(frozen=True)
class Consistency:
    """loss ≤ constant · Φ: the original loss is bounded by the separated objective at its auxiliary variables, or is not.

    `margin` is the relative amount by which weights that are consistent to first order only may fail.
    """

    loss: float
    objective: float
    constant: float
    margin: float = 1e-9

    @property
    def holds(self) -> bool:
        """Whether the inequality holds, within its margin."""
        return self.loss <= (1 + self.margin) * self.constant * self.objective

    def __str__(self) -> str:
        return f"{self.loss:.1e} {'≤' if self.holds else '>'} {self.constant:.3g} × {self.objective:.1e}"


@dataclass(frozen=True)
class Progress:
    """A run at one moment: weighted mean square `losses` by component on the points trained on, seconds, and words.

    `residuals` are root mean squares by component on held-out points, in the units of the equations, not relative to anything.
    `consistency` compares the original loss with the separated objective where a step measured both.
    """

    stage: str
    step: int
    losses: Mapping[str, float]
    residuals: Mapping[str, float]
    error_estimate: float | None
    elapsed: float
    time_limit: float
    message: str = ""
    consistency: Consistency | None = None
