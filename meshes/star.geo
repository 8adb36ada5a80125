// A five-pointed star of straight edges: its tips are on the unit circle, its notches at radius 0.45.
// The two edges of the upper tip are "tip", all others "sides".
// gmsh -2 star.geo -format msh41 -o star.msh; gmsh -2 star.geo -format msh22 -o star_22.msh
tips = 5; inner = 0.45; size = 0.13;

For i In {0 : 2 * tips - 1}
  r = (i % 2 == 0) ? 1 : inner;
  angle = Pi / 2 + i * Pi / tips;
  Point(i + 1) = {r * Cos(angle), r * Sin(angle), 0, size};
EndFor
For i In {1 : 2 * tips}
  Line(i) = {i, (i == 2 * tips) ? 1 : i + 1};
EndFor
Curve Loop(1) = {1 : 2 * tips};
Plane Surface(1) = {1};

Physical Curve("tip") = {1, 2 * tips};
Physical Curve("sides") = {2 : 2 * tips - 1};
Physical Surface("star") = {1};
