"""The accuracy ladder on the CPU: whole-process time and true error of `pinnaux solve`, beside the targets.

    python tests/benchmarks/ladder.py [--seeds 3] [--only burgers,wave] [--threads 2] [--shortest 0] [--longest 180] [--patience 2.5]

Every rung is run as a user would (imports, files and pictures included) with the default settings; all that is said is the
accuracy asked for, and a limit of time well beyond the target. The error is measured against an exact or an independent reference
solution, on points of its own. Medians over the seeds are printed as a table in Markdown. A run that asks for the harder of two
targets is held against the easier one too: what it gives in time was there in time.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import cavity_reference  # noqa: E402
import references  # noqa: E402
from pinnaux.load import load  # noqa: E402
from pinnaux.solution import Solution  # noqa: E402

Reference = Callable[[], tuple[np.ndarray, np.ndarray]]
PATIENCE = 2.5
"""A run may take so many times the seconds of its target, if not said otherwise: beyond, it is of no interest."""


@dataclass(frozen=True)
class Target:
    """A relative L2 error to reach within seconds of the whole process."""

    error: float
    seconds: float

    def met(self, error: float, seconds: float) -> str:
        """What is missing, or yes."""
        missing = [what for what, passed in (("error", error <= self.error), ("time", seconds <= self.seconds)) if not passed]
        return f"no: {' and '.join(missing)}" if missing else "yes"

    def __str__(self) -> str:
        return f"{self.error:.0e} in {self.seconds:g} s"


@dataclass(frozen=True)
class Rung:
    """A problem file in `folder`, the accuracy asked for, and the targets that a run is held against, the hardest last.

    `reference` gives points (N, d) and values (N,) or (N, k) where the file states no exact solution. The error is that of `unknown`,
    where the targets speak of one of several, else the largest of all.
    """

    problem: str
    accuracy: float
    targets: tuple[Target, ...]
    reference: Reference | None = None
    unknown: str | None = None
    folder: str = "problems"

    @property
    def file(self) -> Path:
        """Where the problem is stated."""
        return ROOT / self.folder / f"{self.problem}.py"

    def time_limit(self, patience: float) -> float:
        """Seconds that a run may take: so many times those of its target."""
        return patience * self.targets[-1].seconds

    def names(self, solution: Solution) -> list[str]:
        """The unknowns whose errors count."""
        return [self.unknown] if self.unknown else [field.name for field in solution.problem.fields]

    def error(self, solution: Solution) -> float:
        """Relative L2 error on points that the solver never saw."""
        if self.reference is None:
            points = solution.problem.domain.interior.sample(10_000, np.random.default_rng(2026)).coordinates
            errors = solution.errors(points)
            return max(errors[name] for name in self.names(solution))
        points, exact = self.reference()
        name, = self.names(solution)
        return float(np.linalg.norm(solution(points)[name] - exact) / np.linalg.norm(exact))

    def estimate(self, solution: Solution) -> float:
        """What the solver takes this error for."""
        return max(solution.verdict.error_estimate.get(name, float("inf")) for name in self.names(solution))


def lshape() -> tuple[np.ndarray, np.ndarray]:
    """Random points and the harmonic series there."""
    return references.sampled(load(ROOT / "problems" / "poisson_lshape.py").domain, references.lshape, 10_000, 2026)


RUNGS = (
    Rung("poisson_square", 1e-11, (Target(1e-11, 8),)),
    Rung("poisson_square_4", 1e-9, (Target(1e-9, 10),)),
    Rung("poisson_lshape", 1e-4, (Target(1e-3, 30), Target(1e-4, 180)), lshape),
    Rung("helmholtz", 1e-11, (Target(1e-11, 12),)),
    Rung("wave", 1e-10, (Target(1e-10, 12),)),
    Rung("burgers", 2e-6, (Target(2e-6, 30),), references.burgers_on_grid),
    Rung("burgers", 5e-7, (Target(5e-7, 120),), references.burgers_on_grid),
    Rung("burgers", 1e-7, (Target(1e-7, 360),), references.burgers_on_grid),
    Rung("allen_cahn", 1e-5, (Target(1e-5, 60),), references.allen_cahn_on_grid),
    Rung("allen_cahn", 1e-6, (Target(1e-6, 300),), references.allen_cahn_on_grid),
    Rung("kdv", 1e-4, (Target(1e-4, 180),), references.kdv_on_grid),
    Rung("kdv", 1e-5, (Target(1e-5, 360),), references.kdv_on_grid),
    Rung("poisson_5d", 1e-5, (Target(1e-5, 60),)),
    Rung("cavity", 1e-3, (Target(1e-3, 60),), cavity_reference.cavity, "velocity"),
    Rung("cavity", 5e-4, (Target(5e-4, 180),), cavity_reference.cavity, "velocity"),
    Rung("c24_interior_layer", 1e-2, (Target(1e-2, 120),), folder="tests/cases"),
    Rung("inverse_heat", 3e-2, (Target(3e-2, 120),), unknown="a"),
)


@dataclass(frozen=True)
class Run:
    """One run of one rung."""

    seconds: float
    error: float
    estimate: float
    parameters: int


def run(rung: Rung, seed: int, threads: int, patience: float) -> Run:
    """Solve in a process of its own, then measure the saved solution; a run that leaves none has an infinite error."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "pinnaux", "solve", str(rung.file), "--out", folder, "--seed", str(seed), "--quiet",
                        "--accuracy", str(rung.accuracy), "--time-limit", str(rung.time_limit(patience))],
                       cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        saved = Path(folder) / rung.problem / "solution.pt"
        if not saved.exists():
            return Run(seconds, float("inf"), float("inf"), 0)
        solution = Solution.load(saved, load(rung.file))
    return Run(seconds, rung.error(solution), rung.estimate(solution), solution.ansatz.fitted)


def report(rung: Rung, runs: Sequence[Run]) -> str:
    """One line of the table: medians, and the spread of the times."""
    times = [one.seconds for one in runs]
    seconds, error = statistics.median(times), statistics.median(one.error for one in runs)
    return (f"| {rung.problem} | {rung.accuracy:.0e} | {error:.1e} | {statistics.median(one.estimate for one in runs):.1e} "
            f"| {seconds:.1f} ({min(times):.0f}–{max(times):.0f}) | {', '.join(map(str, rung.targets))} "
            f"| {', '.join(target.met(error, seconds) for target in rung.targets)} "
            f"| {statistics.median(one.parameters for one in runs):.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shortest", type=float, default=0.0, help="only rungs whose hardest target is in so many seconds or more")
    parser.add_argument("--longest", type=float, default=math.inf, help="only rungs whose hardest target is in so many seconds or less")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="a run may take so many times the seconds of its hardest target")
    options = parser.parse_args()
    print(f"float64, {options.threads} threads on {os.cpu_count()} cores, {platform.machine()}, "
          f"{options.seeds} seeds; median (range)\n")
    print("| problem | accuracy asked | relative L2 error | estimated | whole process, s | target | met | fitted parameters |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for rung in RUNGS:
        wanted = not options.only or rung.problem in options.only.split(",")
        if wanted and options.shortest <= rung.targets[-1].seconds <= options.longest:
            print(report(rung, [run(rung, seed, options.threads, options.patience) for seed in range(options.seeds)]), flush=True)


if __name__ == "__main__":
    main()
