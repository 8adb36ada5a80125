"""Messages have three parts; the place is the user's own line, found from wherever inside pinnaux the error is raised."""

from __future__ import annotations

import functools
import os
import sys

import pytest

from pinnaux.errors import DeclarationError, Location, PinnauxError, TrainingError, UsageError, did_you_mean, here
from pinnaux.fields import Field
from pinnaux.geometry import Interval


def this_line() -> int:
    return sys._getframe(1).f_lineno


def test_a_message_is_what_where_hint_on_three_lines():
    error = PinnauxError("what is wrong", hint="what to do", where=Location("heat.py", 12))
    assert str(error) == "what is wrong\n  at heat.py:12\n  hint: what to do"


def test_a_message_leaves_out_the_parts_it_lacks():
    assert str(UsageError("there is no file x.py")) == "there is no file x.py"
    assert str(UsageError("no command", hint="pinnaux solve FILE")) == "no command\n  hint: pinnaux solve FILE"


def test_callers_are_listed_innermost_first():
    where = Location("heat.py", 12, (("heat.py", 20), ("heat.py", 31)))
    assert str(where) == "at heat.py:12\n  called from heat.py:20\n  called from heat.py:31"


def test_here_is_the_line_that_asks():
    where, line = here(), this_line()
    assert (where.file, where.line) == (__file__, line)


def test_an_error_raised_deep_inside_is_placed_at_the_users_line():
    with pytest.raises(DeclarationError) as caught:
        line = this_line() + 1
        Field("two words", Interval(0, 1))
    assert (caught.value.where.file, caught.value.where.line) == (__file__, line)


def misnamed(name: str) -> Field:
    return Field(name, Interval(0, 1))


def test_a_helper_of_the_users_is_placed_with_its_caller():
    with pytest.raises(DeclarationError) as caught:
        line = this_line() + 1
        misnamed("two words")
    where = caught.value.where
    assert where.line == misnamed.__code__.co_firstlineno + 1
    assert where.callers[0] == (__file__, line)


def test_a_comprehension_is_no_caller_of_its_own_line():
    with pytest.raises(DeclarationError) as caught:
        [Field(name, Interval(0, 1)) for name in ("two words",)]
    assert (__file__, caught.value.where.line) not in caught.value.where.callers


def test_library_frames_are_nobodys_own_line():
    with pytest.raises(DeclarationError) as caught:
        line = this_line() + 1
        functools.partial(Field, "two words")(Interval(0, 1))
    assert caught.value.where.line == line


def test_files_below_the_current_folder_are_shown_as_the_user_types_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(Location(str(tmp_path / "problems" / "heat.py"), 3)) == f"at problems{os.sep}heat.py:3"
    assert str(Location(os.sep + "elsewhere.py", 3)) == f"at {os.sep}elsewhere.py:3"


def test_a_training_error_names_its_condition():
    assert TrainingError("the loss is nan", condition="heat").condition == "heat"


@pytest.mark.parametrize(
    ("name", "answer"),
    [("lfet", "did you mean 'left'?"), ("Left", "did you mean 'left'?"), ("outflow", "known: 'left', 'right'")],
)
def test_a_misspelt_name_gets_the_nearest_known_one(name, answer):
    hint = did_you_mean(name, ("left", "right"))
    assert hint.startswith(answer)
    assert hint.endswith("known: 'left', 'right'")


def test_a_name_among_none_gets_no_suggestion():
    assert did_you_mean("left", ()) == "there is none to choose from"
