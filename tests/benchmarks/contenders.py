"""One run of one contender of side_by_side.py, in a process of its own: prints the error over time, a line "seconds,error" a sample.

    python tests/benchmarks/contenders.py deepxde-float32 burgers --seed 0 --budget 60 [--quick]

The clock starts with the process, or at the moment `--started` (imports count), and stands still while the error is measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

STARTED = time.time()
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

Array = NDArray[np.float64]
CLOSEST = 1.03
QUICK_ADAM, QUICK_LBFGS, QUICK_STEPS = 60, 20, 4
LBFGS_CHUNK = 100
"""Iterations of L-BFGS between two samples."""


@dataclass(frozen=True)
class Recipe:
    """What DeepXDE's own example of a problem (examples/pinn_forward of version 1.15) says: network, points, iterations of Adam at 1e-3.

    `hard` conditions are a factor of the trial solution, as in its Helmholtz example, which also takes ten points for a wavelength.
    """

    widths: tuple[int, ...]
    activation: str
    start: str
    interior: int
    boundary: int
    initial: int
    adam: int
    lbfgs: bool
    hard: bool = False


RECIPES = {
    "burgers": Recipe((20,) * 3, "tanh", "Glorot normal", 2540, 80, 160, 15_000, True),
    "poisson_lshape": Recipe((50,) * 4, "tanh", "Glorot uniform", 1200, 120, 0, 50_000, True),
    "helmholtz": Recipe((150,) * 3, "sin", "Glorot uniform", 1600, 160, 0, 5_000, False, hard=True),
}
VISCOSITY = 0.01 / np.pi
LSHAPE = [[0, 0], [1, 0], [1, -1], [-1, -1], [-1, 1], [0, 1]]
HELMHOLTZ = 1 - 17 * np.pi**2


def reference(problem: str) -> tuple[Array, Array]:
    """Points (N, 2) and the solution (N,) there: Cole–Hopf quadrature, a harmonic series, the exact formula."""
    import references
    from pinnaux.load import load

    if problem == "burgers":
        return references.burgers_on_grid()
    domain = load(ROOT / "problems" / f"{problem}.py").domain
    if problem == "poisson_lshape":
        return references.sampled(domain, references.lshape, 10_000, 2026)
    return references.sampled(domain, lambda points: np.sin(np.pi * points[:, 0]) * np.sin(4 * np.pi * points[:, 1]), 10_000, 2026)


class Clock:
    """Prints a sample now and then; what that takes is not counted: `off` is the moment at which the counted time would have begun."""

    def __init__(self, problem: str, budget: float, started: float) -> None:
        self.off = started
        began = time.time()
        self.points, self._exact = reference(problem)
        self.off += time.time() - began
        self._budget = budget
        self._next = 0.0

    @property
    def seconds(self) -> float:
        return time.time() - self.off

    @property
    def over(self) -> bool:
        return self.seconds > self._budget

    def look(self, predict: Callable[[Array], Array], at_last: bool = False) -> None:
        """Sample if the time is 3 % later than the last sample's."""
        seconds = self.seconds
        if seconds < self._next and not at_last:
            return
        began = time.time()
        print(f"{seconds:.3f},{self.error(predict(self.points)):.6e}", flush=True)
        self._next = CLOSEST * seconds
        self.off += time.time() - began

    def error(self, found: Array) -> float:
        """Relative L2 error."""
        return float(np.linalg.norm(np.asarray(found, dtype=float).ravel() - self._exact) / np.linalg.norm(self._exact))


def pinnaux(problem: str, clock: Clock, options: argparse.Namespace) -> None:
    """`pinnaux solve` with its defaults and the accuracy asked for; of its solution so far the error is printed at the end."""
    from pinnaux.ansatz import Candidate
    from pinnaux.bench import curve
    from pinnaux.load import load
    from pinnaux.solution import Solution
    from pinnaux.solver import prepare
    from pinnaux.verdict import Verdict

    declared = load(ROOT / "problems" / f"{problem}.py")
    collocation = prepare(declared, accuracy=options.accuracy, time_limit=options.budget, seed=options.seed,
                          steps=QUICK_STEPS if options.quick else None)
    verdict = Verdict("steps", "", options.accuracy)

    def measure(best: Candidate) -> float:
        return clock.error(Solution(declared, collocation, best.ansatz, best.theta, verdict)(clock.points)["u"])

    for sample in curve(collocation, measure, began=time.monotonic() - clock.seconds).samples:
        print(f"{sample.seconds:.3f},{sample.error:.6e}", flush=True)


