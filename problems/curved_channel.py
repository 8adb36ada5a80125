"""Flow through a quarter bend between round walls, developed from end to end: incompressible Navier-Stokes in polar coordinates."""
from pinnaux import *

domain = Rectangle((1, 0), (2, pi / 2)).polar()
r, theta = domain.coordinates
velocity = VectorField("velocity", domain, components=("outward", "along"))
p = Field("p", domain)
viscosity = 0.05
profile = 6 * (4 * log(2) / 3 * (r - 1 / r) - r * log(r))

problem = Problem(
    fields=[velocity, p],
    conditions=[
        Condition("momentum", dot(grad(velocity), velocity) + grad(p) == viscosity * laplacian(velocity), on=domain),
        Condition("mass", div(velocity) == 0, on=domain),
        Condition("walls", velocity == (0, 0), on=domain.boundary["left", "right"]),
        Condition("ends", velocity == (0, profile), on=domain.boundary["bottom", "top"]),
        Condition("level", p == 0, on=Observations([(1, 0)], domain)),
    ],
    outputs={"velocity": velocity, "p": p, "vorticity": curl(velocity)},
    exact={"velocity": (0, profile), "vorticity": diff(r * profile, r) / r},
)
