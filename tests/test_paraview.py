"""The collection opened by a real ParaView, as a user opens it: reader, blocks, arrays, ranges, times, and a picture."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import known
import numpy as np
import pytest

from pinnaux.export import TIMES, export

pytestmark = pytest.mark.paraview

INSTALL = "apt-get install --no-install-recommends paraview python3-paraview xvfb xauth"
LSHAPE = Path(__file__).parent.parent / "problems" / "poisson_lshape.py"
SCRIPT = Path(__file__).with_name("pv_open.py")
DISPLAY = ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24 -noreset"]
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")      # another vtk on the path makes pvpython crash
CASES = {"bar": known.bar, "corner": known.corner, "flow": known.flow, "box": lambda: known.box(3)}
FIELDS = {"flow": "p"}


@pytest.fixture(scope="module", autouse=True)
def paraview():
    missing = [program for program in ("pvpython", "xvfb-run", "xauth") if shutil.which(program) is None]
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"{', '.join(missing)} missing: {INSTALL}")
    assert not missing, f"{', '.join(missing)} missing: {INSTALL}"


@pytest.fixture(scope="module", params=CASES)
def opened(request, tmp_path_factory):
    """The solution, its collection, what ParaView reported of it, and the picture it drew."""
    folder = tmp_path_factory.mktemp(request.param)
    solution = CASES[request.param]()
    path = export(solution, folder, request.param)
    picture = folder / "picture.png"
    return solution, path, open_in_paraview(path, picture, FIELDS.get(request.param, "u")), picture


def open_in_paraview(path: Path, *words: object) -> dict:
    environment = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    done = subprocess.run([*DISPLAY, "pvpython", str(SCRIPT), str(path), *map(str, words)], env=environment,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_paraview_has_a_reader_and_nothing_to_complain_of(opened):
    _, _, seen, _ = opened
    assert seen["reader"] == "PVDReader"
    assert seen["messages"] == []


def test_the_times_are_the_problems(opened):
    solution, _, seen, _ = opened
    domain = solution.problem.domain
    expected = [] if domain.time is None else np.linspace(*domain.time.bounds, TIMES)
    assert np.allclose(seen["times"], expected, rtol=1e-12)
    assert len(seen["steps"]) == max(1, len(expected))


def test_blocks_are_the_domain_and_its_boundary_parts_by_name(opened):
    solution, _, seen, _ = opened
    for step in seen["steps"]:
        assert list(step["blocks"]) == ["domain", *solution.problem.domain.boundary_names]
        assert all(block["cells"] > 0 for block in step["blocks"].values())


def test_every_block_has_every_field_and_boundary_parts_their_normals(opened):
    solution, _, seen, _ = opened
    components = {0: 1, 1: 3, 2: 9}
    for step in seen["steps"]:
        for name, block in step["blocks"].items():
            for field, values in solution(np.zeros((1, solution.problem.domain.dimension))).items():
                array = block["arrays"][field]
                assert (array["components"], array["type"], array["nonfinite"]) == (components[values.ndim - 1], "float", 0)
            if name != "domain":
                assert block["arrays"]["normal"]["ranges"][-1] == pytest.approx([1, 1], rel=1e-6)


def test_ranges_are_the_solutions_at_the_files_own_points(opened):
    import pyvista

    solution, path, seen, _ = opened
    domain = solution.problem.domain
    grid = pyvista.read(next(path.parent.glob(f"{path.stem}_0000.vtu")))
    for step in seen["steps"]:
        points = np.asarray(grid.points)[:, :len(domain.space)]
        points = points if step["time"] is None else np.column_stack([points, np.full(len(points), step["time"])])
        for field, values in solution(points).items():
            flat = values.reshape(len(values), -1)
            size = np.linalg.norm(flat, axis=1)
            read = step["blocks"]["domain"]["arrays"][field]["ranges"]
            assert read[0] == pytest.approx([flat[:, 0].min(), flat[:, 0].max()], rel=1e-6, abs=1e-6)
            if values.ndim > 1:
                assert read[-1] == pytest.approx([size.min(), size.max()], rel=1e-6, abs=1e-6)


def test_the_picture_shows_something(opened):
    from matplotlib.image import imread

    *_, picture = opened
    pixels = imread(picture)[..., :3].reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    assert len(colours) > 20
    assert 1 - counts.max() / len(pixels) > 0.001       # a line is thin


@pytest.mark.parametrize("name", ["wave_spacetime.vtu", "wave_points.vtu"])
def test_the_files_beside_the_collection_open_too(tmp_path, name):
    export(known.wave(), tmp_path, "wave")
    seen = open_in_paraview(tmp_path / name)
    assert seen["reader"] == "XMLUnstructuredGridReader" and seen["messages"] == []
    (block,) = seen["steps"][0]["blocks"].values()
    assert block["cells"] > 0


@pytest.mark.slow
def test_what_the_readmes_first_command_writes_opens(tmp_path):
    command = [sys.executable, "-m", "pinnaux", "solve", str(LSHAPE), "--out", str(tmp_path)]
    solved = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert solved.returncode in (0, 2), solved.stdout + solved.stderr
    seen = open_in_paraview(tmp_path / LSHAPE.stem / f"{LSHAPE.stem}.pvd", tmp_path / "picture.png", "u")
    assert seen["messages"] == []
    (step,) = seen["steps"]
    low, high = step["blocks"]["domain"]["arrays"]["u"]["ranges"][0]
    assert (low, high) == pytest.approx((0, 0.149), abs=2e-3)
    assert list(step["blocks"]) == ["domain", *(f"edge {number}" for number in range(6))]
