"""The verdict on a run and its exit status."""

from __future__ import annotations

import pytest

from pinnaux.verdict import EXIT_STATUS, Verdict


@pytest.mark.parametrize("status, expected", [("accuracy", 0), ("stagnation", 2), ("time", 2), ("steps", 2), ("failure", 3), ("interrupted", 130)])
def test_the_exit_status_tells_how_a_run_ended(status: str, expected: int) -> None:
    assert Verdict(status, "", 1e-4).exit_status == expected


def test_exit_statuses_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        EXIT_STATUS["accuracy"] = 1
