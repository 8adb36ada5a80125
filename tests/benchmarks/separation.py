"""The experiment of arXiv:2504.21501 on this machine: separated layers against gradients of the original loss, deep networks.

    python tests/benchmarks/separation.py [--problems regression,transport,reaction] [--depths 2,6,12] [--widths 20] [--seeds 2]
        [--seconds 10] [--starts glorot,spread] [--methods …] [--activation tanh] [--curves]

Least-squares regression and two first-order linear equations, on fixed points that are the same for all methods. Every method
starts from the same parameters: the usual ones (Glorot), or layers spread one after another with the output layer solved for.
Seconds are processor time of one thread, so that a busy machine does not matter. Prints one table in Markdown, writes nothing.
`--curves` prints the original loss and (L + 1) Φ as training goes on.
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.optimize import line_search
from torch import Tensor

from pinnaux import Condition, Field, Interval, Problem, TimeInterval, diff, exp, pi, sin
from pinnaux.collocation import Collocation
from pinnaux.jets.layers import Linear
from pinnaux.objective import Objective
from pinnaux.plan import Plan
from pinnaux.self_adaptive import NormProducts
from pinnaux.settings import Settings
from pinnaux.solution import Solution
from pinnaux.trainers.alternating import Alternating
from pinnaux.trainers.auxiliary import AuxiliaryState
from pinnaux.trainers.state import Unlimited
from pinnaux.trainers.eliminated import Eliminated
from pinnaux.trainers.first_order import adam
from pinnaux.trainers.gauss_newton import GaussNewton
from pinnaux.trainers.joint import Joint
from pinnaux.verdict import Verdict

EQUAL_STEPS = 100
NEVER = 10**9


def regression() -> Problem:
    """u = f on an interval, six periods under a bell and a slope."""
    domain = Interval(-3, 3)
    u, (x,) = Field("u", domain), domain.coordinates
    wanted = sin(3 * x) * exp(-(x**2) / 4) + 0.3 * x
    return Problem([u], [Condition("fit", u == wanted, on=domain)], exact={"u": wanted})


def transport() -> Problem:
    """u_t + 2 u_x = 0 with a sine that moves through the domain twice."""
    domain = Interval(0, 1) * TimeInterval(0, 1)
    u, (x, t) = Field("u", domain), domain.coordinates
    exact = sin(2 * pi * (x - 2 * t))
    return Problem([u], [Condition("move", diff(u, t) + 2 * diff(u, x) == 0, on=domain),
                         Condition("start", u == sin(2 * pi * x), on=domain.initial),
                         Condition("inflow", u == exact, on=domain.boundary["left"])], exact={"u": exact})


def reaction() -> Problem:
    """u' + 2u = 2 sin 4x + 4 cos 4x, u(0) = 1: steady advection with a reaction, u = sin 4x + e^(−2x)."""
    domain = Interval(0, 3)
    u, (x,) = Field("u", domain), domain.coordinates
    exact = sin(4 * x) + exp(-2 * x)
    return Problem([u], [Condition("balance", diff(u, x) + 2 * u == 2 * sin(4 * x) + 4 * sin(4 * x + pi / 2), on=domain),
                         Condition("inflow", u == exact, on=domain.boundary["left"])], exact={"u": exact})


PROBLEMS = {"regression": regression, "transport": transport, "reaction": reaction}


SEPARATED = {
    "joint Adam": Joint, "joint descent": lambda points: Joint(points, rate=None),
    "sweeps alone": lambda points: Alternating(points, weighting=NormProducts(), longest=1.0, momenta=()),
    "alternating (norm)": lambda points: Alternating(points, weighting=NormProducts()), "alternating": Alternating,
    "eliminated Adam": Eliminated, "Gauss–Newton": GaussNewton,
    "Gauss–Newton (norm)": lambda points: GaussNewton(points, weighting=NormProducts())}


