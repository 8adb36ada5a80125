"""The accuracy ladder: what its rungs name is there, and what a row of its table says."""

from __future__ import annotations

import pytest
from benchmarks.ladder import PATIENCE, RUNGS, Run, Rung, Target, report

from pinnaux.load import load


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: f"{rung.problem} {rung.accuracy:g}")
def test_a_rung_asks_for_its_hardest_target_of_something_with_a_known_solution(rung: Rung) -> None:
    problem = load(rung.file)
    fields = {field.name for field in problem.fields}
    measured = {rung.unknown} if rung.unknown else fields
    assert measured <= fields and (measured <= set(problem.exact) if rung.reference is None else len(measured) == 1)
    assert rung.accuracy == rung.targets[-1].error == min(target.error for target in rung.targets)
    assert rung.time_limit(PATIENCE) > rung.targets[-1].seconds == max(target.seconds for target in rung.targets)


def test_a_row_holds_the_medians_against_every_target() -> None:
    rung = Rung("wave", 1e-4, (Target(1e-3, 30), Target(1e-4, 180)))
    runs = [Run(40, 2e-5, 3e-5, 601), Run(20, 5e-4, 1e-5, 601), Run(200, 1e-6, float("inf"), 901)]
    assert report(rung, runs).startswith("| wave | 1e-04 | 2.0e-05 |")
    assert report(rung, runs).endswith("| 40.0 (20–200) | 1e-03 in 30 s, 1e-04 in 180 s | no: time, yes | 601 |")
    assert Target(1e-5, 30).met(2e-5, 40) == "no: error and time"
