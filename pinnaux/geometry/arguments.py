"""Checks of what a user hands to a shape, and the words of the refusals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pinnaux.errors import DeclarationError

DEFAULT_NAMES = ("x", "y", "z")

NUMBER_WANTED = "give a plain number, for instance 0.5"


def number(value: object, role: str) -> float:
    """A finite real number. Raises DeclarationError naming its `role`, e.g. "radius of the Disk"."""
    if isinstance(value, (bool, str)) or np.ndim(value) != 0:
        raise DeclarationError(f"{role} must be a number, not {value!r}", hint=NUMBER_WANTED)
    try:
        result = float(value)
    except (TypeError, ValueError):
        raise DeclarationError(f"{role} must be a number, not {value!r}", hint=NUMBER_WANTED) from None
    if not np.isfinite(result):
        raise DeclarationError(f"{role} must be finite, not {value!r}", hint="cut an unbounded domain off at a number")
    return result


def positive(value: object, role: str) -> float:
    """A positive number."""
    result = number(value, role)
    if result <= 0:
        raise DeclarationError(f"{role} must be positive, not {result:g}", hint="give a length above 0")
    return result


def point(value: object, role: str, dimension: int | None = None) -> np.ndarray:
    """(d,) coordinates; d must be `dimension` when that is given."""
    wanted = "a tuple of numbers" if dimension is None else f"a tuple of {dimension} numbers"
    if not isinstance(value, (tuple, list, np.ndarray)) or np.ndim(value) != 1:
        raise DeclarationError(f"{role} must be {wanted}, not {value!r}", hint="write a point as a tuple, for instance (0, 1)")
    if dimension is not None and len(value) != dimension:
        solid = "; in space use Box, Ball or Mesh" if dimension == 2 else ""
        raise DeclarationError(
            f"{role} must be {wanted}, not the {len(value)} of {tuple(value)!r}",
            hint=f"give {dimension} numbers, one for each coordinate{solid}",
        )
    return np.array([number(entry, f"coordinate {index} of the {role}") for index, entry in enumerate(value)])


def ordered(lower: float, upper: float, role: str) -> None:
    """Refuse a range that is empty or upside down."""
    if not lower < upper:
        hint = "exchange the two ends" if lower > upper else "give two ends that differ; two corners differ in each coordinate: (0, 0), (2, 1)"
        raise DeclarationError(f"{role} runs from {lower:g} to {upper:g}: the lower end must be below the upper", hint=hint)


def coordinate_names(names: str | Sequence[str] | None, dimension: int, shape: str) -> tuple[str, ...]:
    """The coordinates' names: x, y, z or x1 … xn unless given. Raises DeclarationError when they do not fit."""
    if names is None:
        return DEFAULT_NAMES[:dimension] if dimension <= len(DEFAULT_NAMES) else tuple(f"x{i + 1}" for i in range(dimension))
    chosen = (names,) if isinstance(names, str) else tuple(names)
    if len(chosen) != dimension:
        raise DeclarationError(
            f"names={names!r} of {shape}: {dimension} coordinate names are needed, not {len(chosen)}",
            hint="give one name for each coordinate, or leave names out",
        )
    for name in chosen:
        check_name(name, f"coordinate name of {shape}")
        if not name.isidentifier():
            raise DeclarationError(f"coordinate name {name!r} of {shape} is not a word", hint="use letters, digits and _")
    if len(set(chosen)) < dimension:
        raise DeclarationError(
            f"names={names!r} of {shape}: every coordinate needs a name of its own", hint="rename those that occur twice"
        )
    return chosen


def check_name(name: object, role: str) -> None:
    """Refuse what is not a non-empty string."""
    if not isinstance(name, str) or not name.strip():
        raise DeclarationError(
            f"{role} must be a non-empty string, not {name!r}", hint='write a word in quotes, for instance "wall"'
        )


def outline_names(name: str | None, defaults: Sequence[str], shape: str) -> tuple[str, ...]:
    """The names of the boundary patches: the user's one name for all of them, or the defaults."""
    if name is None:
        return tuple(defaults)
    check_name(name, f"name of {shape}")
    return (name,) * len(defaults)


def written(values: Sequence[float]) -> str:
    """Numbers as a user writes a tuple: (0, 1.5)."""
    return "(" + ", ".join(f"{value:g}" for value in values) + ")"
