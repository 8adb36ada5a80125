"""The files ParaView opens: unstructured grids (.vtu, zlib) and collections of them over time (.pvd).

pyvista builds the grids; meshio never writes (with NumPy 2 some of its formats come out corrupt), and no XDMF or VTKHDF,
which the ParaViews in use open badly or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

import numpy as np

from pinnaux.errors import TrainingError, UsageError

# the names of cells in meshes, and VTK's
CELL_KINDS: Mapping[str, str] = MappingProxyType({
    "vertex": "VERTEX", "line": "LINE", "triangle": "TRIANGLE", "quad": "QUAD", "tetra": "TETRA",
    "hexahedron": "HEXAHEDRON", "wedge": "WEDGE", "pyramid": "PYRAMID"})


@dataclass(frozen=True)
class Entry:
    """One line of a collection: the file of one part at one time (None: the same at all times)."""

    file: str
    part: int
    name: str
    time: float | None


def grid_bytes(points: np.ndarray, cells: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray]) -> bytes:
    """A .vtu file of `points` (N, d), cells by kind (M, corners of the kind) and point arrays (N,), (N, 3) or (N, 9).

    Written in memory, so that a full disk is Python's error and not a line that VTK prints. Raises UsageError where VTK
    cannot encode the grid, which does not fit in memory then.
    """
    import pyvista
    from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridWriter

    grid = pyvista.UnstructuredGrid({pyvista.CellType[CELL_KINDS[kind]]: np.ascontiguousarray(corners)
                                     for kind, corners in cells.items()}, in_space(points))
    for name, values in arrays.items():
        grid.point_data[name] = values
    writer = vtkXMLUnstructuredGridWriter()
    writer.SetInputData(grid)
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    writer.SetCompressorTypeToZLib()
    writer.SetWriteToOutputString(True)
    if not writer.Write():
        raise UsageError(f"VTK could not encode a grid of {len(points)} points for ParaView",
                         hint="free some memory, then write the files of the saved solution again by `pinnaux export`")
    content = writer.GetOutputString()
    return content if isinstance(content, bytes) else content.encode("utf-8")


def collection_text(entries: Sequence[Entry]) -> str:
    """A .pvd file: which file holds which part at which physical time."""
    root = ElementTree.Element("VTKFile", type="Collection", version="0.1", byte_order="LittleEndian")
    collection = ElementTree.SubElement(root, "Collection")
    for entry in entries:
        time = {} if entry.time is None else {"timestep": f"{entry.time:.17g}"}
        ElementTree.SubElement(collection, "DataSet", {**time, "part": str(entry.part), "name": entry.name, "file": entry.file})
    ElementTree.indent(root)
    return '<?xml version="1.0"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def collection_files(path: Path) -> set[str]:
    """The files a .pvd names; none where there is no such collection, or one that cannot be read."""
    try:
        return {entry.get("file", "") for entry in ElementTree.parse(path).iter("DataSet")}
    except (OSError, ElementTree.ParseError):
        return set()


def in_space(points: np.ndarray) -> np.ndarray:
    """(N, d) → (N, 3) float64: the first three coordinates, missing ones 0."""
    shown = np.asarray(points, dtype=np.float64)[:, :3]
    return np.pad(shown, ((0, 0), (0, 3 - shown.shape[1])))


def as_array(name: str, values: np.ndarray) -> np.ndarray:
    """What ParaView expects of a field: (N,) as it is, vectors (N, ≤3) → (N, 3), matrices (N, ≤3, ≤3) → (N, 9); float32.

    Raises TrainingError, naming the field, where a value is not finite (ParaView would draw it as a hole, or not at all).
    """
    with np.errstate(over="ignore"):
        single = np.asarray(values).astype(np.float32)
    bad = ~np.isfinite(single).reshape(len(single), -1).all(axis=1)
    if bad.any():
        raise TrainingError(f"{name!r} is not a finite number at {bad.sum()} of {len(bad)} points of the output mesh",
                            hint="an output that divides by zero somewhere, or takes the root or logarithm of a negative number?")
    if single.ndim == 2 and single.shape[1] < 3:
        single = np.pad(single, ((0, 0), (0, 3 - single.shape[1])))
    if single.ndim == 3:
        rows, columns = (max(0, 3 - size) for size in single.shape[1:])
        single = np.pad(single, ((0, 0), (0, rows), (0, columns))).reshape(len(single), -1)
    return single