def deepxde(problem: str, clock: Clock, options: argparse.Namespace, precision: str) -> None:
    """DeepXDE's PyTorch backend with its own recipe for the problem."""
    os.environ["DDE_BACKEND"] = "pytorch"
    import deepxde as dde
    from deepxde.optimizers import LBFGS_options

    dde.config.set_default_float(precision)
    dde.config.set_random_seed(options.seed)
    recipe = RECIPES[problem]
    network = dde.nn.FNN([2, *recipe.widths, 1], recipe.activation, recipe.start)
    if recipe.hard:
        network.apply_output_transform(lambda x, y: (1 - x[:, :1] ** 2) * (1 - x[:, 1:] ** 2) * y)
    model = dde.Model(deepxde_data(problem, recipe, dde), network)

    class Watch(dde.callbacks.Callback):
        """Looks after every iteration, and ends the training when the budget is spent."""

        def on_epoch_end(self) -> None:
            clock.look(self.model.predict)
            self.model.stop_training = clock.over

    model.compile("adam", lr=1e-3)
    model.train(iterations=QUICK_ADAM if options.quick else recipe.adam, callbacks=[Watch()], display_every=10**9, verbose=0)
    if recipe.lbfgs and not clock.over:
        dde.optimizers.set_LBFGS_options(maxiter=QUICK_LBFGS if options.quick else 15_000)
        # Shorter calls of the same optimiser, so that its error is seen more often than every 1000 iterations.
        LBFGS_options["iter_per_step"] = min(LBFGS_CHUNK, LBFGS_options["maxiter"])
        LBFGS_options["fun_per_step"] = 5 * LBFGS_options["iter_per_step"] // 4
        model.compile("L-BFGS")
        model.train(callbacks=[Watch()], display_every=10**9, verbose=0)
    clock.look(model.predict, at_last=True)


def deepxde_data(problem: str, recipe: Recipe, dde: ModuleType) -> object:
    """Equation, conditions and points of a problem in DeepXDE's words."""
    def second(y: object, x: object, axis: int) -> object:
        return dde.grad.hessian(y, x, i=axis, j=axis)

    if problem == "burgers":
        space_time = dde.geometry.GeometryXTime(dde.geometry.Interval(-1, 1), dde.geometry.TimeDomain(0, 1))
        conditions = [dde.icbc.DirichletBC(space_time, lambda x: 0, lambda _, on_boundary: on_boundary),
                      dde.icbc.IC(space_time, lambda x: -np.sin(np.pi * x[:, :1]), lambda _, on_initial: on_initial)]

        def equation(x: object, y: object) -> object:
            return dde.grad.jacobian(y, x, i=0, j=1) + y * dde.grad.jacobian(y, x, i=0, j=0) - VISCOSITY * second(y, x, 0)

        return dde.data.TimePDE(space_time, equation, conditions, num_domain=recipe.interior, num_boundary=recipe.boundary,
                                num_initial=recipe.initial)
    if problem == "poisson_lshape":
        shape = cast_points(dde)(LSHAPE)
        walls = dde.icbc.DirichletBC(shape, lambda x: 0, lambda _, on_boundary: on_boundary)
        return dde.data.PDE(shape, lambda x, y: -second(y, x, 0) - second(y, x, 1) - 1, walls, num_domain=recipe.interior,
                            num_boundary=recipe.boundary)
    square = dde.geometry.Rectangle([-1, -1], [1, 1])
    waves = dde.backend.pytorch.sin

    def helmholtz(x: object, y: object) -> object:
        return second(y, x, 0) + second(y, x, 1) + y - HELMHOLTZ * waves(np.pi * x[:, :1]) * waves(4 * np.pi * x[:, 1:])

    return dde.data.PDE(square, helmholtz, [], num_domain=recipe.interior, num_boundary=recipe.boundary)


def cast_points(dde: ModuleType) -> type:
    """DeepXDE's Polygon with points in its default float: under NumPy 2 they come as float64, which a float32 network refuses."""
    class Polygon(dde.geometry.Polygon):
        def random_points(self, n: int, random: str = "pseudo") -> Array:
            return super().random_points(n, random).astype(dde.config.real(np))

        def random_boundary_points(self, n: int, random: str = "pseudo") -> Array:
            return super().random_boundary_points(n, random).astype(dde.config.real(np))

    return Polygon


