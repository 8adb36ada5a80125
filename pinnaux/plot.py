"""One picture of a solution: panels for each output, drawn by matplotlib, which needs no display.

Along one coordinate a curve (with time: a few curves and a map of the (t, x) plane), otherwise the maps of maps.py with
their colours shared; of what is complex, real and imaginary part. Where the exact solution is given, a last panel shows the difference from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pinnaux.export import Arrays, Piece, at_time, exact_values, fields, moments, pieces, values_at
from pinnaux.files import replacing
from pinnaux.maps import Map, maps, outline
from pinnaux.symbolic.complex import arrays

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

    from pinnaux.solution import Solution

CURVES = 5              # moments shown as curves
ACROSS = 4              # panels side by side, where outputs have one or two
ARROWS = 16             # arrows along each side of a map
PANEL_WIDTH = 4.6       # inches, colour bar included
FIELD_COLOURS, ERROR_COLOURS = "viridis", "RdBu_r"


def plot(solution: Solution, path: str | Path) -> Path:
    """Draw every field and output into the picture `path`, whose suffix says the format; returns the path."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.style.context("default"):
        figure = Figure(layout="constrained", dpi=150)
        FigureCanvasAgg(figure)
        draw(figure, solution)
        with replacing(Path(path)) as temporary:
            figure.savefig(temporary)
    return Path(path)


def draw(figure: Figure, solution: Solution) -> None:
    """Fill the figure: for each field and output its curves, its maps and, where it is known, its error."""
    domain = solution.problem.domain
    line = pieces(domain)[0] if len(domain.space) < 2 else None
    drawn = [(each, fields(solution, each.points)) for each in maps(domain)]
    usual = (line is not None) + len(drawn)
    exact = solution.problem.exact
    shown = {field.name: field for field in solution.problem.fields} | dict(solution.problem.outputs)
    counts = {array: usual + (name in exact) for name, formula in shown.items() for array in arrays(name, formula)}
    for name, panels in arranged(figure, counts, usual, panel_height([each for each, _ in drawn])).items():
        if line is not None:
            draw_curves(panels[0], solution, line, name)
        draw_maps(panels[usual - len(drawn):usual], drawn, name)
        for error in panels[usual:]:
            draw_error(error, solution, line, drawn, name)


