"""Find the coefficients of u_t + A u u_x + B u_xxx + C g = 0 from measurements of u."""
from pinnaux import *

domain = Interval(0, 1) * TimeInterval(0, 1)
x, t = domain.coordinates
u = Field("u", domain)
A, B, C = Parameter("A", initial=0.6), Parameter("B", initial=0.2), Parameter("C", initial=0.8)
measured = Observations("C57_u.csv", domain, columns=("u",))
g = -sin(2 * x) * sin(t) ** 2 / 2 + 0.0025 * cos(x) * sin(t) - sin(x) * cos(t)

problem = Problem(
    fields=[u],
    conditions=[
        Condition("kdv", diff(u, t) + A * u * diff(u, x) + B * diff(u, x, x, x) + C * g == 0, on=domain),
        Condition("measured", u == measured["u"], on=measured),
    ],
)
