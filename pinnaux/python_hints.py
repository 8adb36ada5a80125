"""What to do about Python's own errors in a problem file: a misspelt name, a keyword or attribute that is not there, a wrong call."""

from __future__ import annotations

import difflib
import inspect
import linecache
import re
from collections.abc import Mapping

from pinnaux.errors import Location, did_you_mean
from pinnaux.problem import Problem

KEYWORD = re.compile(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'")
CALL = re.compile(r"(\w+)(?:\.__init__)?\(\) (?:takes|missing) ")
NEAR = 0.7


def hint_for(failure: BaseException, where: Location, known: Mapping[str, object]) -> str:
    """What to do, where the file knows these names; where nothing better comes to mind, the line itself."""
    for kind, find in HINTS:
        if isinstance(failure, kind) and (hint := find(failure, known)):
            return hint
    linecache.checkcache(where.file)
    line = linecache.getline(where.file, where.line).strip()
    return f"the line reads: {line}" if line else ""


def misspelt_name(failure: NameError, known: Mapping[str, object]) -> str:
    """The nearest name that the file knows, be it a capital letter away."""
    lowered = {name.lower(): name for name in known}
    near = difflib.get_close_matches(str(failure.name).lower(), lowered, n=1)
    if near:
        return f"did you mean '{lowered[near[0]]}'?"
    return "" if Problem.__name__ in known else "pinnaux's names come with: from pinnaux import *"


def missing_module(failure: ModuleNotFoundError, known: Mapping[str, object]) -> str:
    """Whether pinnaux itself was meant, else where a module may come from."""
    if difflib.get_close_matches(str(failure.name), [__package__], n=1, cutoff=0.8):
        return f"did you mean '{__package__}'?"
    return f"install {failure.name}, or put {failure.name}.py beside the problem file"


def wrong_call(failure: TypeError, known: Mapping[str, object]) -> str:
    """The keyword that was meant, or how the function is called."""
    if found := KEYWORD.search(str(failure)):
        owner, keyword = known.get(found[1]), found[2]
        if keyword in known and not inspect.ismodule(known[keyword]):
            return f"an equation is written with two equality signs: {keyword} == …"
        return did_you_mean(keyword, inspect.signature(owner).parameters) if callable(owner) else ""
    found = CALL.search(str(failure))
    owner = known.get(found[1]) if found else None
    return f"it is called as {found[1]}{_bare(owner)}" if callable(owner) else ""


def missing_attribute(failure: AttributeError, known: Mapping[str, object]) -> str:
    """The attribute that was meant, or the part of a boundary that is named in brackets."""
    owner, name = failure.obj, str(failure.name)
    if name in getattr(owner, "parts", ()):
        return f'a part of the boundary is named in brackets: ["{name}"]'
    if callable(known.get(name)):
        return f"it is a function: {name}(…)"
    near = difflib.get_close_matches(name, [one for one in dir(owner) if not one.startswith("_")], n=1, cutoff=NEAR)
    return f"did you mean '{near[0]}'?" if near else ""


def _bare(function: object) -> str:
    """A function's signature without types."""
    signature = inspect.signature(function)
    plain = [one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))


HINTS = ((NameError, misspelt_name), (ModuleNotFoundError, missing_module), (TypeError, wrong_call), (AttributeError, missing_attribute))
