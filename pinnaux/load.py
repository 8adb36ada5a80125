"""A problem file is Python that ends with a variable `problem`. It is run alone: nothing of it stays behind for the next one."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from types import ModuleType

from pinnaux.errors import (
    DeclarationError,
    Location,
    PinnauxError,
    UsageError,
    did_you_mean,
    displayed,
    is_user_code,
    is_user_file,
)
from pinnaux.problem import Problem
from pinnaux.python_hints import hint_for
from pinnaux.symbolic.formula import described

MODULE_NAME = "problem file"


def load(path: str | Path) -> Problem:
    """Run a problem file and return its `problem`.

    Raises UsageError for a path that is no problem file, DeclarationError for whatever goes wrong inside, at the file's own line.
    """
    file = problem_file(path)
    try:
        code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as failure:
        raise error_in_file(failure, file, {}) from failure
    except OSError as failure:
        raise UsageError(f"cannot read {path}: {failure.strerror}", hint="check the file's permissions") from failure
    module = ModuleType(MODULE_NAME)
    module.__file__ = str(file)
    with folder_importable(file.parent), registered(module):
        try:
            exec(code, module.__dict__)
        except PinnauxError:
            raise
        # The user's own code may raise anything; KeyboardInterrupt is none of these.
        except (Exception, SystemExit) as failure:
            raise error_in_file(failure, file, module.__dict__) from failure
    return declared_problem(module, file)


def problem_file(path: str | Path) -> Path:
    """The absolute path of an existing .py file. Raises UsageError with the nearest file's name."""
    file = Path(path)
    if file.is_dir():
        found = sorted(one.name for one in file.glob("*.py"))
        listed = f"name one of its problem files: {', '.join(found)}" if found else "name a problem file, problem.py"
        raise UsageError(f"{path} is a folder, not a problem file", hint=listed)
    if not file.is_file():
        raise UsageError(f"there is no problem file {path}", hint=nearest_problem(file))
    if file.suffix != ".py":
        raise UsageError(f"{path} is not a Python file: a problem file ends in .py", hint=nearest_problem(file))
    return Path(os.path.abspath(file))


def nearest_problem(file: Path) -> str:
    """A hint with the problem files that lie where one was looked for."""
    if not file.parent.is_dir():
        return f"there is no folder {file.parent} either"
    found = sorted(one.name for one in file.parent.glob("*.py"))
    return did_you_mean(file.with_suffix(".py").name, found) if found else f"there is no .py file in {file.parent.resolve()}"


@contextmanager
def folder_importable(folder: Path) -> Iterator[None]:
    """Let the file import the modules beside it; afterwards forget them, for another folder may have others of the same names."""
    path, loaded = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - loaded:
            if is_beside(sys.modules[name], folder):
                del sys.modules[name]


def is_beside(module: ModuleType, folder: Path) -> bool:
    """Whether the module is the user's own, from the folder of the problem file."""
    file = getattr(module, "__file__", None) or ""
    own = module.__name__.split(".")[0] == __package__
    return not own and is_user_file(file) and folder in Path(file).parents


@contextmanager
def registered(module: ModuleType) -> Iterator[None]:
    """Make the module known while it runs: a dataclass in it looks itself up."""
    previous = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        if previous is None:
            del sys.modules[module.__name__]
        else:
            sys.modules[module.__name__] = previous


def declared_problem(module: ModuleType, file: Path) -> Problem:
    """The file's `problem`. Raises UsageError where it has none, or it is something else."""
    name = displayed(str(file))
    if "problem" not in module.__dict__:
        others = [key for key, value in module.__dict__.items() if isinstance(value, Problem)]
        hint = f"rename '{others[0]}' to 'problem'" if others else "end it with: problem = Problem(fields=[…], conditions=[…])"
        raise UsageError(f"{name} declares no 'problem'", hint=hint)
    problem = module.__dict__["problem"]
    if not isinstance(problem, Problem):
        raise UsageError(
            f"'problem' in {name} is no Problem but {described(problem)}", hint="problem = Problem(fields=[…], conditions=[…])"
        )
    return problem


def error_in_file(failure: BaseException, file: Path, known: Mapping[str, object]) -> DeclarationError:
    """A Python error as one of ours, at the user's own line; `known` are the names that the file knew by then."""
    where = location_of(failure, file)
    if isinstance(failure, SyntaxError):
        what = f"{type(failure).__name__}: {failure.msg}"
    elif isinstance(failure, SystemExit):
        what = "the problem file ended Python itself (exit)"
    else:
        what = f"{type(failure).__name__}: {failure}".removesuffix(": ")
    return DeclarationError(what, hint=hint_for(failure, where, known), where=where)


def location_of(failure: BaseException, file: Path) -> Location:
    """The innermost line of the user's that the error passed through."""
    if isinstance(failure, SyntaxError) and failure.filename and failure.lineno:
        return Location(failure.filename, failure.lineno)
    lines = [(frame.f_code.co_filename, line, frame) for frame, line in walk_tb(failure.__traceback__) if is_user_code(frame)]
    if not lines:
        return Location(str(file), 1)
    own = [(name, line) for name, line, _ in lines]
    name, line = own[-1]
    return Location(name, line, tuple(dict.fromkeys(reversed(own[:-1]))))
