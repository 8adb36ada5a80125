"""The nonlinear Schrödinger equation i h_t + ½ h_xx + |h|² h = 0 from h = 2 sech x, periodic: a pulse that breathes."""
from pinnaux import *

domain = Interval(-5, 5, periodic="x") * TimeInterval(0, pi / 2)
x, t = domain.coordinates
h = ComplexField("h", domain)

problem = Problem(
    fields=[h],
    conditions=[
        Condition("schroedinger", 1j * diff(h, t) + 0.5 * diff(h, x, x) + abs(h)**2 * h == 0, on=domain),
        Condition("initial", h == 2 / cosh(x), on=domain.initial),
    ],
    outputs={"amplitude": abs(h), "h": h},
    accuracy=1e-3,
)
