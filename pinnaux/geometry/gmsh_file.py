"""Reads gmsh's MSH files, versions 2.2 and 4.1, text and binary, into points, elements and physical groups.

meshio is not used for it: it loses groups that share a name between dimensions, cannot read 4.1 files saved with all entities,
and leaves the process on a malformed file. Format: https://gmsh.info/doc/texinfo/gmsh.html#MSH-file-format
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from pinnaux.errors import DeclarationError

# gmsh's element type → kind by its corners, dimension, number of corners, number of nodes (corners come first).
ELEMENTS = MappingProxyType({
    1: ("line", 1, 2, 2), 8: ("line", 1, 2, 3), 26: ("line", 1, 2, 4),
    2: ("triangle", 2, 3, 3), 9: ("triangle", 2, 3, 6), 21: ("triangle", 2, 3, 10),
    3: ("quad", 2, 4, 4), 10: ("quad", 2, 4, 9), 16: ("quad", 2, 4, 8),
    4: ("tetra", 3, 4, 4), 11: ("tetra", 3, 4, 10), 29: ("tetra", 3, 4, 20),
    5: ("hexahedron", 3, 8, 8), 12: ("hexahedron", 3, 8, 27), 17: ("hexahedron", 3, 8, 20),
    6: ("wedge", 3, 6, 6), 13: ("wedge", 3, 6, 18), 18: ("wedge", 3, 6, 15),
    7: ("pyramid", 3, 5, 5), 14: ("pyramid", 3, 5, 14), 19: ("pyramid", 3, 5, 13),
    15: ("vertex", 0, 1, 1),
})
SAVING = "save it again with gmsh: gmsh file.msh -save -format msh41 -o new.msh"


@dataclass(frozen=True, eq=False)
class Block:
    """Elements (K, corners) of one kind, as indices of points, all in the physical groups numbered `groups`."""

    kind: str
    dimension: int
    corners: np.ndarray
    groups: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class GmshFile:
    """Points (M, 3), elements, and the names of physical groups by (dimension, number), in the order of the file."""

    points: np.ndarray
    blocks: tuple[Block, ...]
    names: dict[tuple[int, int], str]


class Malformed(Exception):
    """The file breaks the format; the text says how."""


class Numbers:
    """The numbers of a section one after the other, read alike from text and from binary."""

    def __init__(self, content: bytes, position: int, section: bytes, binary: bool) -> None:
        self.content, self.position, self.binary = content, position, binary
        self.tokens: list[bytes] = []
        if not binary:
            end = content.find(b"$End" + section, position)
            if end < 0:
                raise Malformed(f"section ${section.decode()} has no end")
            self.tokens, self.position = content[position:end].split(), 0

    def take(self, count: int, dtype: str) -> np.ndarray:
        """The next `count` numbers, (count,)."""
        count = int(count)
        if not self.binary:
            piece = self.tokens[self.position : self.position + count]
            self.position += count
            if len(piece) < count:
                raise Malformed("a section ends before all its numbers")
            return np.array(piece, dtype=float if dtype == "d" else np.int64)
        values = np.frombuffer(self.content, dtype, count, self.position)
        self.position += count * values.itemsize
        return values

    def integers(self, count: int) -> np.ndarray:
        """`int` of the format."""
        return self.take(count, "<i4")

    def sizes(self, count: int) -> np.ndarray:
        """`size_t` of the format."""
        return self.take(count, "<u8").astype(np.int64)

    def reals(self, count: int) -> np.ndarray:
        """`double` of the format."""
        return self.take(count, "<f8" if self.binary else "d")

    def count_line(self) -> int:
        """A count that stands on a line of text even in binary files (2.2)."""
        if not self.binary:
            return int(self.take(1, "i")[0])
        end = self.content.index(b"\n", self.position)
        line, self.position = self.content[self.position : end], end + 1
        return int(line)


def read_gmsh(path: Path) -> GmshFile:
    """The content of an existing MSH file. Raises DeclarationError, naming the file and the reason, if it cannot be read."""
    try:
        return _parsed(path.read_bytes())
    except Malformed as reason:
        raise DeclarationError(f"cannot read mesh {path}: {reason}", hint=SAVING) from None
    except (ValueError, IndexError, KeyError, OverflowError) as reason:
        raise DeclarationError(f"cannot read mesh {path}: it is damaged ({reason})", hint=SAVING) from None
    except OSError as reason:
        hint = "see that the file may be read, and that the disk is there"
        raise DeclarationError(f"cannot read mesh {path}: {reason.strerror}", hint=hint) from None


def _parsed(content: bytes) -> GmshFile:
    header = re.match(rb"\s*(?:\$Comments.*?\$EndComments\s*)?\$MeshFormat\s+([\d.]+)\s+([01])\s+(\d+)", content, re.DOTALL)
    if header is None:
        raise Malformed("it is no gmsh file (no $MeshFormat at its start)")
    version, binary = header[1].decode(), header[2] == b"1"
    if binary and content[header.end() :].lstrip(b" \r").startswith(b"\n\0\0\0\1"):
        raise Malformed("it was written on a machine of the other byte order")
    names = _physical_names(content)
    if version in ("4.1", "4"):
        return _parsed_4(content, binary, names)
    if version in ("2.2", "2", "2.1", "2.0"):
        return _parsed_2(content, binary, names)
    raise Malformed(f"its format is MSH {version}; 2.2 and 4.1 can be read")


def _physical_names(content: bytes) -> dict[tuple[int, int], str]:
    """(dimension, number) → name, in the order of the file. The section is text in binary files too."""
    section = re.search(rb"^\$PhysicalNames\s*\n(.*?)^\$EndPhysicalNames", content, re.DOTALL | re.MULTILINE)
    if section is None:
        return {}
    names = {}
    for dimension, number, name in re.findall(rb'^\s*(\d+)\s+(\d+)\s+"([^"]*)"', section[1], re.MULTILINE):
        names[int(dimension), int(number)] = name.decode("utf-8", "replace").strip()
    return names


def _section(content: bytes, name: bytes, binary: bool) -> Numbers:
    """The numbers of a section that must be there."""
    start = re.search(rb"^\$" + name + rb"\s*?\n", content, re.MULTILINE)
    if start is None:
        raise Malformed(f"it has no section ${name.decode()}")
    return Numbers(content, start.end(), name, binary)


def _parsed_4(content: bytes, binary: bool, names: dict[tuple[int, int], str]) -> GmshFile:
    groups = _entity_groups(content, binary)
    numbers = _section(content, b"Nodes", binary)
    tags, points = [], []
    for _ in range(numbers.sizes(4)[0]):
        dimension, _, parametric = numbers.integers(3)
        count = numbers.sizes(1)[0]
        tags.append(numbers.sizes(count))
        width = 3 + (int(dimension) if parametric else 0)
        points.append(numbers.reals(width * count).reshape(count, width)[:, :3])
    tag, point = np.concatenate([np.empty(0, int), *tags]), np.concatenate([np.empty((0, 3)), *points])
    numbers = _section(content, b"Elements", binary)
    blocks = []
    for _ in range(numbers.sizes(4)[0]):
        dimension, entity, code = (int(value) for value in numbers.integers(3))
        kind, _, corners, nodes = _element(code)
        count = numbers.sizes(1)[0]
        rows = numbers.sizes(count * (1 + nodes)).reshape(count, 1 + nodes)
        blocks.append(Block(kind, dimension, _indices(rows[:, 1 : 1 + corners], tag), groups.get((dimension, entity), ())))
    return GmshFile(point, tuple(blocks), names)


def _entity_groups(content: bytes, binary: bool) -> dict[tuple[int, int], tuple[int, ...]]:
    """(dimension, entity) → the physical groups it is in."""
    if b"$Entities" not in content:
        return {}
    numbers = _section(content, b"Entities", binary)
    groups = {}
    for dimension, count in enumerate(numbers.sizes(4)):
        for _ in range(count):
            (entity,) = numbers.integers(1)
            numbers.reals(3 if dimension == 0 else 6)
            groups[dimension, int(entity)] = tuple(int(abs(group)) for group in numbers.integers(numbers.sizes(1)[0]))
            if dimension:
                numbers.integers(numbers.sizes(1)[0])
    return groups


def _parsed_2(content: bytes, binary: bool, names: dict[tuple[int, int], str]) -> GmshFile:
    numbers = _section(content, b"Nodes", binary)
    count = numbers.count_line()
    if binary:
        row = numbers.take(count, [("tag", "<i4"), ("point", "<f8", 3)])
        tag, point = row["tag"].astype(int), row["point"]
    else:
        row = numbers.reals(4 * count).reshape(count, 4)
        tag, point = row[:, 0].astype(int), row[:, 1:]
    numbers = _section(content, b"Elements", binary)
    gathered: dict[tuple[int, int], list[np.ndarray]] = {}
    for code, group, nodes in (_binary_elements if binary else _text_elements)(numbers):
        gathered.setdefault((code, group), []).append(nodes)
    blocks = []
    for (code, group), rows in gathered.items():
        kind, dimension, corners, _ = _element(code)
        chosen = _indices(np.atleast_2d(np.concatenate([np.atleast_2d(row) for row in rows]))[:, :corners], tag)
        blocks.append(Block(kind, dimension, chosen, (group,) if group else ()))
    return GmshFile(point, tuple(blocks), names)


def _text_elements(numbers: Numbers) -> Iterator[tuple[int, int, np.ndarray]]:
    """Type, physical group (0: none) and nodes of each element of a 2.2 text file: number type ntags tags… nodes…"""
    values = numbers.take(len(numbers.tokens), "i")
    position = 1
    for _ in range(values[0]):
        code, tags = int(values[position + 1]), int(values[position + 2])
        first = position + 3 + tags
        nodes = _element(code)[3]
        if first + nodes > len(values):
            raise Malformed("section $Elements ends before all its elements")
        yield code, int(values[position + 3]) if tags else 0, values[first : first + nodes]
        position = first + nodes


def _binary_elements(numbers: Numbers) -> Iterator[tuple[int, int, np.ndarray]]:
    """The same of a 2.2 binary file, which stores runs of elements of one type."""
    left = numbers.count_line()
    while left > 0:
        code, count, tags = (int(value) for value in numbers.integers(3))
        rows = numbers.integers(count * (1 + tags + _element(code)[3])).reshape(count, -1)
        groups = rows[:, 1] if tags else np.zeros(count, int)
        for group in np.unique(groups):
            yield code, int(group), rows[groups == group, 1 + tags :]
        left -= count


def _element(code: int) -> tuple[str, int, int, int]:
    if code not in ELEMENTS:
        known = "lines, triangles, quads, tets, hexes, wedges and pyramids"
        raise Malformed(f"it has elements of gmsh's type {code}; {known} can be read")
    return ELEMENTS[code]


def _indices(nodes: np.ndarray, tags: np.ndarray) -> np.ndarray:
    """Node numbers of the file → indices of points."""
    order = np.argsort(tags, kind="stable")
    found = np.searchsorted(tags, nodes, sorter=order)
    if len(tags) == 0 or (found >= len(tags)).any() or (tags[order[found]] != nodes).any():
        raise Malformed("an element has a node that is not in the file")
    return order[found]
