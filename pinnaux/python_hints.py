"""What to do about Python's own errors in a problem file: a misspelt name, a keyword or attribute that is not there, a wrong call."""

from __future__ import annotations

import difflib
import inspect
import linecache
import re
from collections.abc import Mapping

from pinnaux.errors import Location, did_you_mean
from pinnaux.geometry.domain import Domain
from pinnaux.problem import Problem
from pinnaux.spellings import NORMAL, foreign, taken_apart
from pinnaux.symbolic.formula import Formula

KEYWORD = re.compile(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'")
CALL = re.compile(r"(\w+)(?:\.__init__)?\(\) (?:takes|missing) ")
NOT_CALLABLE = re.compile(r"'(\w*Region|Domain)' object is not callable")
NOT_INDEXED = re.compile(r"'Domain' object is not subscriptable")
UNPACKED = re.compile(r"=\s*(.+)\.coordinates\b")
NEAR = 0.7


def hint_for(failure: BaseException, where: Location, known: Mapping[str, object]) -> str:
    """What to do, where the file knows these names; where nothing better comes to mind, the line itself."""
    linecache.checkcache(where.file)
    line = linecache.getline(where.file, where.line).strip()
    for kind, find in HINTS:
        if isinstance(failure, kind) and (hint := find(failure, known, line)):
            return hint
    return f"the line reads: {line}" if line else ""


def misspelt_name(failure: NameError, known: Mapping[str, object], line: str) -> str:
    """The coordinate that was not named yet, what other libraries call so, or the nearest name that the file knows, be it a capital letter away."""
    name = str(failure.name)
    lowered = {one.lower(): one for one in known}
    if name.lower() in lowered:
        return f"did you mean '{lowered[name.lower()]}'?"
    for owner, one in known.items():
        if isinstance(one, Domain) and name in one.names:
            return taken_apart(one.names, owner)
    if Problem.__name__ not in known:
        return "pinnaux's names come with: from pinnaux import *"
    near = difflib.get_close_matches(name.lower(), lowered, n=1)
    return foreign(name) or (f"did you mean '{lowered[near[0]]}'?" if near else "")


def missing_module(failure: ModuleNotFoundError, known: Mapping[str, object], line: str) -> str:
    """Whether pinnaux itself was meant, else where a module may come from."""
    if difflib.get_close_matches(str(failure.name), [__package__], n=1, cutoff=0.8):
        return f"did you mean '{__package__}'?"
    return f"install {failure.name}, or put {failure.name}.py beside the problem file"


def wrong_call(failure: TypeError, known: Mapping[str, object], line: str) -> str:
    """The keyword that was meant, or how the function is called."""
    if NOT_CALLABLE.search(str(failure)) or NOT_INDEXED.search(str(failure)):
        return 'domain.boundary is the whole boundary, domain.boundary["left", "right"] are parts of it'
    if found := KEYWORD.search(str(failure)):
        owner, keyword = known.get(found[1]), found[2]
        if isinstance(known.get(keyword), Formula):
            return f"an equation is written with two equality signs: {keyword} == …"
        return did_you_mean(keyword, inspect.signature(owner).parameters) if callable(owner) else ""
    found = CALL.search(str(failure))
    owner = known.get(found[1]) if found else None
    return f"it is called as {found[1]}{_bare(owner)}" if callable(owner) else ""


def wrong_count(failure: ValueError, known: Mapping[str, object], line: str) -> str:
    """The coordinates that there are, where they were unpacked into another number of names."""
    found = UNPACKED.search(line) if "values to unpack" in str(failure) else None
    if not found:
        return ""
    owner = known.get(found[1])
    return taken_apart(owner.names, found[1]) if isinstance(owner, Domain) else "one name for each coordinate, time last"


def missing_attribute(failure: AttributeError, known: Mapping[str, object], line: str) -> str:
    """The attribute that was meant, or the part of a boundary that is named in brackets."""
    owner, name = failure.obj, str(failure.name)
    if name in getattr(owner, "parts", ()):
        return f'a part of the boundary is named in brackets: ["{name}"]'
    if isinstance(owner, Domain) and name in owner.names:
        return taken_apart(owner.names)
    if name == "normal":
        return NORMAL
    if inspect.isroutine(known.get(name)):
        return f"it is a function: {name}(…)"
    near = difflib.get_close_matches(name, [one for one in dir(owner) if not one.startswith("_")], n=1, cutoff=NEAR)
    return f"did you mean '{near[0]}'?" if near else foreign(name)


def _bare(function: object) -> str:
    """A function's signature without types."""
    signature = inspect.signature(function)
    plain = [one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))


HINTS = ((NameError, misspelt_name), (ModuleNotFoundError, missing_module), (TypeError, wrong_call), (ValueError, wrong_count),
         (AttributeError, missing_attribute))
