"""The command line: `pinnaux check | solve | export | plot | bench FILE`, one function each.

Exit statuses: 0 accuracy reached (or the command did its work), 1 the problem or the usage is wrong, 2 the accuracy was
not reached within the limits, 3 numerical failure, 130 interrupted. Only `solve`, `bench` and what they call import torch.
"""

from __future__ import annotations

import argparse
import math
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from pinnaux.errors import PinnauxError, TrainingError, UsageError, did_you_mean
from pinnaux.files import ensure_writable, write_text
from pinnaux.heap import keep_freed_memory
from pinnaux.interrupt import STATUS as INTERRUPTED, Interrupts
from pinnaux.load import load
from pinnaux.plan import Plan
from pinnaux.progress import say, watching
from pinnaux.report import headline, report, report_json
from pinnaux.settings import TRAINERS, Settings, known_trainer

if TYPE_CHECKING:
    from pinnaux.problem import Problem
    from pinnaux.solution import Solution

WRONG_USAGE, FAILED = 1, 3
COMMANDS = ("check", "solve", "export", "plot", "bench")
SOLUTION_FILE = "solution.pt"
BEGUN_WITH = MappingProxyType({"points": Settings.points, "seed": 0, "device": "cpu", "dtype": "float64", "trainer": TRAINERS[0]})
"""Options that a run begins with, and their defaults."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; a mistake of the user's is three lines, never a traceback."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        _require_command(words)
        options = _parser().parse_args(words)
        return options.command(options)
    except PinnauxError as mistake:
        if "--traceback" in words:
            traceback.print_exc()
        print(f"error: {mistake}", file=sys.stderr)
        return FAILED if isinstance(mistake, TrainingError) else WRONG_USAGE
    except KeyboardInterrupt:
        print("interrupted: files not yet complete were not written", file=sys.stderr)
        return INTERRUPTED


def check(options: argparse.Namespace) -> int:
    """Read the problem file and print what solving it would involve; nothing is computed."""
    say(str(Plan.of(load(options.file))))
    return 0


def solve(options: argparse.Namespace) -> int:
    """Solve the problem, write everything into the run's folder, and say how good the result is."""
    problem = load(options.file)
    folder = run_folder(options)
    ensure_writable(folder)
    keep_freed_memory()
    with Interrupts() as interrupts:
        if not options.quiet:
            say(f"solving {options.file}")
        with interrupts.held():
            _load_solver()
        solution = _resume(options) if options.resume else _solve(problem, options)
        interrupts.begin_writing()
        with interrupts.held():
            _load_writers()
        _show(solution, options.quiet)
        last = _written(solution, folder, options.file.stem)
    if not options.quiet:
        say(f"\n{last}")
    return INTERRUPTED if interrupts.count else solution.verdict.exit_status


def _written(solution: Solution, folder: Path, name: str) -> str:
    """Write the results, and say where; a run that ended before it found anything leaves those of earlier runs as they are."""
    if not solution.verdict.found and solution.verdict.status != "failure":
        return "nothing was found in this time: no file is written, those of earlier runs are kept"
    picture = write_results(solution, folder, name)
    return f"picture: {picture}\nopen {picture.with_suffix('.pvd')} in ParaView"


def write_results(solution: Solution, folder: Path, name: str) -> Path:
    """Everything a run leaves behind, the solution itself first; returns the picture's path."""
    from pinnaux.curves import write_functions
    from pinnaux.export import export
    from pinnaux.plot import plot

    solution.save(folder / SOLUTION_FILE)
    write_text(folder / "report.txt", report(solution) + "\n")
    write_text(folder / "report.json", report_json(solution))
    export(solution, folder, name)
    write_functions(solution, folder, name)
    return plot(solution, folder / f"{name}.png")


def export(options: argparse.Namespace) -> int:
    """Write the ParaView files of a solution saved by an earlier `solve`."""
    solution = saved_solution(options)
    from pinnaux.export import export as write_export

    say(f"open {write_export(solution, run_folder(options), options.file.stem)} in ParaView")
    return 0


def plot(options: argparse.Namespace) -> int:
    """Draw the picture of a solution saved by an earlier `solve`."""
    solution = saved_solution(options)
    from pinnaux.plot import plot as draw

    say(f"picture: {draw(solution, run_folder(options) / f'{options.file.stem}.png')}")
    return 0


def bench(options: argparse.Namespace) -> int:
    """Run trainers one after another on the problem, and show when the error of each passes 1e-1, 1e-2 …"""
    problem = load(options.file)
    folder = run_folder(options)
    ensure_writable(folder)
    keep_freed_memory()
    with Interrupts() as interrupts:
        with interrupts.held():
            from pinnaux import bench as racing
            from pinnaux.solver import prepare

        names = options.trainers or prepare(problem).plan.trainers
        runs = [prepare(problem, trainer=name, **_limits(options)) for name in names]
        curves = racing.race(runs, racing.measure_of(runs[0]), options.quiet)
        interrupts.begin_writing()
        what = "relative L2 error" if problem.exact else "residual on fresh points, relative to the zero solution's"
        quantity = "error" if problem.exact else "residual"
        say(f"\n{what}: first passed after\n{racing.summary(curves, quantity)}")
        racing.write_csv(curves, folder / "bench.csv", quantity)
        say(f"\npicture: {racing.draw(curves, folder / 'bench.png', what)}")
    return INTERRUPTED if interrupts.count else 0


def _load_solver() -> None:
    """torch and what needs it."""
    import pinnaux.solver  # noqa: F401


def _load_writers() -> None:
    """The libraries that writing needs."""
    import matplotlib.backends.backend_agg
    import pyvista
    import vtkmodules.vtkIOXML  # noqa: F401


