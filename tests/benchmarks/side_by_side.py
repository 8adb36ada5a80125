"""pinnaux beside DeepXDE and a page of PyTorch: same machine, same problems, one after another, each in a process of its own.

    pip install -e ".[bench]"
    python tests/benchmarks/side_by_side.py [--seeds 3] [--only burgers,helmholtz] [--contenders pinnaux,deepxde-float32]
        [--budget 1500] [--threads 2] [--out out/side_by_side] [--quick]

For each run the time at which the true error first passes 1e-1, 1e-2 …, imports included, measuring excluded. DeepXDE and PyTorch have
the settings of DeepXDE's own examples (see contenders.py); pinnaux has its defaults, and the accuracy 1e-5 asked for. The headline is
a ratio: the time in which a peer first comes to its own final error, over the time in which pinnaux comes to that error.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pinnaux.bench import Curve, Sample, draw, summary, write_csv  # noqa: E402

CONTENDERS = ("pinnaux", "deepxde-float64", "deepxde-float32", "pytorch")
PROBLEMS = ("burgers", "poisson_lshape", "helmholtz")
SAMPLE = re.compile(r"^(\d+\.\d+),(\S+)$", flags=re.MULTILINE)
GRACE = 120.0
"""Seconds that a run has beyond its budget, for the end of what it is doing and for measuring."""


def run(contender: str, problem: str, seed: int, options: argparse.Namespace) -> Curve:
    """One run in a process of its own; what it printed before it failed or was ended counts."""
    words = [sys.executable, str(ROOT / "tests" / "benchmarks" / "contenders.py"), contender, problem, "--seed", str(seed),
             "--budget", str(options.budget), "--accuracy", str(options.accuracy), "--started", str(time.time())]
    words += ["--quick"] if options.quick else []
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads), "DDE_BACKEND": "pytorch"}
    try:
        process = subprocess.run(words, capture_output=True, text=True, env=environment, check=False, timeout=2 * options.budget + GRACE)
        printed, ended = process.stdout, "failure" if process.returncode else "done"
        if process.returncode:
            print(process.stderr[-2000:], file=sys.stderr)
    except subprocess.TimeoutExpired as expired:
        printed, ended = (expired.stdout or b"").decode(), "killed"
    return Curve(f"{contender} seed {seed}", read(printed), ended)


def read(printed: str) -> tuple[Sample, ...]:
    """The samples that a contender printed among whatever else."""
    found = SAMPLE.findall(printed)
    return tuple(Sample(float(seconds), number, float(error), None) for number, (seconds, error) in enumerate(found, start=1))


def ratio(peer: Curve, ours: Curve) -> tuple[float, float, float | None]:
    """The peer's final error, the seconds in which it first came so far, and those of pinnaux (None if it never did)."""
    final = peer.samples[-1].error
    return final, peer.passes(final), ours.passes(final)


def headlines(curves: Sequence[Curve], seeds: int) -> list[str]:
    """For each peer the median over the seeds of its final error, of its time, and of pinnaux' time to that error."""
    by_name = {one.trainer: one for one in curves if one.samples}
    lines = []
    for contender in dict.fromkeys(one.trainer.split(" seed ")[0] for one in curves):
        pairs = [(by_name.get(f"{contender} seed {seed}"), by_name.get(f"pinnaux seed {seed}")) for seed in range(seeds)]
        found = [ratio(peer, ours) for peer, ours in pairs if peer and ours] if contender != "pinnaux" else []
        if found:
            error, theirs = (statistics.median(one[place] for one in found) for place in (0, 1))
            ours = statistics.median(float("inf") if one[2] is None else one[2] for one in found)
            times = statistics.median(0.0 if one[2] is None else one[1] / one[2] for one in found)
            lines.append(f"{contender}: final error {error:.1e} after {theirs:.1f} s; pinnaux passes that after {ours:.1f} s: "
                         f"{times:.1f} times as fast")
    return lines


def chosen(text: str, known: Sequence[str]) -> list[str]:
    """The names between commas, each of which must be known."""
    names = text.split(",")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not among {', '.join(known)}")
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", type=lambda text: chosen(text, PROBLEMS), default=list(PROBLEMS))
    parser.add_argument("--contenders", type=lambda text: chosen(text, CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--budget", type=float, default=1500.0, help="seconds for a run of a peer, and for one of pinnaux")
    parser.add_argument("--accuracy", type=float, default=1e-5, help="what is asked of pinnaux")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("out") / "side_by_side")
    parser.add_argument("--quick", action="store_true", help="a few iterations each, to try the command")
    options = parser.parse_args()
    if importlib.util.find_spec("deepxde") is None and any("deepxde" in name for name in options.contenders):
        parser.error('DeepXDE is not installed: pip install -e ".[bench]"')
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"{options.threads} threads on {os.cpu_count()} cores, {platform.machine()}, {options.seeds} seeds")
    for problem in options.only:
        compare(problem, options)


def compare(problem: str, options: argparse.Namespace) -> None:
    """Alternate between the contenders, seed after seed; then the table, the headlines, the file and the picture of the problem."""
    curves = [run(contender, problem, seed, options) for seed in range(options.seeds) for contender in options.contenders]
    seen = [one for one in curves if one.samples]
    print(f"\n{problem}: relative L2 error, first passed after\n{summary(seen)}")
    print("\n".join(headlines(curves, options.seeds)), flush=True)
    write_csv(seen, options.out / f"{problem}.csv")
    draw(seen, options.out / f"{problem}.png", "relative L2 error")


if __name__ == "__main__":
    main()
