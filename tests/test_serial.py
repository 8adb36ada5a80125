"""Values as plain data and back."""

from __future__ import annotations

from io import BytesIO

import cases
import pytest
import torch
from cases import Case

from pinnaux.ansatz import Ansatz, Features, Frozen, Group, Tangent, Trained
from pinnaux.jets.spec import JetSpec
from pinnaux.serial import CLASSES, decode, encode
from pinnaux.settings import Settings
from pinnaux.verdict import ConditionVerdict, Verdict


def through_a_file(value: object) -> object:
    """Encoded, saved, loaded by a loader that makes plain data only, decoded."""
    buffer = BytesIO()
    torch.save(encode(value), buffer)
    buffer.seek(0)
    return decode(torch.load(buffer, weights_only=True))


@pytest.mark.parametrize("case", cases.networks)
def test_a_network_comes_back_the_same_function(case: Case) -> None:
    again, spec = through_a_file(case.network), cases.spec_for(case)
    assert again.layers == case.network.layers
    assert torch.equal(again.push(case.parameters, case.points, spec)[0], case.network.push(case.parameters, case.points, spec)[0])


def test_every_branch_comes_back_with_its_function() -> None:
    case = cases.dense(2)
    hidden = case.parameters[: case.network.size - case.network.layers[-1].size]
    trained = Trained(case.network)
    branches = (trained, Features(case.network, hidden), Tangent(case.network, case.parameters), Frozen(trained, case.parameters))
    group = Group(("u", "v"), ("x", "y"), branches)
    again = through_a_file(Ansatz((group,), numbers=2)).groups[0]
    theta, spec = cases.normal(group.size), JetSpec.closure(2, [(1, 1)])
    assert torch.equal(again.push(theta, case.points, spec)[0], group.push(theta, case.points, spec)[0])
    assert (again.unknowns, again.coordinates) == (group.unknowns, group.coordinates)


@pytest.mark.parametrize("value", [
    Settings(accuracy=1e-7, seed=5, hidden_widths=(3, 4)),
    Verdict("failure", "why", 1e-3, {"a b": ConditionVerdict(1.0, float("inf"), 3.0, 4)}, {"u": 0.1}, condition="a b"),
    (1, 2.5, "text", None, True, ()), {"x": (1, 2)},
], ids=["settings", "verdict", "tuple", "mapping"])
def test_plain_values_come_back_equal(value: object) -> None:
    assert through_a_file(value) == value


def test_only_known_classes_are_made() -> None:
    assert all(cls.__module__.startswith("pinnaux.") for cls in CLASSES.values())
    with pytest.raises(KeyError):
        decode({"class": "Path", "path": "/"})