def plain(problem: str, clock: Clock, options: argparse.Namespace) -> None:
    """The same recipe in a page of PyTorch, float64, L-BFGS after Adam always, and nested automatic differentiation."""
    import torch

    torch.manual_seed(options.seed)
    torch.set_default_dtype(torch.float64)
    recipe = RECIPES[problem]
    network = plain_network(recipe, torch)
    loss = plain_loss(problem, recipe, network, torch)

    def predict(points: Array) -> Array:
        with torch.no_grad():
            return network(torch.as_tensor(points)).numpy()

    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(QUICK_ADAM if options.quick else recipe.adam):
        adam.zero_grad()
        loss().backward()
        adam.step()
        clock.look(predict)
        if clock.over:
            break
    lbfgs = torch.optim.LBFGS(network.parameters(), max_iter=QUICK_LBFGS if options.quick else LBFGS_CHUNK, history_size=100,
                              tolerance_grad=0, tolerance_change=0, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        lbfgs.zero_grad()
        value = loss()
        value.backward()
        return value

    before = float("inf")
    while not clock.over:
        value = lbfgs.step(closure).item()
        clock.look(predict)
        if options.quick or not value < before:
            break
        before = value
    clock.look(predict, at_last=True)


def plain_network(recipe: Recipe, torch: ModuleType) -> object:
    """Fully connected layers at a Glorot start, times the factor of hard conditions."""
    class Sine(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.sin(x)

    class Factor(torch.nn.Module):
        def __init__(self, inner: torch.nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (1 - x[:, :1] ** 2) * (1 - x[:, 1:] ** 2) * self.inner(x)

    parts, inputs = [], 2
    for width in (*recipe.widths, 1):
        layer = torch.nn.Linear(inputs, width)
        (torch.nn.init.xavier_normal_ if recipe.start == "Glorot normal" else torch.nn.init.xavier_uniform_)(layer.weight)
        torch.nn.init.zeros_(layer.bias)
        parts += [layer, Sine() if recipe.activation == "sin" else torch.nn.Tanh()]
        inputs = width
    network = torch.nn.Sequential(*parts[:-1])
    return Factor(network) if recipe.hard else network


def plain_loss(problem: str, recipe: Recipe, network: object, torch: ModuleType) -> Callable[[], object]:
    """Mean squares of the equation and of each condition, added up, on fixed points uniform by measure."""
    from pinnaux.load import load

    domain = load(ROOT / "problems" / f"{problem}.py").domain
    draw = np.random.default_rng(torch.initial_seed())
    inside = torch.tensor(domain.interior.sample(recipe.interior, draw).coordinates, requires_grad=True)
    walls = torch.tensor(domain.boundary.sample(recipe.boundary, draw).coordinates)
    first = torch.tensor(domain.initial.sample(recipe.initial, draw).coordinates) if recipe.initial else None

    def slope(values: torch.Tensor) -> torch.Tensor:
        return torch.autograd.grad(values.sum(), inside, create_graph=True)[0]

    def equation() -> torch.Tensor:
        u = network(inside)
        du = slope(u)
        uxx = slope(du[:, 0])[:, 0]
        if problem == "burgers":
            return du[:, 1] + u[:, 0] * du[:, 0] - VISCOSITY * uxx
        flat = uxx + slope(du[:, 1])[:, 1]
        if problem == "poisson_lshape":
            return -flat - 1
        return flat + u[:, 0] - HELMHOLTZ * torch.sin(np.pi * inside[:, 0]) * torch.sin(4 * np.pi * inside[:, 1])

    def loss() -> torch.Tensor:
        total = equation().square().mean()
        if not recipe.hard:
            total = total + network(walls).square().mean()
        if first is not None:
            total = total + (network(first)[:, 0] + torch.sin(np.pi * first[:, 0])).square().mean()
        return total

    return loss


CONTENDERS: dict[str, Callable[[str, Clock, argparse.Namespace], None]] = {
    "pinnaux": pinnaux,
    "deepxde-float64": lambda *arguments: deepxde(*arguments, "float64"),
    "deepxde-float32": lambda *arguments: deepxde(*arguments, "float32"),
    "pytorch": plain,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("problem", choices=RECIPES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=float, default=float("inf"))
    parser.add_argument("--accuracy", type=float, default=1e-5)
    parser.add_argument("--started", type=float, default=STARTED)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    CONTENDERS[options.contender](options.problem, Clock(options.problem, options.budget, options.started), options)


if __name__ == "__main__":
    main()
