"""-((1 + x)² y')' = λ y, y = 0 at both ends and y' = 1 at the left one: an eigenvalue λ, sought from 50."""
from pinnaux import *

domain = Interval(0, 1)
x, = domain.coordinates
y = Field("y", domain)
eigenvalue = Parameter("eigenvalue", initial=50, positive=True)

problem = Problem(
    fields=[y],
    conditions=[
        Condition("equation", -diff((1 + x) ** 2 * diff(y, x), x) == eigenvalue * y, on=domain),
        Condition("ends", y == 0, on=domain.boundary),
        Condition("slope", diff(y, x) == 1, on=domain.boundary["left"]),
    ],
)
