"""Trainers side by side: what is measured, when, and how it is shown."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import numpy as np
import pytest
from compute_problems import bar, decay
from matplotlib.figure import Figure

from pinnaux import Problem
from pinnaux.ansatz import Candidate
from pinnaux.architecture import nothing
from pinnaux.bench import (
    Curve,
    Recorder,
    Sample,
    _draw_curves,
    curve,
    decades,
    fresh_residual,
    measure_of,
    race,
    summary,
    true_error,
    write_csv,
)
from pinnaux.cli import main
from pinnaux.settings import Settings
from pinnaux.solver import Limits, prepare, solve
from pinnaux.trainers.plain import glorot_start

QUICK, SLOW = "quick", "slow"
CURVES = (
    Curve(QUICK, (Sample(0.5, 1, 0.5, None), Sample(1.25, 3, 0.02, None), Sample(2.0, 7, 0.0004, 0.0005), Sample(3.0, 9, 0.0009, 0.001)),
          "time"),
    Curve(SLOW, (Sample(1.0, 4, 0.2, None), Sample(120.0, 8, 0.1, None)), "stagnation"))


def test_the_table_has_the_time_at_which_each_power_of_ten_is_first_passed() -> None:
    assert summary(CURVES) == (
        "trainer        1e-1   1e-2   1e-3  final error  estimated error  steps  seconds    ended by\n"
        "quick         1.2 s  2.0 s  2.0 s     9.00e-04         1.00e-03      9      3.0        time\n"
        "slow     2 min 00 s      -      -     1.00e-01                -      8    120.0  stagnation")


def test_the_powers_reach_as_far_as_the_best_of_the_curves() -> None:
    assert list(decades(CURVES)) == [1, 2, 3]
    assert list(decades([*CURVES, Curve("third", (Sample(1.0, 1, 3e-6, None),), "time")])) == [1, 2, 3, 4, 5]
    assert list(decades([Curve("exact", (Sample(1.0, 1, 0.0, None),), "time")])) == list(range(1, 17))


def test_the_file_holds_every_sample(tmp_path: Path) -> None:
    with write_csv(CURVES, tmp_path / "bench.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    samples = [(one.trainer, sample) for one in CURVES for sample in one.samples]
    assert len(rows) == len(samples)
    for row, (name, sample) in zip(rows, samples):
        found = row["trainer"], float(row["seconds"]), int(row["step"]), float(row["error"])
        assert found == (name, sample.seconds, sample.steps, sample.error)
        assert row["estimated_error"] == ("" if sample.estimate is None else f"{sample.estimate:.6e}")


def test_the_picture_shows_every_curve_and_its_estimates() -> None:
    figure = Figure()
    _draw_curves(figure, CURVES, "relative L2 error")
    (axes,) = figure.axes
    errors, estimates = axes.lines[0::2], axes.lines[1::2]
    assert [line.get_label() for line in errors] == [QUICK, SLOW]
    assert errors[0].get_xydata().tolist() == [[0.5, 0.5], [1.25, 0.02], [2.0, 0.0004], [3.0, 0.0009]]
    assert estimates[0].get_xydata().tolist() == [[2.0, 0.0005], [3.0, 0.001]] and len(estimates[1].get_xydata()) == 0
    assert axes.get_xscale() == axes.get_yscale() == "log"


def test_measuring_does_not_count_as_time() -> None:
    best = nothing(prepare(bar()))
    began = time.monotonic()
    limits = Limits(Settings(), began)
    recorder = Recorder(lambda best: time.sleep(0.15) or 0.5, limits)
    for _ in range(3):
        recorder.look(best, 1, at_last=True)
    assert time.monotonic() - began > 0.45
    assert limits.elapsed < time.monotonic() - began - 0.4
    assert all(sample.seconds < 0.3 for sample in recorder.samples)


def test_what_is_not_new_or_too_soon_is_not_measured_again() -> None:
    limits = Limits(Settings(), time.monotonic() - 100)
    recorder = Recorder(lambda best: 1.0, limits)
    first, second = (nothing(prepare(bar())) for _ in range(2))
    recorder.look(first, 1)
    recorder.look(first, 2)
    recorder.look(second, 3)
    assert [sample.steps for sample in recorder.samples] == [1]
    limits.began -= 4
    recorder.look(first, 4)
    recorder.look(second, 5)
    recorder.look(second, 6, at_last=True)
    assert [sample.steps for sample in recorder.samples] == [1, 5, 6]


def test_the_true_error_is_the_one_that_the_report_has() -> None:
    solution = solve(decay(), steps=2, trainer="lbfgs")
    measure = true_error(solution.collocation)
    assert measure(Candidate(solution.ansatz, solution.theta, 0.0)) == pytest.approx(solution.verdict.errors["u"], rel=1e-12)
    assert measure(nothing(solution.collocation)) == pytest.approx(1.0, rel=1e-12)


def test_without_an_exact_solution_the_residual_on_points_of_its_own_is_compared() -> None:
    declared = decay()
    problem = Problem(declared.fields, declared.conditions)
    collocation = prepare(problem, steps=6, trainer="lbfgs")
    measure = measure_of(collocation)
    assert measure(nothing(collocation)) == pytest.approx(1.0, rel=1e-12)
    samples = curve(collocation, measure).samples
    assert samples[-1].error < 0.05 < 0.1 < samples[0].error
    best = Candidate(*glorot_start(collocation), 0.0)
    other = fresh_residual(prepare(problem, seed=7))
    assert measure(best) != other(best) == pytest.approx(measure(best), rel=0.1)


def test_an_interrupt_ends_the_race_with_what_there_is() -> None:
    asked: list[Candidate] = []

    def measure(best: Candidate) -> float:
        asked.append(best)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return 1.0 / len(asked)

    runs = [prepare(decay(), steps=3, trainer=name) for name in ("lbfgs", "ssbroyden", "adam")]
    curves = race(runs, measure, quiet=True)
    assert [(one.trainer, one.ended) for one in curves] == [("lbfgs", "steps"), ("ssbroyden", "interrupted")]
    assert all(one.samples for one in curves)

    def stop(best: Candidate) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        race(runs, stop, quiet=True)


def test_bench_prints_a_table_and_writes_a_file_and_a_picture(capsys, bar_file: Path) -> None:
    out = bar_file.parent / "out"
    words = ["bench", str(bar_file), "--out", str(out), "--trainers", "lbfgs, automatic", "--steps", "3", "--seed", "2"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("trainer ") and "final error" in line)
    assert lines[start - 1] == "relative L2 error: first passed after"
    assert [line.split()[0] for line in lines[start + 1:start + 3]] == ["lbfgs", "automatic"]
    assert [line for line in lines if line.startswith("trainer ")][:2] == ["trainer lbfgs", "trainer automatic"]
    assert sorted(path.name for path in (out / "bar").iterdir()) == ["bench.csv", "bench.png"]
    seconds = np.loadtxt(out / "bar" / "bench.csv", delimiter=",", skiprows=1, usecols=1)
    assert (seconds > 0).all()
    assert main([*words, "--quiet"]) == 0
    assert "step" not in capsys.readouterr().out.split("first passed")[0]


def test_a_residual_is_called_a_residual_where_nothing_exact_is_known(capsys, bar_file: Path) -> None:
    bar_file.write_text(bar_file.read_text(encoding="utf-8") + "\nproblem = Problem(problem.fields, problem.conditions)\n", encoding="utf-8")
    assert main(["bench", str(bar_file), "--out", str(bar_file.parent), "--trainers", "lbfgs", "--steps", "1", "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "residual on fresh points" in printed and "final residual  estimated error" in printed and "final error" not in printed
    header = (bar_file.parent / "bar" / "bench.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "trainer,seconds,step,residual,estimated_error"
