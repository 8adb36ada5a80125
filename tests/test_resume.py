"""Going on with a run: N steps and N more, with a file between them, are the 2N steps of one run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from compute_problems import bar, collocation, oscillator, reaction

import pinnaux
from pinnaux import Condition, Eigenvalue, Field, Interval, Problem, laplacian, tanh
from pinnaux.cli import main
from pinnaux.errors import UsageError
from pinnaux.problem import Problem as Declared
from pinnaux.resumption import archived, restored
from pinnaux.settings import TRAINERS
from pinnaux.solution import Solution
from pinnaux.trainers.automatic import Automatic

QUICK = ("adam", "gauss-newton")
FILE = """from pinnaux import *
domain = Interval(0, 1)
u, (x,) = Field("u", domain), domain.coordinates
problem = Problem([u], [Condition("balance", -diff(u, x, x) + u**3 == exp(x), on=domain), Condition("ends", u == 0, on=domain.boundary)])
"""


def again(solution: Solution, problem: Declared, folder: Path) -> Solution:
    """The solution as another process would find it."""
    solution.save(folder / "solution.pt")
    return Solution.load(folder / "solution.pt", problem)


@pytest.mark.parametrize(("problem", "trainer", "steps"), [
    (reaction(), "automatic", 2), (reaction(), "automatic", 4), (oscillator(), "automatic", 5), *((bar(), name, 3) for name in QUICK),
    *(pytest.param(bar(), name, 3, marks=pytest.mark.slow) for name in TRAINERS[1:] if name not in QUICK)])
def test_steps_may_be_done_in_two_runs(problem: Declared, trainer: str, steps: int, tmp_path: Path) -> None:
    whole = pinnaux.solve(problem, trainer=trainer, steps=2 * steps, accuracy=1e-14)
    half = pinnaux.solve(problem, trainer=trainer, steps=steps, accuracy=1e-14)
    found = pinnaux.resume(again(half, problem, tmp_path), steps=steps)
    assert found.verdict.steps == whole.verdict.steps
    np.testing.assert_allclose(found.theta.numpy(), whole.theta.numpy(), rtol=1e-12, atol=0)
    for name, condition in whole.verdict.conditions.items():
        assert found.verdict.conditions[name].rms == pytest.approx(condition.rms, rel=1e-6)


def test_layers_go_on_on_the_same_points_with_the_same_damping() -> None:
    points = collocation(reaction(), pilot_features=20, feature_trials=(("tanh", 2.0),), feature_sizes=(), hidden_widths=(6, 6), accuracy=1e-14)
    trainer = Automatic(points)
    with torch.no_grad():
        state = trainer.init()
        while state.descent is None or state.descent.steps < 6:
            state, _ = trainer.step(state)
        other = restored(archived(state), points)
        for _ in range(20):
            state, other = trainer.step(state)[0], trainer.step(other)[0]
    assert state.descent.damping == other.descent.damping and state.descent.loss == other.descent.loss
    assert torch.equal(state.descent.theta, other.descent.theta)


def test_what_is_the_same_solution_before_is_the_same_after() -> None:
    points = collocation(bar())
    trainer = Automatic(points)
    with torch.no_grad():
        state = trainer.init()
        for _ in range(3):
            state, _ = trainer.step(state)
    other = restored(archived(replace(state, pilot=state.corrected)), points)
    assert other.pilot is other.corrected


@pytest.mark.slow
def test_a_finished_run_goes_on_for_more_accuracy(tmp_path: Path) -> None:
    domain = Interval(-1, 1)
    u, (x,) = Field("u", domain), domain.coordinates
    front = tanh(30 * x)
    problem = Problem([u], [Condition("balance", laplacian(u) == laplacian(front), on=domain), Condition("ends", u == front, on=domain.boundary)],
                      exact={"u": front})
    rough = pinnaux.solve(problem, accuracy=0.1)
    assert rough.verdict.status == "accuracy"
    fine = pinnaux.resume(again(rough, problem, tmp_path), accuracy=1e-9)
    assert fine.verdict.status == "accuracy" and fine.verdict.steps > rough.verdict.steps
    assert fine.errors()["u"] < 1e-9
    assert pinnaux.resume(fine, accuracy=1e-3) is fine


def test_what_cannot_go_on_says_so(tmp_path: Path) -> None:
    domain = Interval(0, 1)
    u, lam = Field("u", domain), Eigenvalue("lam")
    tones = Problem([u], [Condition("tone", -laplacian(u) == lam * u, on=domain), Condition("ends", u == 0, on=domain.boundary)])
    modes = pinnaux.solve(tones, steps=2)
    for solution in (modes, again(modes, tones, tmp_path)):
        with pytest.raises(UsageError, match="nothing is kept of the run of this solution to go on from"):
            pinnaux.resume(solution)
    with pytest.raises(UsageError, match="steps must be a whole number"):
        pinnaux.resume(pinnaux.solve(bar(), steps=2), steps=0)


def test_the_command_line_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cube.py").write_text(FILE, encoding="utf-8")
    assert main(["solve", "cube.py", "--resume"]) == 1
    assert "there is no saved solution" in capsys.readouterr().err
    assert main(["solve", "cube.py", "--steps", "2", "--quiet"]) == 2
    assert main(["solve", "cube.py", "--resume", "--seed", "3"]) == 1
    assert "--seed cannot be changed by a run that goes on" in capsys.readouterr().err
    assert main(["solve", "cube.py", "--resume", "--quiet"]) == 0
    assert "accuracy reached" in capsys.readouterr().out
