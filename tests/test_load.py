"""Loading a problem file: its problem, or the user's own line; and nothing of it stays behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pinnaux import Problem, load
from pinnaux.errors import DeclarationError, PinnauxError, UsageError

HEAT = """\
from pinnaux import *
{extra}
domain = Interval(0, 1)
u = Field("u", domain)
problem = Problem(fields=[u], conditions=[Condition("c", laplacian(u) == {value}, on=domain)])
"""


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def heat(folder: Path, value: object = 1, extra: str = "", name: str = "heat.py") -> Path:
    return written(folder / name, HEAT.format(value=value, extra=extra))


def refusal(file: Path) -> PinnauxError:
    with pytest.raises(PinnauxError) as caught:
        load(file)
    return caught.value


def test_a_problem_file_gives_its_problem(tmp_path):
    problem = load(heat(tmp_path))
    assert isinstance(problem, Problem)
    assert str(problem.conditions[0].equation) == "u_xx == 1"


def test_paths_may_be_text_and_relative(tmp_path, monkeypatch):
    heat(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert load("heat.py").unknowns[0].name == "u"


def test_two_files_do_not_touch_each_other(tmp_path):
    one, other = load(heat(tmp_path, 1)), load(heat(tmp_path, 2, name="other.py"))
    again = load(tmp_path / "heat.py")
    assert [str(p.conditions[0].equation.right) for p in (one, other, again)] == ["1", "2", "1"]
    assert one.unknowns[0] is not again.unknowns[0]


def test_modules_beside_the_file_are_its_own(tmp_path):
    for folder, number in (("a", 1), ("b", 2)):
        written(tmp_path / folder / "material.py", f"conductivity = {number}\n")
        heat(tmp_path / folder, "material.conductivity", "import material")
    equations = [str(load(tmp_path / folder / "heat.py").conditions[0].equation) for folder in "abab"]
    assert equations == ["u_xx == 1", "u_xx == 2"] * 2


def test_nothing_stays_behind(tmp_path):
    written(tmp_path / "material.py", "conductivity = 1\n")
    path, modules = list(sys.path), set(sys.modules)
    load(heat(tmp_path, "material.conductivity", "import sys, material; sys.path.append('elsewhere')"))
    assert sys.path == path
    assert {name for name in set(sys.modules) - modules if "material" in name or "problem" in name} == set()


def test_nothing_stays_behind_after_an_error_either(tmp_path):
    written(tmp_path / "material.py", "conductivity = 1\n")
    path = list(sys.path)
    refusal(heat(tmp_path, "material.missing", "import material"))
    assert sys.path == path
    assert "material" not in sys.modules


def test_the_file_is_compiled_as_it_is_written(tmp_path):
    """pinnaux's own future imports are none of the file's."""
    load(heat(tmp_path, extra="def law(a: float): pass\nassert law.__annotations__['a'] is float"))


def test_a_link_to_a_file_is_a_file_where_the_link_lies(tmp_path):
    (tmp_path / "link").mkdir()
    written(tmp_path / "link" / "material.py", "conductivity = 7\n")
    file = heat(tmp_path / "target", "material.conductivity", "import material")
    (tmp_path / "link" / "heat.py").symlink_to(file)
    assert str(load(tmp_path / "link" / "heat.py").conditions[0].equation) == "u_xx == 7"


def test_pinnaux_itself_is_not_forgotten_when_the_file_lies_beside_it(tmp_path, monkeypatch):
    before = {name: module for name, module in sys.modules.items() if name.startswith("pinnaux")}
    load(heat(tmp_path))
    assert all(sys.modules[name] is module for name, module in before.items())


def test_a_file_may_hold_dataclasses_and_what_runs_only_as_a_program(tmp_path):
    extra = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass Material:\n    conductivity: float = 1.0\n"
        "if __name__ == '__main__':\n    raise SystemExit(3)\n"
    )
    source = extra.replace("from __future__ import annotations\n", "")
    file = written(tmp_path / "heat.py", "from __future__ import annotations\n" + HEAT.format(value="Material().conductivity", extra=source))
    assert str(load(file).conditions[0].equation) == "u_xx == 1"


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("y = undefined_thing", "NameError: name 'undefined_thing' is not defined", "the line reads: y = undefined_thing"),
        ("y = Intervall(0, 1)", "NameError: name 'Intervall' is not defined", "did you mean 'Interval'?"),
        ("y = 1 / 0", "ZeroDivisionError: division by zero", "the line reads: y = 1 / 0"),
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'", "install nothing_of_that_name, or put"),
        ("from pinnaux import Feild", "ImportError: cannot import name 'Feild'", "the line reads: from pinnaux import Feild"),
        ("y = [1, 2][5]", "IndexError: list index out of range", "the line reads"),
        ("raise ValueError", "ValueError", "the line reads: raise ValueError"),
        ("assert 1 > 2, 'numbers are odd today'", "AssertionError: numbers are odd today", "the line reads"),
        ("class Odd(Exception): pass\nraise Odd('indeed')", "Odd: indeed", "the line reads: raise Odd('indeed')"),
        ("exit(5)", "the problem file ended Python itself (exit)", "the line reads: exit(5)"),
        ("y = (1, 2", "SyntaxError: '(' was never closed", "the line reads: y = (1, 2"),
        ("  y = 1", "IndentationError: unexpected indent", "the line reads: y = 1"),
    ],
)
def test_a_python_error_is_shown_at_its_own_line(tmp_path, line, what, hint):
    file = heat(tmp_path, extra=line)
    error = refusal(file)
    assert isinstance(error, DeclarationError)
    assert error.what.startswith(what)
    assert hint in error.hint
    assert (error.where.file, error.where.line) == (str(file), 1 + len(line.splitlines()))


def test_a_forgotten_import_is_named(tmp_path):
    error = refusal(written(tmp_path / "heat.py", "domain = Interval(0, 1)\n"))
    assert error.hint == "pinnaux's names come with: from pinnaux import *"


def test_an_error_in_a_module_beside_the_file_is_shown_there_with_the_line_that_called(tmp_path):
    material = written(tmp_path / "material.py", "def law(u):\n    return u / 'one'\n")
    file = heat(tmp_path, "1", "import material\nmaterial.law(3)")
    error = refusal(file)
    assert str(error.where) == f"at {material}:2\n  called from {file}:3"
    declared = refusal(heat(tmp_path, "material.law(u)", "import material"))
    assert str(declared.where) == f"at {material}:2\n  called from {file}:5"


def test_a_syntax_error_in_a_module_beside_the_file_is_shown_there(tmp_path):
    material = written(tmp_path / "material.py", "x = 1\ny = = 2\n")
    error = refusal(heat(tmp_path, extra="import material"))
    assert (error.where.file, error.where.line) == (str(material), 2)


def test_an_error_inside_a_library_is_shown_at_the_users_line(tmp_path):
    file = heat(tmp_path, extra="import json\njson.loads('{')")
    error = refusal(file)
    assert error.what.startswith("JSONDecodeError")
    assert (error.where.file, error.where.line) == (str(file), 3)


def test_an_interrupt_passes_through(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        load(heat(tmp_path, extra="raise KeyboardInterrupt"))


def test_a_file_that_declares_no_problem_is_refused(tmp_path):
    error = refusal(written(tmp_path / "heat.py", "from pinnaux import *\n"))
    assert isinstance(error, UsageError)
    assert error.what.endswith("heat.py declares no 'problem'")
    assert error.hint == "end it with: problem = Problem(fields=[…], conditions=[…])"
    renamed = written(tmp_path / "other.py", (HEAT.format(value=1, extra="")).replace("problem =", "my_problem ="))
    assert refusal(renamed).hint == "rename 'my_problem' to 'problem'"


@pytest.mark.parametrize(("value", "named"), [("3", "number 3"), ("None", "None"), ("Field('u', Interval(0, 1))", "scalar u"), ("Problem", "class Problem")])
def test_a_problem_of_another_type_is_refused(tmp_path, value, named):
    error = refusal(written(tmp_path / "heat.py", f"from pinnaux import *\nproblem = {value}\n"))
    assert isinstance(error, UsageError)
    assert f"is no Problem but {named}" in error.what


def test_a_missing_file_gets_the_nearest_name(tmp_path):
    heat(tmp_path)
    for wrong in ("haet.py", "heat", "Heat.py"):
        error = refusal(tmp_path / wrong)
        assert isinstance(error, UsageError)
        assert error.what == f"there is no problem file {tmp_path / wrong}"
        assert "did you mean 'heat.py'?" in error.hint


def test_a_missing_folder_is_said(tmp_path):
    assert refusal(tmp_path / "nowhere" / "heat.py").hint == f"there is no folder {tmp_path / 'nowhere'} either"
    assert "there is no .py file in" in refusal(tmp_path / "heat.py").hint


def test_a_folder_and_a_file_that_is_not_python_are_refused(tmp_path):
    file = heat(tmp_path)
    folder = refusal(tmp_path)
    assert (folder.what, folder.hint) == (f"{tmp_path} is a folder, not a problem file", "name one of its problem files: heat.py")
    text = file.rename(tmp_path / "heat.txt")
    assert refusal(text).what == f"{text} is not a Python file: a problem file ends in .py"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(tmp_path):
    file = heat(tmp_path)
    file.chmod(0)
    assert refusal(file).what == f"cannot read {file}: Permission denied"


def test_a_file_that_is_not_text_is_refused(tmp_path):
    file = tmp_path / "heat.py"
    file.write_bytes(b"\x00\x01\x02")
    assert "null bytes" in refusal(file).what
    file.write_bytes("x = 'é'".encode("latin-1"))
    assert "utf-8" in refusal(file).what
