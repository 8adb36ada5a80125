"""The baselines: a network at the usual start, trained on the original loss in the same loop as the default trainer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest
import torch
from compute_problems import SMALL, bar, collocation, conductivity, decay, oscillator
from torch import Tensor

from pinnaux.ansatz import Trained
from pinnaux.jets.inputs import Embedding
from pinnaux.network import Network, glorot
from pinnaux.objective import Objective, balanced_weights
from pinnaux.problem import Problem
from pinnaux.settings import TRAINERS
from pinnaux.trainers import choice
from pinnaux.trainers.state import NumericalFailure, Report, Unlimited
from pinnaux.trainers.first_order import Adam
from pinnaux.trainers.plain import Plain, State, glorot_start
from pinnaux.trainers.quasi_newton import LBFGS

BASELINES = ("adam", "lbfgs", "adam+lbfgs", "ssbroyden")
QUICK = {**SMALL, "iterations_a_step": 10, "moved_every": 20, "accuracy": 1e-300}


@dataclass(frozen=True)
class Waning:
    """Time for what is asked about up to `times`."""

    times: float = math.inf
    hurry: bool = False

    def affords(self, stage: str, times: float) -> bool:
        return times <= self.times


def trainer_of(name: str, problem: Problem, **settings: object) -> Plain:
    return choice.trainer(collocation(problem, **{**QUICK, "trainer": name, **settings}))


def run(trainer: Plain, steps: int, state: State | None = None) -> list[tuple[State, Report]]:
    """The first steps, until it has finished."""
    done = [(trainer.init() if state is None else state, Report("init"))]
    with torch.no_grad():
        while len(done) <= steps and done[-1][0].finished is None:
            done.append(trainer.step(done[-1][0], Unlimited()))
    return done[1:]


def size(state: State) -> float:
    """The unweighted residual on the points held out."""
    return math.hypot(*state.judge.residuals(state.best.ansatz, state.best.theta).values())


def test_every_name_has_its_trainer() -> None:
    assert tuple(choice.TRAINERS) == TRAINERS


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("problem", [decay, oscillator, conductivity], ids=lambda problem: problem.__name__)
def test_each_lowers_the_residual_on_points_held_out(name: str, problem) -> None:
    rate = 1e-2  # for a few iterations
    done = run(trainer_of(name, problem(), learning_rate=rate), 12)
    assert [report.stage for _, report in done[:2]] == ["start", "start"]
    stage = {"lbfgs": "l-bfgs", "adam+lbfgs": "adam"}.get(name, name)
    assert {report.stage for _, report in done[2:]} == {stage}
    # For 100 iterations: Adam gains a little, the others much.
    assert size(done[-1][0]) < (0.6 if "adam" in name else 0.05) * size(done[1][0])
    assert done[-1][0].total == 100


@pytest.mark.parametrize("name", BASELINES)
def test_a_step_depends_on_the_state_alone(name: str) -> None:
    done = run(trainer_of(name, decay(), first_estimate=60, opening_iterations=30), 10)
    assert "estimate" in {report.stage for _, report in done}
    for position in range(len(done) - 1):
        with torch.no_grad():
            again, report = trainer_of(name, decay(), first_estimate=60, opening_iterations=30).step(done[position][0], Unlimited())
        expected = done[position + 1][0]
        assert report == done[position + 1][1]
        for one, other in ((again.best, expected.best), (again.iterate, expected.iterate)):
            assert (one is None) == (other is None)
            assert one is None or torch.equal(one.theta, other.theta)


def test_conditions_are_balanced_and_points_move_when_the_iterations_double_and_every_so_many() -> None:
    states = [state for state, _ in run(trainer_of("lbfgs", decay(), moved_every=30), 12)[1:]]
    objectives = [state.objective for state in states]
    moves = [state.total for state, following in zip(states, states[1:]) if state.objective is not following.objective]
    assert moves == [10, 20, 40, 70] and states[-1].total == 100
    start = states[0]
    unweighted = Objective.unweighted(start.objective.ansatz, start.objective.blocks)
    for weight, expected in zip(start.objective.weights, balanced_weights(unweighted, start.best.theta)):
        assert torch.equal(weight, expected)
    before, after = (objective.blocks[0].surroundings.points for objective in (objectives[0], objectives[-1]))
    assert before.shape == after.shape and not torch.isin(before, after).any()


def test_the_best_solution_is_never_given_up_for_a_worse_one() -> None:
    scores = [state.best.score for state, _ in run(trainer_of("adam", decay(), learning_rate=0.3), 20)[1:]]
    assert all(after <= before for before, after in zip(scores, scores[1:]))


def test_the_losses_reported_are_the_summands_of_the_loss() -> None:
    state, report = run(trainer_of("ssbroyden", oscillator()), 5)[-1]
    assert report.losses.keys() == {"motion a", "motion b", "start[0]", "start[1]"} == report.residuals.keys()
    assert sum(report.losses.values()) == pytest.approx(state.iterate.loss, rel=1e-10)


def test_the_estimate_is_that_of_the_trained_network_and_no_correction_is_kept() -> None:
    trainer = trainer_of("lbfgs", decay(), first_estimate=60)
    done = run(trainer, 20)
    state = next(state for state, report in done if report.stage == "estimate")
    assert all(isinstance(branch, Trained) for group in state.best.ansatz.groups for branch in group.branches)
    times = torch.linspace(0, 1, 101, dtype=torch.float64)[:, None]
    block = state.objective.blocks[0]
    found = state.best.ansatz.groups[0].push(state.best.theta, times, block.specs[0])[0][0, :, 0]
    exact = 1 / (1 + times[:, 0])
    true = ((found - exact).norm() / exact.norm()).item()
    assert true / 2 < state.best.estimate["u"] < 2 * true and state.best.reliable
    assert state.next_estimate == 180 and state.finished is None


def test_a_run_ends_when_the_estimate_is_below_the_accuracy_asked_for() -> None:
    state, report = run(trainer_of("lbfgs", decay(), first_estimate=60, accuracy=0.1), 30)[-1]
    assert (state.finished, report.stage) == ("accuracy", "estimate") and state.best.error < 0.1


@pytest.mark.parametrize("last", [Waning(hurry=True), Waning(times=1.0)], ids=["in a hurry", "no time for more"])
def test_the_last_thing_of_all_is_an_estimate(last: Waning) -> None:
    trainer = trainer_of("lbfgs", decay())
    state = run(trainer, 4)[-1][0]
    if last.hurry:
        state = replace(state, estimates=1)
    with torch.no_grad():
        state, report = trainer.step(state, last)
    assert (report.stage, state.finished) == ("estimate", "time") and state.best.estimate.keys() == {"u"}


@dataclass(frozen=True)
class Lost:
    """A minimiser that never finds a way down."""

    name: str = "lost"

    def begin(self, theta: Tensor) -> Lost.At:
        return Lost.At(theta)

    def step(self, objective: Objective, state: Lost.At) -> Lost.At:
        return replace(state, stuck=True)

    def moved(self, state: Lost.At) -> Lost.At:
        return replace(state, stuck=False)

    @dataclass(frozen=True, eq=False)
    class At:
        theta: Tensor
        stuck: bool = False
        loss: float = 1.0


def test_a_minimiser_that_finds_no_way_down_on_any_points_ends_in_stagnation() -> None:
    trainer = Plain(collocation(decay(), **QUICK), (Lost(),))
    done = run(trainer, 20)
    objectives = {id(state.objective) for state, _ in done if state.objective}
    assert done[-1][0].finished == "stagnation" and done[-1][1].stage == "estimate" and len(objectives) == 3


@pytest.mark.parametrize("why, settings, budget", [
    ("its iterations", {"opening_iterations": 20}, Waning()), ("a plateau", {"plateau": 20, "progress": 1e-9}, Waning()),
    ("its share of the time", {"opening_share": 0.25}, Waning(times=10.5)),
], ids=lambda value: value if isinstance(value, str) else "")
def test_lbfgs_goes_on_from_the_best_of_adam_after(why: str, settings: dict[str, object], budget: Waning) -> None:
    trainer = trainer_of("adam+lbfgs", decay(), **{"learning_rate": 0.05, "moved_every": 10, **settings})
    with torch.no_grad():
        state, stages, before = trainer.init(), [], None
        while "l-bfgs" not in stages and len(stages) < 12:
            before = state
            state, report = trainer.step(state, budget)
            stages.append(report.stage)
    # A quarter of the time is over after 4 steps where 10.5 more are left.
    assert stages.count("adam") == {"its iterations": 2, "a plateau": 3, "its share of the time": 4}[why]
    assert state.best.score < before.best.score and state.phase == 1 and state.iterations == 10


def test_a_minimiser_that_is_stuck_hands_over_to_the_next() -> None:
    trainer = Plain(collocation(decay(), **QUICK), (Lost(), LBFGS()))
    assert [report.stage for _, report in run(trainer, 5)] == ["start", "start", "lost", "l-bfgs", "l-bfgs"]


def test_adam_that_diverges_is_a_failure_that_names_the_condition() -> None:
    trainer = Plain(collocation(decay(), **QUICK), (Adam(rate=1e200),))
    with pytest.raises(NumericalFailure, match="the residual of condition '(decay|start)' is"):
        run(trainer, 6)


def test_the_usual_start_has_glorots_variance_and_no_biases() -> None:
    network = Network.dense(Embedding((0.0,) * 2, (1.0,) * 2, (0.0,) * 2), (300, 200), 1, "tanh")
    parameters = glorot(network, torch.Generator().manual_seed(3))
    for layer, own in zip(network.layers, network.split(parameters)):
        if layer.size:
            weights, bias = layer.split(own)
            expected = torch.empty_like(weights)
            torch.nn.init.xavier_uniform_(expected, generator=torch.Generator().manual_seed(4))
            assert weights.std().item() == pytest.approx(expected.std().item(), rel=0.1)
            assert weights.abs().max().item() == pytest.approx(expected.abs().max().item(), rel=0.02)
            assert not bias.any()


def test_another_seed_starts_elsewhere_and_numbers_start_where_the_problem_says() -> None:
    ansatz, theta = glorot_start(collocation(conductivity(), **SMALL))
    _, again = glorot_start(collocation(conductivity(), **SMALL))
    _, other = glorot_start(collocation(conductivity(), **SMALL, seed=1))
    assert torch.equal(theta, again) and not torch.equal(theta, other)
    assert theta[-1] == other[-1] != 0 and ansatz.numbers == 1


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("device, dtype", [
    ("cpu", torch.float32), pytest.param("cuda", torch.float64, marks=pytest.mark.cuda),
    pytest.param("cuda", torch.float32, marks=pytest.mark.cuda)])
def test_each_trains_in_the_precision_and_on_the_device_of_its_collocation(name: str, device: str, dtype: torch.dtype) -> None:
    points = replace(collocation(decay(), **{**QUICK, "trainer": name, "first_estimate": 60}), device=torch.device(device), dtype=dtype)
    done = run(choice.trainer(points), 12)
    state = done[-1][0]
    assert (state.best.theta.dtype, state.best.theta.device.type) == (dtype, device)
    assert size(state) < size(done[1][0]) and "estimate" in {report.stage for _, report in done}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lbfgs", "adam+lbfgs", "ssbroyden"])
def test_a_smooth_problem_is_solved_to_three_digits(name: str) -> None:
    trainer = trainer_of(name, bar(), iterations_a_step=50, moved_every=500, opening_iterations=200, first_estimate=800)
    state = next(state for state, report in run(trainer, 20) if report.stage == "estimate")
    assert state.best.reliable and state.best.error < 1e-3
