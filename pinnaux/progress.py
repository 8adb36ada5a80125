"""The display while solving: a live table in a terminal, a plain line now and then in a log, nothing when quiet.

Each display is a function that takes the solver's Progress; `watching` picks one and ends it properly.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pinnaux.report import duration, number

if TYPE_CHECKING:
    from rich.console import RenderableType

    from pinnaux.verdict import Progress

Watch = Callable[["Progress"], None]


def say(text: str = "") -> None:
    """Print, and go on in silence once nobody reads any more (`pinnaux solve … | head`): the run is worth finishing."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def watching(quiet: bool) -> Iterator[Watch | None]:
    """The display that suits where the output goes."""
    if quiet:
        yield None
    elif sys.stdout is not None and sys.stdout.isatty():
        with _live() as watch:
            yield watch
    else:
        yield PlainLines()


class PlainLines:
    """Prints a line when the stage changes, and otherwise at most one every `interval` seconds."""

    def __init__(self, interval: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = interval
        self._clock = clock
        self._stage: str | None = None
        self._printed = -float("inf")

    def __call__(self, progress: Progress) -> None:
        now = self._clock()
        if progress.stage == self._stage and now - self._printed < self._interval:
            return
        self._stage, self._printed = progress.stage, now
        say(plain_line(progress))


def plain_line(progress: Progress) -> str:
    """Everything a log needs of one moment, on one line."""
    parts = [f"{progress.elapsed:7.1f} s  {progress.stage}, step {progress.step}"]
    if progress.losses:
        parts.append("loss " + _by_name(progress.losses))
    if progress.residuals:
        parts.append("fresh residual " + _by_name(progress.residuals))
    if progress.error_estimate is not None:
        parts.append(f"estimated error {progress.error_estimate:.1e}")
    if progress.consistency is not None:
        parts.append(f"consistency {progress.consistency}")
    if progress.message:
        parts.append(progress.message)
    return " | ".join(parts)


def _by_name(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.1e}" for name, value in values.items())


@contextmanager
def _live() -> Iterator[Watch]:
    """A table that rewrites itself in the terminal and is gone at the end, when the report takes its place."""
    from rich.live import Live

    with Live(transient=True, refresh_per_second=4) as live:
        yield lambda progress: live.update(live_view(progress))


def live_view(progress: Progress) -> RenderableType:
    """Stage and step, the time used, then loss and residual on fresh points of each condition."""
    from rich.console import Group
    from rich.text import Text

    parts: list[RenderableType] = [
        Text.assemble((progress.stage, "bold"), f", step {progress.step}", (f"  {progress.message}", "dim")),
        _time_bar(progress)]
    if progress.losses or progress.residuals:
        parts.append(_condition_table(progress))
    if progress.error_estimate is not None:
        parts.append(Text(f"estimated relative error {progress.error_estimate:.1e}"))
    if progress.consistency is not None:
        parts.append(Text(f"consistency {progress.consistency}", style="" if progress.consistency.holds else "bold red"))
    return Group(*parts)


def _time_bar(progress: Progress) -> RenderableType:
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    limit = progress.time_limit
    if not limit or limit == float("inf"):
        return f"{duration(progress.elapsed)} so far"
    line = Table.grid(padding=(0, 2))
    left = max(0.0, limit - progress.elapsed)
    line.add_row(ProgressBar(total=limit, completed=min(progress.elapsed, limit), width=32), f"at most {duration(left)} left")
    return line


def _condition_table(progress: Progress) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    columns = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    columns.add_column("condition")
    columns.add_column("loss", justify="right")
    columns.add_column("residual on fresh points", justify="right")
    for name in dict.fromkeys([*progress.losses, *progress.residuals]):
        columns.add_row(Text(name), number(progress.losses.get(name)), number(progress.residuals.get(name)))
    return columns
