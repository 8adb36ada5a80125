"""Named functions: what `sin`, `exp` and the like are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pinnaux.symbolic.expression import Expr


class Elementary(NamedTuple):
    """A named function: its values on arrays, and its partial derivatives as formulas of the node and its arguments."""

    name: str
    values: Callable[..., np.ndarray]
    partials: Callable[..., tuple[Expr, ...]]
