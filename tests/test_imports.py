"""Who imports whom: downward only, without cycles; heavy libraries only where they are used, so that declaring is quick."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import pinnaux

PACKAGE = Path(pinnaux.__file__).parent
HEAVY = frozenset({"torch", "scipy", "pyvista", "vtk", "vtkmodules", "meshio", "matplotlib", "rich"})

# The declaration layer, from the bottom up: each may import those before it, and itself.
DECLARATION = (
    "errors", "locate", "symbolic", "geometry", "text_table", "tables", "fields", "unknown_function", "observations", "noise", "integrals", "elsewhere", "conditions",
    "eigenproblem", "problem", "modes", "spellings", "python_hints", "load")
# What joins both and solves, from the bottom up in the same way: formulas become residuals, residuals a solution.
SOLVING = (
    "files", "verdict", "doubts", "jets", "linalg", "network", "ansatz", "surroundings", "sites", "derivatives", "siteplan", "settings", "objective",
    "balance", "damped", "separated", "elimination", "lipschitz", "self_adaptive", "layer_solves", "homotopy", "evaluate", "integration", "early", "compilation", "kinks", "singular", "shortage", "plan", "gauge",
    "evolution", "collocation", "applications", "architecture", "units", "consistency", "residuals", "signature", "serial", "axis_values", "solution", "offsets", "trainers", "resumption", "driver", "solver")
# Networks know nothing of formulas.
COMPUTATION = ("errors", "jets", "linalg", "network")
# Nothing but these imports what is shown to the user.
PRESENTATION = frozenset({"bench", "cli", "curves", "heap", "export", "plot", "maps", "progress", "report", "__main__"})


class Import(NamedTuple):
    """One import: the module it is in, what it names, its line, and whether it waits inside a function."""

    importer: str
    name: str
    line: int
    lazy: bool


def module_name(file: Path) -> str:
    parts = ["pinnaux", *file.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def imported_names(node: ast.Import | ast.ImportFrom, module: str) -> Iterator[str]:
    """The modules an import statement names, absolute; `from package import submodule` names the submodule."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        is_package = MODULES[module].name == "__init__.py"
        package = module.split(".")[: None if is_package and node.level == 1 else -(node.level - is_package)]
        base = ".".join([*package, *([base] if base else [])])
    for alias in node.names:
        yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base


def is_for_types(node: ast.AST) -> bool:
    """Whether the node is `if TYPE_CHECKING:`, whose imports never run."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports_below(node: ast.AST, module: str, lazy: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield from (Import(module, name, child.lineno, lazy) for name in imported_names(child, module))
        elif not is_for_types(child):
            yield from imports_below(child, module, lazy or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))


IMPORTS = [one for name, file in MODULES.items() for one in imports_below(ast.parse(file.read_text(encoding="utf-8")), name, lazy=False)]


def library(one: Import) -> str:
    return one.name.split(".")[0]


def part(module: str) -> str:
    """The part of the package a module belongs to: 'geometry' of pinnaux.geometry.csg."""
    return module.split(".")[1] if "." in module else "__init__"


def listed(imports: list[Import]) -> list[str]:
    return [f"{one.importer}:{one.line} imports {one.name}" for one in imports]


OWN = [one for one in IMPORTS if library(one) == "pinnaux"]


def test_every_part_imports_those_below_it_only():
    place = {name: i for i, name in enumerate((*DECLARATION, *SOLVING))}
    assert {part(module) for module in MODULES} - {"__init__", "interrupt", "vtu"} == {*place, *PRESENTATION}
    inside = [one for one in OWN if part(one.importer) in place]
    upward = [one for one in inside if place.get(part(one.name), len(place)) > place[part(one.importer)]]
    assert listed(upward) == []
    assert len(inside) > len(place)


def test_networks_know_nothing_of_formulas():
    place = {name: i for i, name in enumerate(COMPUTATION)}
    inside = [one for one in OWN if part(one.importer) in place]
    assert listed([one for one in inside if place.get(part(one.name), len(place)) > place[part(one.importer)]]) == []


def test_nothing_imports_what_is_shown_to_the_user():
    upward = [one for one in OWN if part(one.name) in PRESENTATION and part(one.importer) not in PRESENTATION]
    assert listed(upward) == []


def test_no_module_imports_itself_by_a_detour():
    graph: dict[str, set[str]] = {name: set() for name in MODULES}
    for one in OWN:
        graph[one.importer].add(one.name)
    cycles, done = [], set()

    def visit(module: str, route: tuple[str, ...]) -> None:
        if module in route:
            cycles.append(" -> ".join([*route[route.index(module):], module]))
        elif module not in done:
            for name in sorted(graph.get(module, ())):
                visit(name, (*route, module))
            done.add(module)

    for module in graph:
        visit(module, ())
    assert cycles == []


def heavy_modules() -> set[str]:
    """Our modules that load torch when imported, directly or through others."""
    loads_torch = {one.importer for one in IMPORTS if library(one) == "torch" and not one.lazy}
    before = 0
    while before < len(loads_torch):
        before = len(loads_torch)
        loads_torch |= {one.importer for one in OWN if one.name in loads_torch and not one.lazy}
    return loads_torch


def test_only_heavy_imports_wait_inside_functions():
    """The command line is the exception: each command fetches its own modules. They count as imports in the search for cycles."""
    heavy = heavy_modules()
    waiting = [one for one in IMPORTS if one.lazy and library(one) not in HEAVY and one.name not in heavy and part(one.importer) != "cli"]
    assert listed(waiting) == []


@pytest.mark.parametrize("name", sorted(HEAVY - {"torch"}))
def test_libraries_that_are_slow_to_load_are_imported_only_where_used(name):
    assert listed([one for one in IMPORTS if library(one) == name and not one.lazy]) == []


def loaded_after(code: str) -> list[str]:
    """The heavy libraries in a fresh interpreter after running the code."""
    report = "\nimport json, sys\nprint(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    answer = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    return sorted(HEAVY & set(json.loads(answer.stdout.splitlines()[-1])))


def test_importing_pinnaux_loads_no_heavy_library():
    assert loaded_after("import pinnaux") == []


def test_loading_a_problem_loads_no_heavy_library(bar_file):
    assert loaded_after(f"import pinnaux; pinnaux.load({str(bar_file)!r})") == []


def test_checking_a_problem_loads_no_torch(bar_file):
    assert loaded_after(f"from pinnaux.cli import main; main(['check', {str(bar_file)!r}])") == []


def test_the_public_names_are_few_documented_and_there():
    assert len(pinnaux.__all__) <= 64
    assert sorted(pinnaux.__all__) == sorted(set(pinnaux.__all__))
    for name in pinnaux.__all__:
        thing = getattr(pinnaux, name)
        assert name == "pi" or thing.__doc__, name


def test_a_name_pinnaux_lacks_is_an_ordinary_attribute_error():
    with pytest.raises(AttributeError, match="module 'pinnaux' has no attribute 'laplace'"):
        pinnaux.laplace  # noqa: B018