def gradient_descent(objective: Objective, theta: Tensor) -> Iterator[Tensor]:
    """Armijo's rule on the original loss."""
    length = 1.0
    while True:
        before, slope = objective.gradient(theta)
        length *= 2
        while objective.residual(theta - length * slope).square().sum() > before - 1e-4 * length * slope.square().sum() and length > 1e-30:
            length /= 2
        theta = theta - length * slope
        yield theta


def plain_adam(objective: Objective, theta: Tensor) -> Iterator[Tensor]:
    """Rate 1e-3."""
    memory, step = (torch.zeros_like(theta), torch.zeros_like(theta)), 0
    while True:
        step += 1
        direction, memory = adam(objective.gradient(theta)[1], memory, step)
        theta = theta - 1e-3 * direction
        yield theta


def lbfgs(objective: Objective, theta: Tensor, pairs: int = 50) -> Iterator[Tensor]:
    """Two-loop recursion over the last pairs, SciPy's strong Wolfe search; memory is emptied where that finds no step.

    (torch's, one iteration a call, stood still on these problems after 20 iterations where this and SciPy's own went on.)
    """
    known, steps, changes = {}, deque(maxlen=pairs), deque(maxlen=pairs)

    def both(x: np.ndarray) -> tuple[float, np.ndarray]:
        if x.tobytes() not in known:
            loss, slope = objective.gradient(torch.from_numpy(x))
            known.clear()
            known[x.tobytes()] = (loss.item(), slope.numpy())
        return known[x.tobytes()]

    x, before = theta.numpy(), None
    while True:
        loss, slope = both(x)
        direction = -two_loops(slope, list(zip(steps, changes)))
        length = line_search(lambda y: both(y)[0], lambda y: both(y)[1], x, direction, slope, loss, before, maxiter=25)[0]
        if length is None:
            steps.clear()
            changes.clear()
            length, direction = 1e-3 / np.linalg.norm(slope), -slope
        following = x + length * direction
        change = both(following)[1] - slope
        if change @ direction > 0:
            steps.append(following - x)
            changes.append(change)
        x, before = following, loss
        yield torch.from_numpy(x)


