"""What a problem knows about itself once it is declared, and that nothing can change it afterwards."""

from __future__ import annotations

import dataclasses
import math

import pytest

from pinnaux import (
    ComplexField, Condition, Disk, Field, Interval, Parameter, Problem, Rectangle, TimeInterval, VectorField, abs, curl, diff, div, dot, grad,
    imag, laplacian, real,
)
from pinnaux.errors import DeclarationError
from pinnaux.plan import Plan

domain = (Rectangle((0, 0), (2, 1)) - Disk((0.6, 0.5), 0.1, name="hole")) * TimeInterval(0, 1)
x, y, t = domain.coordinates


def flow() -> tuple[VectorField, Field, Parameter, list[Condition]]:
    """Fields, a parameter and conditions of a small flow problem."""
    velocity, p, k = VectorField("velocity", domain, components=("u", "v")), Field("p", domain), Parameter("k", positive=True)
    momentum = diff(velocity, t) + dot(grad(velocity), velocity) + grad(p) == k * laplacian(velocity)
    return velocity, p, k, [
        Condition("momentum", momentum, on=domain),
        Condition("mass", div(velocity) == 0, on=domain),
        Condition("walls", velocity == (0, 0), on=domain.boundary["top", "bottom"]),
    ]


def test_a_problem_knows_its_unknowns_parameters_and_domain():
    velocity, p, k, conditions = flow()
    problem = Problem(fields=[velocity, p], conditions=conditions)
    assert [one.name for one in problem.unknowns] == ["u", "v", "p"]
    assert [one is k for one in problem.parameters] == [True]
    assert problem.domain is domain


def test_outputs_are_the_fields_unless_given():
    velocity, p, _, conditions = flow()
    problem = Problem(fields=[velocity, p], conditions=conditions)
    assert list(problem.outputs) == ["velocity", "p"]
    assert problem.outputs["velocity"] is velocity
    shown = Problem(fields=[velocity, p], conditions=conditions, outputs={"p": p, "speed": (velocity[0], 1), "one": 1})
    assert {name: str(formula) for name, formula in shown.outputs.items()} == {"p": "p", "speed": "(u, 1)", "one": "1"}


def test_exact_solutions_may_be_given_for_fields_components_and_outputs():
    velocity, p, _, conditions = flow()
    problem = Problem(
        fields=[velocity, p], conditions=conditions, outputs={"pressure": 2 * p},
        exact={"velocity": (y, 0), "u": y, "pressure": x * t},
    )
    assert {name: formula.shape for name, formula in problem.exact.items()} == {"velocity": (2,), "u": (), "pressure": ()}
    assert Problem(fields=[velocity, p], conditions=conditions).exact == {}


def test_a_complex_field_is_two_unknowns_of_one_network():
    psi = ComplexField("psi", domain)
    problem = Problem(fields=[psi], conditions=[Condition("c", psi == 1j, on=domain)], outputs={"density": abs(psi) ** 2}, exact={"psi": x})
    assert [one.name for one in problem.unknowns] == ["psi_real", "psi_imag"]
    assert list(problem.named) == ["psi", "psi_real", "psi_imag"]
    assert problem.named["psi"] is psi and problem.named["psi_imag"] is imag(psi)
    assert (str(problem.exact["psi"].real), str(problem.exact["psi"].imag)) == ("x", "0")
    (group,) = Plan.of(problem).groups
    assert group[0] is real(psi) and group[1] is imag(psi) and len(group) == 2


def test_a_complex_field_may_be_a_vector():
    field = ComplexField("E", domain, components=("Ex", "Ey"))
    condition = Condition("waves", curl(curl(field)) == 4j * field, on=domain)
    problem = Problem(fields=[field], conditions=[condition], exact={"E": (1j * y, 2)})
    assert field.shape == (2,)
    assert [one.name for one in problem.unknowns] == ["Ex_real", "Ey_real", "Ex_imag", "Ey_imag"]
    assert condition.component_names == ("waves.real[0]", "waves.real[1]", "waves.imag[0]", "waves.imag[1]")
    assert str(condition.residuals[1]) == "4*Ey_imag - (Ey_real_xx - Ex_real_xy)"
    assert [str(one) for one in problem.exact["E"].components] == ["0", "2", "y", "0"]


def test_a_part_of_a_complex_field_may_be_an_output_of_its_name():
    psi = ComplexField("psi", domain)
    problem = Problem(fields=[psi], conditions=[Condition("c", psi == 1j, on=domain)], outputs={"psi": psi, "psi_real": real(psi)})
    assert list(problem.outputs) == ["psi", "psi_real"]


