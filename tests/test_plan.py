"""What a plan says about a problem is what solving it then does."""

from __future__ import annotations

import re

import pytest
from compute_problems import bar, collocation, conductivity, everything, oscillator, plate, ring, source

from pinnaux import Condition, Field, Interval, Observations, Problem, Rectangle, TimeInterval, at, cos, diff, dot, grad, integral, laplacian, pi, sin
from pinnaux.ansatz import Ansatz, Group, Trained
from pinnaux.architecture import embedding
from pinnaux.collocation import Purpose
from pinnaux.network import Network
from pinnaux.plan import Plan
from pinnaux.settings import Settings


@pytest.mark.parametrize("problem", [bar, plate, oscillator, ring, source, conductivity, everything])
def test_unknowns_are_counted_as_the_networks_have_them(problem) -> None:
    plan = Plan.of(problem())
    settings = plan.settings
    groups = []
    for fields in plan.groups:
        network = Network.dense(embedding(fields, plan.problem.domain), settings.hidden_widths, len(fields), settings.activation)
        groups.append(Group((), (), (Trained(network),)))
    assert plan.unknowns == Ansatz(tuple(groups), len(plan.problem.parameters)).size


@pytest.mark.parametrize("problem", [bar, plate, source, conductivity, everything])
def test_as_many_points_are_drawn_as_are_counted(problem) -> None:
    points = collocation(problem(), fewest_points=20)
    plan = points.plan
    for region, block in zip(plan.regions, points.blocks(300, Purpose(0, 1))):
        listed = region.region.kind == "observations" or (region.region.kind == "boundary" and plan.problem.domain.names == ("x",))
        if not listed:      # neither measurements nor the two ends of an interval
            assert block.surroundings.count == plan.count(region, 300)
        assert len(block.names) == len(set(block.names)) == len(region.formulas)


def test_conditions_on_one_region_share_its_points() -> None:
    domain = Rectangle((0, 0), (1, 1))
    u, v = Field("u", domain), Field("v", domain)
    plan = Plan.of(Problem([u, v], [
        Condition("first", laplacian(u) == v, on=domain), Condition("left u", u == 0, on=domain.boundary["left"]),
        Condition("second", laplacian(v) == u, on=domain.interior), Condition("left v", v == 1, on=domain.boundary["left"]),
        Condition("rest", u == v, on=domain.boundary["right", "top", "bottom"])]))
    assert [[condition.name for condition in region.conditions] for region in plan.regions] == [["first", "second"], ["left u", "left v"], ["rest"]]
    assert [region.components for region in plan.regions] == [("first", "second"), ("left u", "left v"), ("rest",)]


def test_components_of_a_vector_condition_are_numbered_and_know_their_owner() -> None:
    interior, *_ = Plan.of(everything()).regions
    assert interior.components == ("motion[0]", "motion[1]", "source")
    assert interior.owners == ("motion", "motion", "source")


def test_unknowns_of_the_same_coordinates_share_a_network() -> None:
    groups = Plan.of(everything()).groups
    assert [[field.name for field in group] for group in groups] == [["u", "v"], ["q"]]
    assert len(Plan.of(oscillator()).groups) == 1


def test_other_regions_divide_their_share_of_the_points() -> None:
    plan = Plan.of(everything(), Settings(fewest_points=1, other_share=0.5))
    counts = {region.region.kind: plan.count(region, 1000) for region in plan.regions}
    assert counts["interior"] == 1000 and counts["boundary"] == counts["initial"] == 250
    assert all(plan.count(region, 4) >= 1 for region in plan.regions)


def test_more_unknowns_ask_for_more_points_and_more_equations_for_fewer() -> None:
    one, many = Plan.of(bar()), Plan.of(everything())
    assert one.interior_points(2000) == 2000 * one.settings.points_per_unknown
    assert many.interior_points(2000) == pytest.approx(one.interior_points(2000) / 3, abs=1)
    assert one.interior_points(1) == one.settings.fewest_points


def test_there_are_at_least_as_many_points_as_are_asked_for() -> None:
    plan = Plan.of(everything(), Settings(points=60_000))
    counts = {region.region.kind: plan.count(region, plan.interior_points(2000)) for region in plan.regions}
    assert counts == {"interior": 60_000, "boundary": 10_000, "initial": 10_000, "observations": 11}
    assert Plan.of(bar(), Settings(points=5)).interior_points(2000) == Plan.of(bar()).interior_points(2000)


@pytest.mark.parametrize("problem", [bar, plate, source, conductivity, everything])
def test_a_plan_prints_its_conditions_regions_and_numbers(problem) -> None:
    declared = problem()
    plan = Plan.of(declared)
    text = str(plan)
    for condition in declared.conditions:
        assert f"  {condition.name}: {condition.equation}\n" in text
    for region in plan.regions:
        count = plan.count(region, plan.interior_points(plan.unknowns))
        assert f"{region.region.describe()}: measure {region.region.measure:.6g}, {count} points" in text
    unknowns, rows = (int(number) for number in re.search(r"\n(\d+) unknowns, (\d+) residuals", text).groups())
    assert unknowns == plan.unknowns
    assert rows == sum(plan.count(region, plan.interior_points(unknowns)) * len(region.formulas) for region in plan.regions)
    assert plan.memory > 8 * unknowns * rows


def test_a_plan_prints_the_derivatives_that_travel_through_the_networks() -> None:
    text = str(Plan.of(everything()))
    assert "derivatives: u, v: value, ∂x, ∂y, ∂t, ∂xx + ∂yy; q: value, ∂x, ∂xx" in text
    assert "derivatives: u, v: value, ∂x, ∂y; q: value" in text


