"""What trainers hand on: explicit, immutable values. A state is all a run is; a report is what a step has to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from pinnaux.ansatz import Candidate
from pinnaux.verdict import Consistency


class RunState(Protocol):
    """What every trainer's state tells: the best trial solution so far, and "accuracy", "undetermined", "stagnation" or "time" once the run is over."""

    @property
    def best(self) -> Candidate | None: ...

    @property
    def finished(self) -> str | None: ...


class Budget(Protocol):
    """What a run may still spend."""

    @property
    def hurry(self) -> bool:
        """Whether there is just time for a last correction."""

    def affords(self, stage: str, times: float) -> bool:
        """Whether there is time for so many times what a step of this stage has cost."""


@dataclass(frozen=True)
class Unlimited:
    """All the time there is; or none but for a last correction."""

    hurry: bool = False

    def affords(self, stage: str, times: float) -> bool:
        return True


S = TypeVar("S", bound=RunState)


class Trainer(Protocol[S]):
    """A way to solve: `step` after `step` of a state that `init` begins; the driver owns the loop and the limits."""

    def init(self) -> S: ...

    def step(self, state: S, budget: Budget) -> tuple[S, Report]: ...


@dataclass(frozen=True)
class Report:
    """One step: which stage, the losses it trains on and the residuals on held-out points by component, and in words what was done.

    `consistency` is the original loss beside the separated objective, where the step measured them.
    """

    stage: str
    losses: dict[str, float] = field(default_factory=dict)
    residuals: dict[str, float] = field(default_factory=dict)
    message: str = ""
    consistency: Consistency | None = None


class NumericalFailure(ArithmeticError):
    """A residual is not finite: of which condition, at which point, and by which term ("" where that is not known)."""

    def __init__(self, condition: str, point: tuple[float, ...], value: float, term: str = "") -> None:
        place = ", ".join(f"{coordinate:.6g}" for coordinate in point)
        cause = f", by the term {term}" if term else ""
        super().__init__(f"the residual of condition '{condition}' is {value} at the point ({place}){cause}")
        self.condition = condition
        self.term = term
