"""Domains with named boundary parts and outward normals, and the regions of them on which conditions hold."""

from pinnaux.geometry.boxes import Box, Interval, Rectangle
from pinnaux.geometry.domain import Domain, TimeInterval
from pinnaux.geometry.mesh import Mesh
from pinnaux.geometry.points import Points
from pinnaux.geometry.polygon import Polygon
from pinnaux.geometry.region import Region
from pinnaux.geometry.round import Ball, Disk, Ellipse

__all__ = [
    "Ball", "Box", "Disk", "Domain", "Ellipse", "Interval", "Mesh", "Points", "Polygon", "Rectangle", "Region", "TimeInterval",
]