def test_what_may_have_been_forgotten_is_noted() -> None:
    """A boundary part without a condition, and a field of which only derivatives are asked."""
    domain = Rectangle((0, 0), (1, 1))
    x, y = domain.coordinates
    p = Field("p", domain)
    problem = Problem(fields=[p], conditions=[
        Condition("balance", laplacian(p) == cos(pi * x), on=domain),
        Condition("sealed", dot(grad(p), domain.normal) == 0, on=domain.boundary["left", "right", "top"]),
    ])
    plan = Plan.of(problem)
    assert plan.notes == ("no condition on the boundary part 'bottom'", "the conditions hold p only through derivatives: it is found up to a constant")
    assert all(f"note: {note}" in str(plan) for note in plan.notes)
    pinned = Problem(fields=[p], conditions=[*problem.conditions, Condition("pinned", p == 0, on=domain.boundary["bottom"])])
    assert Plan.of(pinned).notes == ()


def test_a_missing_initial_condition_is_noted() -> None:
    """One for every order in time, of every field: not of what has no time derivative, nor where data may stand in."""
    domain = Interval(0, 1) * TimeInterval(0, 1)
    x, t = domain.coordinates
    u, p = Field("u", domain), Field("p", domain)
    conditions = [
        Condition("wave", diff(u, t, t) == laplacian(u) + p, on=domain),
        Condition("source", p == sin(x), on=domain),
        Condition("ends", u == 0, on=domain.boundary),
    ]
    at_rest = Condition("at rest", diff(u, t) == 0, on=domain.initial)
    start = Condition("start", u == sin(pi * x), on=domain.initial)

    def notes(*more: Condition) -> tuple[str, ...]:
        return Plan.of(Problem([u, p], [*conditions, *more])).notes

    assert notes() == ("u has time derivatives of order 2 and no conditions at any moment",)
    assert notes(at_rest) == ("u has time derivatives of order 2 and 1 condition at any moment",)
    assert notes(at_rest, start) == ()
    assert notes(start, Condition("again", at(diff(u, t), x=0.5, t=0) == at(diff(u, t), x=0.5, t=1))) == ()
    probes = Observations({"x": [0.5, 0.5], "t": [0.1, 0.2], "u": [1.0, 0.9]}, domain, columns=("u",))
    assert notes(Condition("probes", u == probes["u"], on=probes)) == ()


def beam(*conditions: str, order: int = 4) -> Plan:
    """A beam with some of its conditions at the ends."""
    domain = Interval(0, 1)
    w, (x,) = Field("w", domain), domain.coordinates
    known = {
        "held": Condition("held", w == 0, on=domain.boundary), "clamped": Condition("clamped", diff(w, x) == 0, on=domain.boundary),
        "prop": Condition("prop", w == 0, on=domain.interior.where(x == 0.5)), "slope": Condition("slope", diff(w, x) == 0, on=domain.boundary["left"]),
        "mean": Condition("mean", integral(w, over=domain) == 1)}
    return Plan.of(Problem([w], [Condition("beam", diff(w, *[x] * order) == 24, on=domain), *(known[one] for one in conditions)]))


@pytest.mark.parametrize("plan", [beam("held", "clamped"), beam("held", "prop", "slope"), beam("held", "slope", "mean"), beam("held", "slope", order=3)])
def test_conditions_that_are_enough_for_a_high_order_are_not_noted(plan: Plan) -> None:
    assert plan.notes == ()


def test_conditions_that_are_too_few_for_a_high_order_are_noted() -> None:
    assert beam("held").notes == ("w has derivatives of order 4 in space and 2 conditions on 'left', 'right' together, where 4 are needed",)
    assert beam("held", order=3).notes == ("w has derivatives of order 3 in space and 2 conditions on 'left', 'right' together, where 3 are needed",)


def plates(split: bool, *sides: str) -> Plan:
    """Δ²w = 1, at once or by moments, hinged on some sides and only held on the others."""
    domain = Rectangle((0, 0), (1, 1))
    w, moment = Field("w", domain), Field("m", domain)
    if split:
        fields, equations, bent = [w, moment], {"bent": laplacian(w) == moment, "loaded": laplacian(moment) == 1}, moment
    else:
        fields, equations, bent = [w], {"loaded": laplacian(laplacian(w)) == 1}, laplacian(w)
    return Plan.of(Problem(fields, [*(Condition(name, one, on=domain) for name, one in equations.items()), Condition("held", w == 0, on=domain.boundary),
                                    Condition("hinged", bent == 0, on=domain.boundary[sides])]))


def test_a_side_of_a_plate_with_too_few_conditions_is_noted() -> None:
    assert plates(False, "left", "right", "bottom", "top").notes == plates(True, "left", "right", "bottom", "top").notes == ()
    assert plates(False, "left", "right", "bottom").notes == ("w has derivatives of order 4 in space and 1 condition on 'top', where 2 are needed",)
    assert plates(False, "left").notes == ("w has derivatives of order 4 in space and 1 condition on each of 'right', 'bottom', 'top', where 2 are needed",)


@pytest.mark.parametrize(("side", "noted"), [("left", ()), (None, ("no condition on the boundary parts 'left', 'right'",))])
def test_a_side_where_something_flows_out_needs_no_condition(side: str | None, noted: tuple[str, ...]) -> None:
    domain = Interval(0, 1) * TimeInterval(0, 1)
    u, (x, t) = Field("u", domain), domain.coordinates
    conditions = [Condition("carried", diff(u, t) + diff(u, x) == 0, on=domain), Condition("start", u == sin(x), on=domain.initial)]
    inflow = [Condition("inflow", u == -sin(t), on=domain.boundary[side])] if side else []
    assert Plan.of(Problem([u], conditions + inflow)).notes == noted