def arranged(figure: Figure, counts: Mapping[str, int], usual: int, height: float) -> dict[str, list[Axes]]:
    """As many axes as each output has panels: a row each, or where one panel is usual, all side by side as on a page."""
    total = sum(counts.values())
    across = max(counts.values()) if usual > 1 else min(total, ACROSS)
    down = len(counts) if usual > 1 else -(-total // across)
    figure.set_size_inches(PANEL_WIDTH * across, height * down)
    grid = figure.subplots(down, across, squeeze=False)
    rest = iter(grid.ravel())
    found = {}
    for row, (name, count) in enumerate(counts.items()):
        found[name] = list(grid[row, :count]) if usual > 1 else list(islice(rest, count))
    for unused in set(grid.ravel()) - {axes for panels in found.values() for axes in panels}:
        unused.set_axis_off()
    return found


def panel_height(drawn: list[Map]) -> float:
    """Inches: maps with equal scales are as high as the domain's shape makes them, within reason."""
    if not drawn or not drawn[0].to_scale:
        return 0.8 * PANEL_WIDTH
    width, height = np.ptp(drawn[0].plane, axis=0)
    return float(np.clip(0.75 * PANEL_WIDTH * height / width, 0.3 * PANEL_WIDTH, 1.3 * PANEL_WIDTH)) + 0.5


def draw_curves(axes: Axes, solution: Solution, line: Piece, name: str) -> None:
    """The output along the line, at a few moments where there is time; the exact solution dashed."""
    from matplotlib import colormaps

    domain = solution.problem.domain
    every = moments(domain)
    times = every[::(len(every) - 1) // (CURVES - 1)] if len(every) > 1 else every
    for time, colour in zip(times, colormaps[FIELD_COLOURS](np.linspace(0, 0.9, len(times))), strict=True):
        points = at_time(domain, line.points, time)
        label = name if time is None else f"{domain.time.name} = {time:.4g}"
        values = values_at(solution, points)[name]
        draw_line(axes, line, size(values), color=colour, label=label)
        exact = exact_values(solution.problem, points)
        if name in exact:
            last = time == times[-1]
            draw_line(axes, line, size(exact[name]), color="black", linestyle=(0, (4, 4)), linewidth=0.9,
                      label="exact" if last else None)
    axes.set(title=_title(name, values), xlabel=domain.names[0])
    axes.grid(alpha=0.3)
    if len(axes.lines) > 1:
        axes.legend(fontsize="small")


def draw_line(axes: Axes, line: Piece, values: np.ndarray, label: str | None = None, **style: object) -> None:
    """A curve over the mesh of a line, interrupted where the mesh is."""
    along = line.points[:, 0]
    cells = np.take_along_axis(line.cells["line"], np.argsort(along[line.cells["line"]], axis=1), axis=1)
    cells = cells[np.argsort(along[cells[:, 0]])]
    for chain in np.split(cells, np.flatnonzero(cells[1:, 0] != cells[:-1, 1]) + 1):
        vertices = np.append(chain[:, 0], chain[-1, 1])
        axes.plot(along[vertices], values[vertices], label=label, **style)
        label = None


def draw_maps(panels: list[Axes], drawn: list[tuple[Map, Arrays]], name: str) -> None:
    """The same output in each map, with one range of colours and one colour bar."""
    if not panels:
        return
    shown = [size(values[name])[np.unique(each.triangles)] for each, values in drawn]
    limits = min(part.min() for part in shown), max(part.max() for part in shown)
    for axes, (each, values) in zip(panels, drawn, strict=True):
        image = draw_map(axes, each, size(values[name]), FIELD_COLOURS, limits)
        axes.set_title(", ".join(part for part in (_title(name, values[name]), each.title) if part))
        if each.to_scale and values[name].ndim == 2 and values[name].shape[1] > max(each.axes):
            draw_arrows(axes, each, values[name])
    draw_colour_bar(image, panels)


def draw_error(axes: Axes, solution: Solution, line: Piece | None, drawn: list[tuple[Map, Arrays]], name: str) -> None:
    """The difference from the exact solution, over the line or in the last map."""
    title = f"{name} − exact"
    if not drawn:
        error = fields(solution, line.points)[f"{name}_error"]
        draw_line(axes, line, size(error), color="tab:red")
        axes.set(title=title, xlabel=solution.problem.domain.names[0])
        axes.grid(alpha=0.3)
        return
    each, values = drawn[-1]
    error = values[f"{name}_error"]
    largest = np.abs(size(error)[np.unique(each.triangles)]).max() or 1.0
    signed = error.ndim == 1
    image = draw_map(axes, each, size(error), ERROR_COLOURS if signed else FIELD_COLOURS, (-largest * signed, largest))
    axes.set_title(", ".join(part for part in (title if signed else f"|{title}|", each.title) if part))
    draw_colour_bar(image, [axes])


def draw_map(axes: Axes, each: Map, values: np.ndarray, colours: str, limits: tuple[float, float]) -> ScalarMappable:
    """Values (N,) in colour over the map's triangles, with the outline of a map in space."""
    from matplotlib.collections import LineCollection

    image = axes.tripcolor(*each.plane.T, each.triangles, values, shading="gouraud", cmap=colours, vmin=limits[0],
                           vmax=limits[1], rasterized=True)
    if each.equal:
        axes.add_collection(LineCollection(each.plane[outline(each.triangles)], color="black", linewidth=0.8, capstyle="round"))
    axes.margins(0.02 if each.equal else 0)
    axes.set(xlabel=each.labels[0], ylabel=each.labels[1], aspect="equal" if each.to_scale else "auto")
    return image


def draw_colour_bar(image: ScalarMappable, panels: list[Axes]) -> None:
    """The scale beside the panels it holds for, 1e-6 written once and not in every label."""
    panels[0].figure.colorbar(image, ax=panels).formatter.set_powerlimits((-2, 3))


def draw_arrows(axes: Axes, each: Map, values: np.ndarray) -> None:
    """The vector's components in the plane, at about one point of the mesh in each square of a coarse grid."""
    used = np.unique(each.triangles)
    plane = each.plane[used]
    lower, side = plane.min(axis=0), np.ptp(plane, axis=0).max() / ARROWS
    squares = (plane - lower) / side
    nearest = np.argsort(np.abs(squares % 1 - 0.5).max(axis=1))
    _, chosen = np.unique(squares[nearest].astype(int), axis=0, return_index=True)
    at = used[nearest[chosen]]
    vectors = values[at][:, each.axes]
    if not vectors.any():  # arrows without a length have no scale
        return
    axes.quiver(*each.plane[at].T, *vectors.T, color="white", pivot="middle", width=0.004)


def size(values: np.ndarray) -> np.ndarray:
    """What one colour can show: a scalar as it is, the length of a vector, the Frobenius norm of a matrix; (N,)."""
    return values if values.ndim == 1 else np.linalg.norm(values.reshape(len(values), -1), axis=1)


def _title(name: str, values: np.ndarray) -> str:
    return name if values.ndim == 1 else f"|{name}|"
