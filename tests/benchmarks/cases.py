"""The problems that users brought: the error of each beside what is allowed, how the run ended, and the seconds it took.

    python tests/benchmarks/cases.py [--only c16,c24] [--threads 2]

Every case is solved with the default settings, as tests/test_cases.py does, and measured by the same measures. Printed as a table in
Markdown.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import case_references as known  # noqa: E402
import torch  # noqa: E402

import pinnaux  # noqa: E402
from test_cases import EXPECTED, FILES, LONGER, TIME_LIMIT  # noqa: E402


def row(name: str, folder: Path) -> str:
    solution = pinnaux.solve(pinnaux.load(folder / FILES[name].name), time_limit=LONGER.get(name, TIME_LIMIT))
    found = [(measure(solution), bound) for measure, bound in EXPECTED[name]]
    errors, bounds = (", ".join(f"{one:.1e}" for one in column) for column in zip(*found))
    met = "yes" if all(error <= bound for error, bound in found) else "no"
    return f"| {name} | {errors} | {bounds} | {met} | {solution.verdict.status} | {solution.verdict.elapsed:.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="the beginnings of the names of some cases, with commas")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    wanted = [name for name in EXPECTED if name.startswith(tuple(arguments.only.split(",")))]
    print(f"{arguments.threads} threads, seed 0, float64, at most {TIME_LIMIT:g} s ({max(LONGER.values()):g} s for {', '.join(LONGER)})\n")
    print("| case | error | allowed | met | end | time, s |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for file in FILES.values():
            shutil.copy(file, folder)
        for write in known.WRITERS:
            write(Path(folder))
        for name in wanted:
            print(row(name, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
