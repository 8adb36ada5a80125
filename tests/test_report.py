"""The verdict's text and JSON, and the display while solving."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from pinnaux import Field, Rectangle, VectorField
from pinnaux.progress import PlainLines, live_view, plain_line
from pinnaux.report import HEADLINES, duration, headline, number, report, report_json, table
from pinnaux.verdict import EXIT_STATUS, Confidence, ConditionVerdict, Consistency, Fit, Interval, Progress, Verdict


EACH = ConditionVerdict(rms=1.5e-6, relative=3.25e-7, largest=1e-5, points=2000)
VERDICT = Verdict(status="accuracy", reason="estimated relative error 1.2e-06, 1.0e-05 asked for", accuracy=1e-5,
                  conditions={"heat": EACH, "cold sides": replace(EACH, rms=2e-9)}, error_estimate={"T": 1.25e-6},
                  errors={"T": 1.5e-6}, reliable=True, elapsed=12.34, steps=40)


def solution(parameters=(), **changes):
    return SimpleNamespace(verdict=replace(VERDICT, **changes), parameters=dict(parameters), functions={}, eigenvalues={})


def progress(**changes):
    values = dict(stage="layers", step=40, losses={"heat": 1.1e-8, "cold sides": 3e-10}, residuals={"heat": 3.2e-5},
                  error_estimate=2e-4, elapsed=12.34, time_limit=60.0, message="")
    return Progress(**{**values, **changes})


def test_the_report_has_the_headline_and_every_number():
    text = report(solution(parameters={"k": 1.4999}))
    first, *_ = text.splitlines()
    assert first == "accuracy reached: estimated relative error 1.2e-06, 1.0e-05 asked for (12.3 s)"
    rows = [line.split() for line in text.splitlines()]
    assert ["heat", "1.50e-06", "3.25e-07", "1.00e-05", "2000"] in rows
    assert ["cold", "sides", "2.00e-09", "3.25e-07", "1.00e-05", "2000"] in rows
    assert ["T", "1.25e-06", "1.50e-06"] in rows
    assert ["k", "1.4999"] in rows


def test_without_an_exact_solution_the_report_has_no_column_for_it():
    text = report(solution(errors={}))
    assert "true" not in text
    assert ["T", "1.25e-06"] in [line.split() for line in text.splitlines()]


def test_a_report_without_estimate_errors_or_parameters_ends_with_the_conditions():
    assert len(report(solution(errors={}, error_estimate={})).split("\n\n")) == 2


def test_what_noise_leaves_open_of_a_vector_is_that_of_its_components_together():
    plate = Rectangle((0, 0), (1, 1))
    found = solution(error_estimate={"w": 1e-4, "T": 1e-4, "p": 1e-4}, errors={}, confidence=Confidence(fields={"u": 0.03, "v": 0.04, "T": 0.01}))
    found.problem = SimpleNamespace(fields=[VectorField("w", plate, components=("u", "v")), Field("T", plate), Field("p", plate)])
    rows = [line.split() for line in report(found).splitlines()]
    assert ["w", "1.00e-04", "5.00e-02"] in rows and ["T", "1.00e-04", "1.00e-02"] in rows and ["p", "1.00e-04", "-"] in rows


def test_numbers_from_noisy_measurements_come_with_their_interval_and_their_fit():
    confidence = Confidence({"k": Interval(1.4949, 1.5049), "c": Interval(0.5, 3.0)},
                            {"probes": Fit(0.05, True, 30, 33.0, 2.0), "more": Fit(0.1, False, 20, 72.0, 2.0)})
    text = report(solution(parameters={"k": 1.4999, "c": 1.0, "free": 2.0}, confidence=confidence))
    rows = [line.split() for line in text.splitlines()]
    assert ["k", "1.4999", "±", "0.005"] in rows and ["c", "1", "0.5", "to", "3"] in rows and ["free", "2"] in rows
    assert ["probes", "5.00e-02", "stated", "1.18", "30", "2"] in rows and ["more", "2.00e-01", "found", "-", "20", "2"] in rows
    numbers = json.loads(report_json(solution(parameters={"k": 1.4999}, confidence=confidence)))["confidence"]
    assert numbers["intervals"]["k"] == {"low": 1.4949, "high": 1.5049} and numbers["fits"]["probes"]["chi_squared"] == 33.0


def test_an_estimate_that_is_not_confirmed_says_so():
    doubt = "note: the estimated error is not confirmed"
    assert doubt in report(solution(reliable=False))
    assert doubt not in report(solution()) and doubt not in report(solution(reliable=False, error_estimate={}))


@pytest.mark.parametrize("status", EXIT_STATUS)
def test_every_status_has_its_headline(status):
    assert headline(replace(VERDICT, status=status)).startswith(HEADLINES[status] + ": estimated")
    assert headline(replace(VERDICT, status=status, reason="")).endswith(" (12.3 s)")


def test_the_json_holds_the_same_numbers_and_null_for_what_is_not_finite():
    read = json.loads(report_json(solution(parameters={"k": float("inf")}, error_estimate={"T": float("nan")})))
    assert read["conditions"]["heat"]["relative"] == 3.25e-7
    assert read["errors"] == {"T": 1.5e-6} and read["exit_status"] == 0
    assert read["error_estimate"] == {"T": None} and read["parameters"] == {"k": None}


def test_columns_of_a_table_line_up():
    lines = table(("name", "value"), [("a", "1"), ("longer", "-123456")]).splitlines()
    assert lines == ["name      value", "a             1", "longer  -123456"]


@pytest.mark.parametrize("seconds, text", [(0.04, "0.0 s"), (99.94, "99.9 s"), (245, "4 min 05 s"), (3599.7, "1 h 00 min"),
                                           (7380, "2 h 03 min")])
def test_durations_are_read_at_a_glance(seconds, text):
    assert duration(seconds) == text


def test_a_number_that_is_missing_is_a_dash():
    assert (number(None), number(0.012345)) == ("-", "1.23e-02")


def test_a_plain_line_names_stage_step_losses_residuals_and_estimate():
    assert plain_line(progress(message="new points")) == (
        "   12.3 s  layers, step 40 | loss heat 1.1e-08, cold sides 3.0e-10 | fresh residual heat 3.2e-05"
        " | estimated error 2.0e-04 | new points")


@pytest.mark.parametrize("objective, text", [(9e-6, "consistency 3.1e-05 ≤ 4 × 9.0e-06"), (5e-6, "consistency 3.1e-05 > 4 × 5.0e-06")])
def test_both_sides_of_consistency_are_shown_where_a_step_measured_them(objective, text):
    from rich.console import Console

    measured = progress(consistency=Consistency(3.1e-5, objective, 4.0))
    assert plain_line(measured).split(" | ")[-1] == text and "consistency" not in plain_line(progress())
    console = Console(file=io.StringIO(), width=80)
    console.print(live_view(measured))
    assert text in console.file.getvalue()


def test_plain_lines_come_at_each_stage_and_otherwise_every_five_seconds(capsys):
    times = iter([0.0, 1.0, 4.9, 5.1, 6.0, 6.5])
    lines = PlainLines(clock=lambda: next(times))
    for step, stage in enumerate(["start", "start", "start", "start", "layers", "layers"]):
        lines(progress(stage=stage, step=step))
    printed = [line.split(" | ")[0].split("  ")[-1] for line in capsys.readouterr().out.splitlines()]
    assert printed == ["start, step 0", "start, step 3", "layers, step 4"]


@pytest.mark.parametrize("changes", [{}, {"losses": {}, "residuals": {}, "error_estimate": None}, {"time_limit": float("inf")}])
def test_the_live_view_shows_what_is_known(changes):
    from rich.console import Console

    console = Console(file=io.StringIO(), width=80)
    console.print(live_view(progress(**changes)))
    text = console.file.getvalue()
    assert "layers, step 40" in text
    assert ("so far" in text) == (changes.get("time_limit") == float("inf"))
    assert ("1.10e-08" in text and "3.20e-05" in text) == ("losses" not in changes)
    assert ("estimated relative error 2.0e-04" in text) == ("losses" not in changes)
