"""Two waves held together by an algebraic constraint, u₃ the force that does it.

∂²u₁/∂t² = ∂²u₁/∂x² + u₃ sin πx,  ∂²u₂/∂t² = ∂²u₂/∂x² + u₃ cos πx,  u₁ sin πx + u₂ cos πx = e^-t.
"""
from pinnaux import *

domain = Interval(0, 1) * TimeInterval(0, 1)
x, t = domain.coordinates
u1, u2, u3 = (Field(name, domain) for name in ("u1", "u2", "u3"))
s, c = sin(pi * x), cos(pi * x)
left, right = domain.boundary["left"], domain.boundary["right"]

problem = Problem(
    fields=[u1, u2, u3],
    conditions=[
        Condition("first wave", diff(u1, t, t) == diff(u1, x, x) + u3 * s, on=domain),
        Condition("second wave", diff(u2, t, t) == diff(u2, x, x) + u3 * c, on=domain),
        Condition("constraint", u1 * s + u2 * c == exp(-t), on=domain),
        Condition("first at first", u1 == s, on=domain.initial),
        Condition("second at first", u2 == c, on=domain.initial),
        Condition("first speed", diff(u1, t) == -s, on=domain.initial),
        Condition("second speed", diff(u2, t) == -c, on=domain.initial),
        Condition("first at the ends", u1 == 0, on=domain.boundary),
        Condition("second at the left", u2 == exp(-t), on=left),
        Condition("second at the right", u2 == -exp(-t), on=right),
    ],
)