def run_folder(options: argparse.Namespace) -> Path:
    """`out/burgers` for problems/burgers.py: one folder a problem, in `out` or what --out names."""
    return options.out / options.file.stem


def saved_solution(options: argparse.Namespace) -> Solution:
    """The solution that `pinnaux solve` left in the run's folder."""
    problem = load(options.file)
    path = run_folder(options) / SOLUTION_FILE
    if not path.is_file():
        raise UsageError(f"there is no saved solution {path}", hint=f"pinnaux solve {options.file} makes it")
    from pinnaux.solution import Solution

    return Solution.load(path, problem)


def _solve(problem: Problem, options: argparse.Namespace) -> Solution:
    from pinnaux.solver import solve as solve_problem

    with watching(options.quiet) as watch:
        return solve_problem(problem, **_limits(options), trainer=options.trainer, watch=watch)


def _resume(options: argparse.Namespace) -> Solution:
    """Go on from the solution that an earlier run left. Raises UsageError for options that only a run's beginning has."""
    from pinnaux.solver import resume

    changed = [name for name, default in BEGUN_WITH.items() if getattr(options, name) != default]
    if changed:
        raise UsageError(f"--{changed[0]} cannot be changed by a run that goes on", hint="leave it out: it is that of the run so far")
    solution = saved_solution(options)
    with watching(options.quiet) as watch:
        return resume(solution, accuracy=options.accuracy, time_limit=options.time_limit, steps=options.steps, watch=watch)


def _limits(options: argparse.Namespace) -> dict[str, float | int | str | None]:
    """What `solve` and `bench` say about a run."""
    return {name: getattr(options, name) for name in ("accuracy", "time_limit", "steps", "points", "seed", "device", "dtype")}


def _show(solution: Solution, quiet: bool) -> None:
    say(headline(solution.verdict) if quiet else "\n" + report(solution))


def _require_command(words: Sequence[str]) -> None:
    """Refuse a first word that is no command, with the command that was probably meant."""
    if not words:
        raise UsageError("which command?", hint=f"{', '.join(COMMANDS)}: pinnaux --help describes them")
    first = words[0]
    if first.startswith("-") or first in COMMANDS:
        return
    if first.endswith(".py"):
        raise UsageError(f"{first} is a file, not a command", hint=f"pinnaux solve {first}")
    raise UsageError(f"there is no command {first!r}", hint=did_you_mean(first, COMMANDS))


class _Parser(argparse.ArgumentParser):
    """argparse, but a mistake is a UsageError: three lines and status 1 like every other, not argparse's 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"{self.prog} --help shows how it is used")


class _Version(argparse.Action):
    """--version, asking the installed package only when it is wanted."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from importlib.metadata import version

        print(f"pinnaux {version('pinnaux')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="pinnaux", description="Solve partial differential equations written as formulas.",
                     epilog="exit status: 0 accuracy reached, 1 wrong problem or usage, 2 not reached within the limits, "
                            "3 numerical failure, 130 interrupted")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)
    _add(commands, "check", check, "read the problem and print what solving it involves")
    solving = _add(commands, "solve", solve, "solve the problem and write the results")
    _add_limits(solving)
    solving.add_argument("--trainer", type=known_trainer, default=TRAINERS[0], metavar="NAME",
                         help=f"the way to train: {', '.join(TRAINERS)} (default {TRAINERS[0]})")
    solving.add_argument("--resume", action="store_true",
                         help="go on where the last run of the problem ended, for as long again (default: begin anew)")
    _add_out(_add(commands, "export", export, "write the ParaView files of a saved solution again"))
    _add_out(_add(commands, "plot", plot, "draw the picture of a saved solution again"))
    racing = _add(commands, "bench", bench, "compare ways to train on the problem: the error over time")
    _add_limits(racing)
    racing.add_argument("--trainers", type=_trainers, metavar="NAMES",
                        help=f"those to compare, with commas between (default all: {','.join(TRAINERS)})")
    return parser


def _add_limits(parser: argparse.ArgumentParser) -> None:
    """What is said about a run, whichever trainer it has."""
    _add_out(parser)
    parser.add_argument("--time-limit", type=_positive, metavar="SECONDS",
                        help=f"stop solving after this long (default {Settings.time_limit:g}, or the time_limit of the problem)")
    parser.add_argument("--accuracy", type=_positive, metavar="E",
                        help=f"stop when the estimated relative error is below E (default {Settings.accuracy:.0e}, or the accuracy of the problem)")
    parser.add_argument("--steps", type=_count, metavar="N", help="stop after N steps (default: no such limit)")
    parser.add_argument("--points", type=_count, default=Settings.points, metavar="N",
                        help="at least N points in the interior, other regions in proportion (default: as many as the unknowns ask for)")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="seed of every random choice (default 0)")
    parser.add_argument("--device", default="cpu", metavar="D", help="cpu, cuda, cuda:1 … (default cpu)")
    parser.add_argument("--dtype", default="float64", choices=("float64", "float32"), help="number format (default float64)")
    parser.add_argument("--quiet", action="store_true", help="print the verdict only (default: what is being done, and the whole report)")


def _add(commands: argparse._SubParsersAction, name: str, command: Callable[[argparse.Namespace], int],
         summary: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.set_defaults(command=command)
    parser.add_argument("file", type=Path, metavar="FILE", help="the problem file, e.g. problems/burgers.py")
    parser.add_argument("--traceback", action="store_true", help="show the Python traceback of an error as well")
    return parser


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("out"), metavar="DIR",
                        help="the folder of all runs (default out); the results go into DIR/name-of-the-problem")


def _trainers(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(known_trainer(name.strip()) for name in text.split(",")))


def _positive(text: str) -> float:
    value = float(text) if _is_number(text) else math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