def two_loops(slope: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """H · slope for the inverse Hessian H that the pairs (step, change of the gradient) tell."""
    rest, shares = slope.copy(), []
    for step, change in reversed(pairs):
        shares.append((step @ rest) / (step @ change))
        rest -= shares[-1] * change
    if pairs:
        rest *= (pairs[-1][0] @ pairs[-1][1]) / (pairs[-1][1] @ pairs[-1][1])
    for (step, change), share in zip(pairs, reversed(shares)):
        rest += (share - (change @ rest) / (step @ change)) * step
    return rest


ORIGINAL = {"gradient descent": gradient_descent, "Adam": plain_adam, "L-BFGS": lbfgs}


@dataclass(frozen=True)
class Outcome:
    """Losses at the start, after EQUAL_STEPS and after the time; the true error; steps; consistency: checks, failures, tightest."""

    first: float
    equal: float
    last: float
    error: float
    steps: int
    checks: int = 0
    failures: int = 0
    tightest: float = 0.0


@dataclass(frozen=True)
class Setting:
    """One cell of the experiment."""

    problem: str
    start: str
    depth: int
    width: int
    activation: str
    seed: int
    points: int

    def collocation(self) -> Collocation:
        settings = Settings(hidden_widths=(self.width,) * self.depth, activation=self.activation, seed=self.seed, accuracy=1e-300,
                            fewest_points=self.points, points_per_unknown=1e-9, starts=((1.0, False),))
        return Collocation(Plan.of(PROBLEMS[self.problem](), settings), torch.float64, torch.device("cpu"), corners=False)


def begin(trainer: Joint, setting: Setting) -> AuxiliaryState:
    """The start of all methods."""
    state, _ = trainer.step(trainer.init(), Unlimited())
    if setting.start == "spread":
        return state
    generator, parts = torch.Generator().manual_seed(setting.seed), []
    for layer in state.ansatz.groups[0].branches[0].network.layers:
        if isinstance(layer, Linear):
            bound = math.sqrt(6 / (layer.inputs + layer.outputs))
            weights = bound * (2 * torch.rand(layer.inputs * layer.outputs, generator=generator, dtype=torch.float64) - 1)
            parts += [weights, torch.zeros(layer.outputs, dtype=torch.float64)]
    blocks = trainer.run.separated(state).objective.blocks
    return trainer.run.on(replace(state, theta=torch.cat(parts)), blocks)


def measured(setting: Setting, method: str, seconds: float, curves: bool) -> Outcome:
    """One run on one start."""
    points = setting.collocation()
    make = SEPARATED.get(method, Joint)
    trainer = replace(make(points), refresh_every=NEVER)
    state = begin(trainer, setting)
    state = replace(state, rate=trainer.init().rate)
    objective = trainer.run.separated(state).objective

    def loss(theta: Tensor) -> float:
        return objective.residual(theta).square().sum().item()

    first, theta, equal, steps, found = loss(state.theta), state.theta, None, 0, []
    thetas = ORIGINAL[method](objective, theta) if method in ORIGINAL else None
    began = time.process_time()
    while time.process_time() - began < seconds and not state.finished:
        steps += 1
        if thetas:
            theta = next(thetas)
        else:
            state, report = trainer.step(state, Unlimited())
            theta = state.theta
            if report.consistency:
                found.append(report.consistency)
                if curves:
                    print(f"{setting.problem}, {method}, depth {setting.depth}, step {steps}: {report.consistency}")
        if steps == EQUAL_STEPS:
            equal = loss(theta)
    error = Solution(points.plan.problem, points, state.ansatz, theta, Verdict("time", "", 1.0)).errors()["u"]
    ratios = [one.loss / max(one.constant * one.objective, 1e-300) for one in found]
    return Outcome(first, loss(theta) if equal is None else equal, loss(theta), error, steps, len(found),
                   sum(not one.holds for one in found), max(ratios, default=0.0))


def row(setting: Setting, method: str, outcomes: list[Outcome]) -> str:
    """Medians over the seeds."""
    def middle(name: str) -> float:
        return statistics.median(getattr(one, name) for one in outcomes)

    checks, failures = sum(one.checks for one in outcomes), sum(one.failures for one in outcomes)
    held = f"{checks - failures}/{checks}, {max(one.tightest for one in outcomes):.2g}" if checks else "–"
    return (f"| {setting.problem} | {setting.start} | {setting.depth} × {setting.width} | {method} | {middle('first'):.0e} | "
            f"{middle('equal'):.1e} | "
            f"{middle('last'):.1e} | {middle('error'):.1e} | {middle('steps'):.0f} | {held} |")


def listed(kind: Callable[[str], object]) -> Callable[[str], list]:
    return lambda text: [kind(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--problems", type=listed(str), default=list(PROBLEMS))
    parser.add_argument("--depths", type=listed(int), default=[2, 6, 12])
    parser.add_argument("--widths", type=listed(int), default=[20])
    parser.add_argument("--starts", type=listed(str), default=["glorot", "spread"])
    parser.add_argument("--methods", type=listed(str), default=[*ORIGINAL, *SEPARATED])
    parser.add_argument("--activation", default="tanh")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--points", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--curves", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")         # SciPy's line search warns where it finds no step, which is dealt with
    print(f"{options.activation}, {options.points} points, {options.seconds:g} s of one thread, {options.seeds} seeds (medians), float64\n")
    columns = ("problem", "start", "layers", "method", "loss at start", f"after {EQUAL_STEPS} steps", "after the time", "true error", "steps",
               "checks held, tightest")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    cells = itertools.product(options.problems, options.starts, options.depths, options.widths, options.methods)
    with torch.no_grad():
        for problem, start, depth, width, method in cells:
            settings = [Setting(problem, start, depth, width, options.activation, seed, options.points) for seed in range(options.seeds)]
            outcomes = [measured(one, method, options.seconds, options.curves) for one in settings]
            print(row(settings[0], method, outcomes), flush=True)


if __name__ == "__main__":
    main()
