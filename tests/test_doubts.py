"""What is told of measurements and numbers that are to be doubted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pinnaux.doubts import doubts, fitted_to_noise
from pinnaux.report import headline
from pinnaux.solver import _with_confidence
from pinnaux.verdict import Confidence, Fit, Interval, Verdict


def told(*, chi_squared: float = 20.0, count: int = 21, taken: float = 1.0, stated: bool = True, low: float = 0.9, high: float = 1.1,
         share: float = 0.1, lines: tuple[str, ...] = ()) -> str:
    confidence = Confidence({"k": Interval(low, high)}, {"probes": Fit(0.5, stated, count, chi_squared, taken)}, {"q": share})
    return " ".join(doubts(confidence, {"k": 1.0}, lines))


def test_nothing_is_told_of_a_fit_as_good_as_the_noise() -> None:
    assert told() == told(chi_squared=35.0) == told(chi_squared=11.0) == "" and doubts(Confidence(), {"k": 1.0}) == ()


@pytest.mark.parametrize(("changes", "words"), [
    ({"chi_squared": 100.0}, "measurements of 'probes' miss the solution by more than their noise: χ² per degree of freedom is 5"),
    ({"chi_squared": 10000.0, "count": 5001}, "where 1 is expected"),
    ({"chi_squared": 0.5}, "by less than their noise: χ² per degree of freedom is 0.025"),
    ({"taken": 20.5}, "the unknowns can fit all 21 measurements of 'probes' exactly"),
    ({"stated": False, "chi_squared": 80.0}, "miss the solution by 1 (root mean square), which is taken as their noise"),
    ({"share": 3.0}, "measurements hardly determine q: their noise changes it by 300 %"),
    ({"share": 3.0, "lines": ("q",)}, 'by 300 % (root mean square); if it is smooth, UnknownFunction("q", …) of its coordinate has less freedom'),
    ({"low": -0.1}, "measurements hardly determine k: with 95 % confidence it lies between -0.1 and 1.1"),
    ({"high": float("inf")}, "lies between 0.9 and inf; if they should, the search went astray: give it a start"),
    ({"low": 0.2, "high": 7.0}, "hardly determine k"), ({"low": float("nan"), "high": float("nan")}, "hardly determine k")])
def test_what_is_wrong_is_told_with_its_numbers(changes: dict, words: str) -> None:
    assert words in told(**changes)


def test_an_interval_of_a_number_that_is_stuck_is_that_of_noise() -> None:
    solution = SimpleNamespace(problem=SimpleNamespace(unknowns=()), parameters={"k": 0.0, "m": 2.0}, verdict=Verdict("time", "", 1e-4))
    best = SimpleNamespace(confidence=Confidence({"k": Interval(0.0, float("inf")), "m": Interval(1.0, 3.0)}), estimate={"k": float("inf"), "m": 0.1}, undetermined=False)
    found = _with_confidence(solution, best).confidence.intervals
    assert found["k"] == Interval(0.0, float("inf")) and found["m"].high == pytest.approx(2 + 1.04**0.5)


def test_few_measurements_may_miss_by_chance() -> None:
    assert told(count=3, chi_squared=6.0) == "" and told(count=301, chi_squared=900.0) != ""


@pytest.mark.parametrize("fits, fitted", [
    ([Fit(0.5, True, 21, 20.0, 1.0)], True), ([Fit(0.5, True, 21, 0.5, 1.0)], True), ([Fit(0.5, True, 21, 100.0, 1.0)], False),
    ([Fit(0.5, False, 21, 100.0, 1.0)], True), ([Fit(0.5, True, 21, 0.5, 20.5)], False), ([], False),
    ([Fit(0.5, True, 21, 20.0, 1.0), Fit(0.5, True, 21, 100.0, 1.0)], False)])
def test_measurements_are_fitted_to_their_noise_where_none_are_missed_by_more(fits: list[Fit], fitted: bool) -> None:
    known = {str(number): fit for number, fit in enumerate(fits)}
    assert fitted_to_noise(Confidence(fits=known)) is fitted
    assert fitted_to_noise(Confidence({"k": Interval(1.0, 2.0)}, known)) is fitted and not fitted_to_noise(Confidence({"k": Interval(0.0, float("inf"))}, known))


@pytest.mark.parametrize("status, chi_squared, undetermined, words", [
    ("stagnation", 20.0, False, "the measurements are fitted to within their noise"), ("stagnation", 100.0, False, "as it ended"),
    ("stagnation", 20.0, True, "as it ended"), ("time", 20.0, False, "as it ended")])
def test_a_run_that_ends_at_the_noise_says_so(status: str, chi_squared: float, undetermined: bool, words: str) -> None:
    solution = SimpleNamespace(problem=SimpleNamespace(unknowns=()), parameters={}, verdict=Verdict(status, "as it ended", 1e-4))
    best = SimpleNamespace(confidence=Confidence(fits={"probes": Fit(0.5, True, 21, chi_squared, 1.0)}), estimate={}, undetermined=undetermined)
    assert words in headline(_with_confidence(solution, best))
