"""What a step of Levenberg–Marquardt costs against the points N, the parameters P and the depth, and what it takes of memory.

    python tests/benchmarks/scaling.py [--largest 1000000] [--budget 1]

Poisson's equation on the square, dense tanh networks, one accepted step (Jacobian or what stands in for it, one factorisation, a
velocity and an acceleration) in a process of its own, so that its peak memory is its own. The budget (GiB) is what decides
between the Jacobian, normal equations by chunks and conjugate gradients. Exponents are fitted to the upper half of every sweep,
where the leading term shows; parts of the step are timed apart to say which that is.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pinnaux.ansatz import Ansatz, Group, Trained  # noqa: E402
from pinnaux.damped import linearised  # noqa: E402
from pinnaux.jets.inputs import Embedding  # noqa: E402
from pinnaux.jets.spec import JetSpec  # noqa: E402
from pinnaux.network import Network  # noqa: E402
from pinnaux.objective import Block, Objective  # noqa: E402
from pinnaux.surroundings import Surroundings  # noqa: E402
from pinnaux.trainers.levenberg_marquardt import Descent, LevenbergMarquardt  # noqa: E402

GIBIBYTE = 2**30


@dataclass(frozen=True)
class Size:
    """One network and its points."""

    points: int
    width: int
    depth: int

    def objective(self) -> tuple[Objective, Tensor]:
        """Δu = f at N random points of the square, and u = 0 at N/8 of its sides."""
        network = Network.dense(Embedding((0.0,) * 2, (1.0,) * 2, (0.0,) * 2), (self.width,) * self.depth, 1, "tanh")
        generator = torch.Generator().manual_seed(0)
        inside = 2 * torch.rand(self.points, 2, generator=generator, dtype=torch.float64) - 1
        sides = 2 * torch.rand(max(8, self.points // 8), 2, generator=generator, dtype=torch.float64) - 1
        sides[:, 0] = sides[:, 0].sign()
        theta = torch.randn(network.size, generator=generator, dtype=torch.float64) / self.width**0.5
        ansatz = Ansatz((Group(("u",), ("x", "y"), (Trained(network),)),))
        laplacian, value = JetSpec.closure(2, [], [(1.0, 1.0)]), JetSpec.closure(2, [])
        blocks = (
            Block(("balance",), Surroundings(inside), (laplacian,), ((0, 1),),
                  lambda jets, numbers, around: (jets[0][-1, :, 0] + torch.sin(3 * around.points[:, 0]))[None]),
            Block(("sides",), Surroundings(sides), (value,), ((0, 1),), lambda jets, numbers, around: jets[0][0].T))
        return Objective.unweighted(ansatz, blocks), theta


@dataclass(frozen=True)
class Cost:
    """Seconds of a step and of its parts, peak memory in GiB, parameters, and which solver it was."""

    size: Size
    parameters: int
    seconds: float
    peak: float
    economy: str
    parts: dict[str, float]


def timed(run: Callable[[], object]) -> float:
    """Seconds of processor time, which others' work on the machine does not lengthen as much."""
    began = time.process_time()
    run()
    return time.process_time() - began


def measure(size: Size, budget: float) -> dict[str, object]:
    """One step, then its parts one by one."""
    objective, theta = size.objective()
    trainer = LevenbergMarquardt(memory=budget * GIBIBYTE)
    seconds = timed(lambda: trainer.step(Descent(objective, theta, 1.0)))
    peak = float(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")).split()[1]) / 2**20
    found: list = []
    parts = {"linearise": timed(lambda: found.append(linearised(objective, theta, lambda own: own.mean().expand_as(own), trainer.memory)))}
    factor: list = []
    parts["factor"] = timed(lambda: factor.append(found[0].system.factor(1.0)))
    parts["solve"] = timed(lambda: found[0].system.solve(factor[0], found[0].residual))
    parts["rows"] = timed(lambda: sum(rows[0, 0] for _, rows in objective.row_chunks(theta)))
    return {"parameters": theta.numel(), "seconds": seconds, "peak": peak, "economy": found[0].economy, "parts": parts}


def cost(size: Size, budget: float) -> Cost:
    """`measure` in a process of its own."""
    answer = subprocess.run([sys.executable, __file__, "--one", str(size.points), str(size.width), str(size.depth), "--budget", str(budget)], capture_output=True, text=True, check=True, cwd=ROOT)
    return Cost(size, **json.loads(answer.stdout))


def exponent(sizes: list[float], seconds: list[float]) -> float:
    """Slope of log seconds over log size, least squares over the upper half; of two sizes nothing is fitted."""
    if len(sizes) < 3:
        return math.nan
    half = len(sizes) // 2
    x, y = [math.log(one) for one in sizes[half:]], [math.log(one) for one in seconds[half:]]
    middle, level = sum(x) / len(x), sum(y) / len(y)
    return sum((a - middle) * (b - level) for a, b in zip(x, y)) / sum((a - middle) ** 2 for a in x)


def sweep(title: str, sizes: list[Size], size_of: Callable[[Cost], float], budget: float) -> None:
    """The table of one sweep, the fitted exponent and the leading part."""
    print(f"\n### {title}\n")
    print("| N | width x depth | P | step, s | linearise (of that rows) | factor | solve | peak, GiB | solver |\n" + "| --- " * 9 + "|")
    costs = []
    for size in sizes:
        one = cost(size, budget)
        costs.append(one)
        solver = one.economy.rsplit(": ", 1)[-1] or "Jacobian"
        print(f"| {size.points} | {size.width} x {size.depth} | {one.parameters} | {one.seconds:.2f} | {one.parts['linearise']:.2f} ({one.parts['rows']:.2f}) "
              f"| {one.parts['factor']:.3f} | {one.parts['solve']:.3f} | {one.peak:.2f} | {solver} |", flush=True)
    print(f"\nexponent {exponent([size_of(one) for one in costs], [one.seconds for one in costs]):.2f}; at the end {leading(costs[-1])} dominates")


def leading(one: Cost) -> str:
    """The part of a step that takes longest."""
    parts = one.parts
    terms = {"the rows of the Jacobian (N P)": parts["rows"], "the product of J with itself (N P min(N, P))": parts["linearise"] - parts["rows"],
             "the factorisation (P³)": parts["factor"], "the solves": 2 * parts["solve"]}
    return max(terms, key=terms.get)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--budget", type=float, default=1.0)
    parser.add_argument("--one", nargs=3, type=int, metavar=("POINTS", "WIDTH", "DEPTH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    if options.one:
        print(json.dumps(measure(Size(*options.one), options.budget)))
        return
    print(f"float64, one thread, processor time, budget {options.budget:g} GiB for matrices")
    counts = [count for count in (1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000) if count <= options.largest]
    sweep("against N", [Size(count, 21, 3) for count in counts], lambda one: one.size.points, options.budget)
    widths = [6, 12, 21, 37, 68, 120] if options.largest >= 10**6 else [6, 12, 21, 37, 68]
    sweep("against P, N = 3000", [Size(3000, width, 3) for width in widths], lambda one: one.parameters, options.budget)
    sweep("against depth, N = 3000, width 20", [Size(3000, 20, depth) for depth in (1, 2, 4, 8, 12)], lambda one: one.size.depth,
          options.budget)


if __name__ == "__main__":
    main()
