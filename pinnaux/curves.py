"""Unknown functions that were found, as a table (CSV) and a picture each, over the arguments that the conditions have given them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pinnaux.files import replacing, write_text

if TYPE_CHECKING:
    from pinnaux.solution import Solution
    from pinnaux.unknown_function import FoundFunction

ROWS = 201


def write_functions(solution: Solution, folder: Path, name: str) -> None:
    """NAME_<function>.csv and .png for every unknown function."""
    for function, found in solution.functions.items():
        arguments = np.linspace(*found.reach, ROWS)
        rows = (f"{argument!r},{value!r}" for argument, value in zip(arguments.tolist(), found(arguments).tolist()))
        write_text(folder / f"{name}_{function}.csv", "\n".join([f"argument,{function}", *rows]) + "\n")
        draw_function(found, arguments, folder / f"{name}_{function}.png")


def draw_function(found: FoundFunction, arguments: np.ndarray, path: Path) -> None:
    """One curve."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.style.context("default"):
        figure = Figure(figsize=(5, 3.5), layout="constrained", dpi=150)
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.plot(arguments, found(arguments))
        axes.set_xlabel("argument")
        axes.set_ylabel(found.function.name)
        axes.grid(alpha=0.3)
        with replacing(path) as temporary:
            figure.savefig(temporary)
