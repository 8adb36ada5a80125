"""What may be added to a field is left out of what is told of it, and nothing else is."""

from __future__ import annotations

import pytest
import torch
from cases import normal

from pinnaux import Condition, Field, Interval, Problem, TimeInterval, diff, sin
from pinnaux.gauge import Gauge
from pinnaux.plan import Plan


def plan(kind: str) -> Plan:
    """p known by its slopes, at all moments, or also by how it changes, or held at an end."""
    domain = Interval(0, 1) * TimeInterval(2, 5)
    (x, t), p = domain.coordinates, Field("p", domain)
    more = {"adrift": [], "constant": [Condition("changes", diff(p, t) == 0, on=domain)],
            "given": [Condition("held", p == 0, on=domain.boundary["left"])]}[kind]
    return Plan.of(Problem([p], [Condition("slope", diff(p, x) == sin(x), on=domain), *more]))


def points() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(500, 2, generator=generator, dtype=torch.float64) * torch.tensor([1.0, 3.0]) + torch.tensor([0.0, 2.0])


@pytest.mark.parametrize(("kind", "constant", "of_time"), [("adrift", 0.0, 0.0), ("constant", 0.0, 1.0), ("given", 1.0, 1.0)])
def test_only_what_may_be_added_is_left_out(kind: str, constant: float, of_time: float) -> None:
    where = points()
    gauge = Gauge.of(plan(kind), where)
    x, t = where.T[:, :, None]
    added = {"constant": 7.0 + 0 * t, "of time": torch.sin(2 * t) - torch.sin(2 * t).mean(), "field": torch.sin(3 * x) * t}
    left = {name: (gauge.without(values, "p").norm() / values.norm()).item() for name, values in added.items()}
    assert left["constant"] == pytest.approx(constant, abs=1e-9) and left["of time"] == pytest.approx(of_time, abs=1e-6) and left["field"] > 0.2
    assert torch.allclose(gauge.without(normal(500, 3), "another"), normal(500, 3))


def test_points_that_stand_for_more_of_the_domain_count_more() -> None:
    where = points()
    shares = torch.rand(500, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    values = where[:, :1] ** 2
    left = Gauge.of(plan("constant"), where, shares / shares.sum()).without(values, "p")
    assert (left[:, 0] * shares).sum().item() == pytest.approx(0, abs=1e-12)


def test_points_of_one_moment_tell_one_function_of_time() -> None:
    where = points()
    where[:, 1] = 3.5
    values = torch.sin(3 * where[:, :1])
    assert torch.allclose(Gauge.of(plan("adrift"), where).without(values, "p"), values - values.mean(), atol=1e-9)
    assert Gauge.of(plan("adrift"), where[:0]).without(values[:0], "p").shape == (0, 1)


def test_notes_tell_what_is_left_open() -> None:
    assert [("function of time" in note, "constant" in note) for note in (plan("adrift").notes[-1], plan("constant").notes[1])] == [(True, False), (False, True)]
