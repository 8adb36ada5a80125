"""The accuracy ladder on the CPU: whole-process time and true error of `pinnaux solve`, beside the targets.

    python tests/benchmarks/ladder.py [--seeds 3] [--only burgers,wave] [--threads 2]

Every rung is run as a user would (imports, files and pictures included) with the default settings; all that is said is the
accuracy asked for. The error is measured against an exact or an independent reference solution, on points of its own. Medians
over the seeds are printed as a table in Markdown.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import references  # noqa: E402
from pinnaux.load import load  # noqa: E402
from pinnaux.solution import Solution  # noqa: E402

Reference = Callable[[], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Rung:
    """A problem file, the accuracy asked for, and the target: an error within a time.

    `reference` gives points (N, d) and values (N,) where the file states no exact solution.
    """

    problem: str
    accuracy: float
    target_error: float
    target_seconds: float
    reference: Reference | None = None


def lshape() -> tuple[np.ndarray, np.ndarray]:
    """Random points and the harmonic series there."""
    return references.sampled(load(ROOT / "problems" / "poisson_lshape.py").domain, references.lshape, 10_000, 2026)


RUNGS = (
    Rung("poisson_square", 1e-11, 1e-10, 10),
    Rung("poisson_square_4", 1e-9, 1e-9, 10),
    Rung("helmholtz", 1e-10, 1e-10, 15),
    Rung("wave", 1e-9, 1e-9, 15),
    Rung("burgers", 5e-6, 5e-6, 45, references.burgers_on_grid),
    Rung("burgers", 5e-7, 5e-7, 120, references.burgers_on_grid),
    Rung("allen_cahn", 3e-5, 3e-5, 90, references.allen_cahn_on_grid),
    Rung("poisson_lshape", 2e-3, 2e-3, 45, lshape),
    Rung("poisson_lshape", 1e-4, 1e-4, 180, lshape),
    Rung("poisson_5d", 1e-5, 1e-5, 60),
)


@dataclass(frozen=True)
class Run:
    """One run of one rung."""

    seconds: float
    error: float
    estimate: float
    exit_status: int
    free_parameters: int


def run(rung: Rung, seed: int, threads: int) -> Run:
    """Solve in a process of its own, then measure the saved solution."""
    file = ROOT / "problems" / f"{rung.problem}.py"
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        began = time.perf_counter()
        process = subprocess.run([sys.executable, "-m", "pinnaux", "solve", str(file), "--out", folder, "--seed", str(seed),
                                  "--accuracy", str(rung.accuracy), "--time-limit", str(4 * rung.target_seconds), "--quiet"],
                                 cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        solution = Solution.load(Path(folder) / rung.problem / "solution.pt", load(file))
    return Run(seconds, true_error(rung, solution), max(solution.verdict.error_estimate.values(), default=float("nan")),
               process.returncode, solution.ansatz.size)


def true_error(rung: Rung, solution: Solution) -> float:
    """Relative L2 error on points that the solver never saw."""
    if rung.reference is None:
        points = solution.problem.domain.interior.sample(10_000, np.random.default_rng(2026)).coordinates
        return max(solution.errors(points).values())
    points, exact = rung.reference()
    found = solution(points)[solution.problem.fields[0].name]
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def report(rung: Rung, runs: list[Run]) -> str:
    """One line of the table: medians, and the spread of the times."""
    seconds = [one.seconds for one in runs]
    error = statistics.median(one.error for one in runs)
    met = "yes" if error <= rung.target_error and statistics.median(seconds) <= rung.target_seconds else "no"
    spread = f"{min(seconds):.0f}–{max(seconds):.0f}"
    return (f"| {rung.problem} | {rung.accuracy:.0e} | {error:.1e} | {statistics.median(one.estimate for one in runs):.1e} "
            f"| {statistics.median(seconds):.1f} ({spread}) | {rung.target_error:.0e} in {rung.target_seconds:g} s | {met} "
            f"| {statistics.median(one.free_parameters for one in runs):.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    print(f"float64, {options.threads} threads on {os.cpu_count()} cores, {platform.machine()}, "
          f"{options.seeds} seeds; median (range)\n")
    print("| problem | accuracy asked | relative L2 error | estimated | whole process, s | target | met | free parameters |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for rung in RUNGS:
        if not options.only or rung.problem in options.only.split(","):
            print(report(rung, [run(rung, seed, options.threads) for seed in range(options.seeds)]), flush=True)


if __name__ == "__main__":
    main()
