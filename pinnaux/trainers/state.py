"""What trainers hand on: explicit, immutable values. A state is all a run is; a report is what a step has to say."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from pinnaux.ansatz import Ansatz


@dataclass(frozen=True)
class Trial:
    """Spread features of one kind, scale and number."""

    kind: str
    scale: float
    size: int


@dataclass(frozen=True, eq=False)
class Candidate:
    """A trial solution: ansatz and θ, its weighted residual on held-out points, and the estimated relative error per unknown (if known).

    `trial` says which features it is made of where nothing deeper was trained.
    """

    ansatz: Ansatz
    theta: Tensor
    score: float
    estimate: dict[str, float] = field(default_factory=dict)
    trial: Trial | None = None

    @property
    def error(self) -> float:
        """The largest estimated error, infinite where there is no estimate."""
        return max(self.estimate.values(), default=float("inf"))


@dataclass(frozen=True)
class Report:
    """One step: which stage, the losses it trains on and the residuals on held-out points by component, and in words what was done."""

    stage: str
    losses: dict[str, float] = field(default_factory=dict)
    residuals: dict[str, float] = field(default_factory=dict)
    message: str = ""


class NumericalFailure(ArithmeticError):
    """A residual is not finite: which condition, and at which point."""

    def __init__(self, condition: str, point: tuple[float, ...], value: float) -> None:
        place = ", ".join(f"{coordinate:.6g}" for coordinate in point)
        super().__init__(f"the residual of condition '{condition}' is {value} at the point ({place})")
        self.condition = condition
