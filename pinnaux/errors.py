"""The errors a user can meet. Each says what is wrong, where in the user's own file, and what to do about it.

A location is found by walking the call stack outward to the first frame that is neither pinnaux's own nor a library's.
"""

from __future__ import annotations

import difflib
import os
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType

PACKAGE_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"] + os.sep
SCRIPTS = sysconfig.get_paths()["scripts"] + os.sep
LIBRARY_FOLDERS = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)


@dataclass(frozen=True)
class Location:
    """A line of the user's file, and the lines that called the function it is in (innermost first)."""

    file: str
    line: int
    callers: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        lines = [f"at {displayed(self.file)}:{self.line}"]
        lines += [f"called from {displayed(file)}:{line}" for file, line in self.callers]
        return "\n  ".join(lines)


def displayed(file: str) -> str:
    """The path as a user would type it: relative when it lies under the current folder."""
    if not os.path.isabs(file):
        return file
    relative = os.path.relpath(file)
    return file if relative.startswith(os.pardir) else relative


def here() -> Location | None:
    """The innermost line of the user's that is being executed now; None when only library code is running."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_user_code(frame):
        frame = frame.f_back
    if frame is None:
        return None
    return Location(frame.f_code.co_filename, frame.f_lineno, callers_of(frame))


def callers_of(frame: FrameType) -> tuple[tuple[str, int], ...]:
    """The user's lines through which `frame` was reached, up to the top level of the user's module."""
    lines = [(frame.f_code.co_filename, frame.f_lineno)]
    inner = frame
    while inner.f_code.co_name != "<module>" and inner.f_back is not None:
        inner = inner.f_back
        if is_user_code(inner):
            line = (inner.f_code.co_filename, inner.f_lineno)
            # A comprehension has a frame of its own on the same line.
            if line != lines[-1]:
                lines.append(line)
        elif not is_own_code(inner):
            break
    return tuple(lines[1:])


def is_own_code(frame: FrameType) -> bool:
    """Whether the frame runs code of the pinnaux package: its files, or methods that dataclasses generate for it."""
    module = str(frame.f_globals.get("__name__", ""))
    return module.partition(".")[0] == __package__ or os.path.abspath(frame.f_code.co_filename).startswith(PACKAGE_FOLDER)


def is_user_code(frame: FrameType) -> bool:
    """Whether the frame runs a file that is neither pinnaux's nor an installed library's."""
    file = frame.f_code.co_filename
    if file.startswith("<frozen") or is_own_code(frame):
        return False
    return is_user_file(file)


def is_user_file(file: str) -> bool:
    """Whether the file lies outside the standard library, the installed packages and their commands."""
    return not file.startswith((STANDARD_LIBRARY, SCRIPTS)) and not any(folder in file for folder in LIBRARY_FOLDERS)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name: the nearest known name if one is near, and all known names."""
    names = list(known)
    lowered = {candidate.lower(): candidate for candidate in reversed(names)}
    near = difflib.get_close_matches(str(name).lower(), lowered, n=1, cutoff=0.5)
    listing = ", ".join(f"'{candidate}'" for candidate in names)
    question = f"did you mean '{lowered[near[0]]}'? " if near else ""
    return f"{question}known: {listing}" if names else "there is none to choose from"


class PinnauxError(Exception):
    """`what` is wrong, `where` in the user's file (None when no file is to blame), and a `hint` what to do."""

    def __init__(self, what: str, hint: str = "", where: Location | None = None) -> None:
        super().__init__(what, hint, where)
        self.what = what
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        lines = [self.what]
        if self.where is not None:
            lines.append(str(self.where))
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n  ".join(lines)


class DeclarationError(PinnauxError):
    """A formula, domain, condition or problem that makes no sense, refused on the line that writes it."""

    def __init__(self, what: str, hint: str = "", where: Location | None = None) -> None:
        super().__init__(what, hint, where if where is not None else here())


class TrainingError(PinnauxError):
    """Training failed numerically; `condition` names the condition to blame, if one is."""

    def __init__(self, what: str, hint: str = "", where: Location | None = None, condition: str | None = None) -> None:
        super().__init__(what, hint, where)
        self.condition = condition


class UsageError(PinnauxError):
    """A wrong command line, argument or file."""
