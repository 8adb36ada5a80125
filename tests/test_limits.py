"""How a run ends when its time is over, by what is known of the solution then."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
import torch

from pinnaux.ansatz import Ansatz, Candidate
from pinnaux.settings import Settings
from pinnaux.driver import Limits, _ended
from pinnaux.trainers.state import Report


@dataclass(frozen=True)
class State:
    """What the loop looks at."""

    best: Candidate | None
    finished: str | None = None


def solution(error: float, reliable: bool = True) -> Candidate:
    return Candidate(Ansatz(()), torch.zeros(0), 1e-3, {"u": error}, reliable)


@pytest.mark.parametrize("remaining, stage", [(-1.0, "layers"), (5.0, "correction")])
@pytest.mark.parametrize("best, status", [
    (solution(5e-5), "accuracy"), (solution(5e-5, False), "time"), (solution(2e-4), "time"), (None, "time")])
def test_a_solution_that_is_accurate_when_time_is_over_is_called_so(
        remaining: float, stage: str, best: Candidate | None, status: str) -> None:
    limits = Limits(Settings(accuracy=1e-4, time_limit=100.0), time.monotonic() - 100 + remaining, {"correction": 10.0})
    assert _ended(State(best), Report(stage), 7, limits)[0] == status


@pytest.mark.parametrize(("costs", "hurry"), [({}, False), ({"features": 3.0}, False), ({"features": 6.0}, True), ({"features": 6.0, "estimate": 2.0}, False),
                                              ({"layers": 0.1}, False), ({"layers": 0.5}, True), ({"layers": 0.5, "correction": 1.0}, False)])
def test_what_a_last_correction_will_cost_is_judged_by_the_most_alike_so_far(costs: dict[str, float], hurry: bool) -> None:
    assert Limits(Settings(time_limit=100.0), time.monotonic() - 95, costs).hurry is hurry


def test_with_time_left_a_run_goes_on() -> None:
    assert _ended(State(solution(5e-5)), Report("correction"), 7, Limits(Settings(), time.monotonic(), {"correction": 10.0})) is None