def test_a_condition_has_one_residual_for_each_component():
    conditions = flow()[3]
    assert [str(one) for one in conditions[0].residuals] == [
        "u_t + u_x*u + u_y*v + p_x - k*(u_xx + u_yy)", "v_t + v_x*u + v_y*v + p_y - k*(v_xx + v_yy)",
    ]
    assert [str(one) for one in conditions[2].residuals] == ["u", "v"]


def test_a_condition_prints_itself():
    assert str(flow()[3][1]) == "mass: u_x + v_y == 0 on interior"


def test_a_condition_on_a_domain_holds_in_its_interior():
    assert flow()[3][0].region.key == domain.interior.key
    assert flow()[3][0].region.key == flow()[3][1].region.key


def test_a_condition_knows_where_it_was_written():
    assert flow()[3][0].where.file == __file__


def test_a_field_may_depend_on_fewer_coordinates_in_the_domains_order():
    steady = Field("steady", domain, depends_on=(y, x))
    assert [one.name for one in steady.coordinates] == ["x", "y"]
    assert steady.frame.names == ("x", "y")
    assert [one.name for one in VectorField("force", domain, depends_on=[t])[0].coordinates] == ["t"]


def test_fields_of_a_smaller_domain_join_those_of_the_largest():
    line = Interval(0, 2)
    height, p = Field("height", line), Field("p", domain)
    problem = Problem(fields=[height, p], conditions=[Condition("c", p == height, on=domain), Condition("d", height == 0, on=line.boundary)])
    assert problem.domain is domain


def test_the_bounds_of_a_parameter_are_kept():
    assert (Parameter("k", 2, lower=1).lower, Parameter("k", 2, lower=1).upper) == (1.0, None)
    assert Parameter("k", 2, positive=True).lower == 0.0
    assert Parameter("k", 2, lower=1, positive=True, upper=3).lower == 1.0
    assert Parameter("k").initial == 1.0


@pytest.mark.parametrize("value", [math.nan, math.inf, "1", True])
def test_a_parameter_starts_at_a_finite_number(value):
    with pytest.raises(DeclarationError, match="the initial value of parameter k must be a finite number"):
        Parameter("k", initial=value)


@pytest.mark.parametrize("bounds", [{"initial": 0, "lower": 0}, {"initial": 1, "upper": 1}, {"initial": -1, "positive": True}])
def test_a_parameter_starts_strictly_inside_its_bounds(bounds):
    with pytest.raises(DeclarationError, match="is not between"):
        Parameter("k", **bounds)


@pytest.mark.parametrize("name", ["", "two words", "1st", "for", 3, None])
def test_unknowns_need_names_that_are_words(name):
    for make in (lambda: Field(name, domain), lambda: VectorField(name, domain), lambda: Parameter(name)):
        with pytest.raises(DeclarationError, match="needs a name that is one word"):
            make()


@pytest.mark.parametrize("components", ["uv", (), ("u", 3), ("u", "u"), ("velocity", "v")])
def test_components_need_distinct_names(components):
    with pytest.raises(DeclarationError, match="component"):
        VectorField("velocity", domain, components=components)


def test_declarations_cannot_be_changed():
    velocity, p, k, conditions = flow()
    problem = Problem(fields=[velocity, p], conditions=conditions)
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.accuracy = 1e-3
    with pytest.raises(dataclasses.FrozenInstanceError):
        conditions[0].name = "other"
    for formula in (velocity, p, k, p + 1):
        with pytest.raises(DeclarationError, match="formulas are immutable"):
            formula.name = "other"
    with pytest.raises(TypeError):
        problem.outputs["q"] = p
    conditions.clear()
    assert len(problem.conditions) == 3


@pytest.mark.parametrize("limit", [0, -1, math.inf, math.nan, "1", True])
def test_limits_are_positive_numbers(limit):
    velocity, p, _, conditions = flow()
    for name in ("accuracy", "time_limit"):
        with pytest.raises(DeclarationError, match=f"{name} must be a positive number"):
            Problem(fields=[velocity, p], conditions=conditions, **{name: limit})


def test_names_of_fields_components_and_parameters_must_differ():
    velocity, p, k, conditions = flow()
    with pytest.raises(DeclarationError, match="two of the fields, parameters and functions are named 'u'"):
        Problem(fields=[velocity, Field("u", domain)], conditions=conditions)
    named_p = Condition("c", Parameter("p") * p == 1, on=domain)
    with pytest.raises(DeclarationError, match="two of the fields, parameters and functions are named 'p'"):
        Problem(fields=[velocity, p], conditions=[*conditions, named_p])
