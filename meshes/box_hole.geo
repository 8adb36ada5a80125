// The cube [-1, 1]^3 without a cylinder of radius 0.4 along z.
// gmsh -3 box_hole.geo -format msh41 -o box_hole.msh; gmsh -3 box_hole.geo -format msh22 -o box_hole_22.msh
SetFactory("OpenCASCADE");
Box(1) = {-1, -1, -1, 2, 2, 2};
Cylinder(2) = {0, 0, -1, 0, 0, 2, 0.4};
BooleanDifference(3) = { Volume{1}; Delete; }{ Volume{2}; Delete; };
MeshSize{ PointsOf{ Volume{3}; } } = 0.6;
Mesh.MeshSizeMax = 0.6;
Mesh.MeshSizeFromCurvature = 12;

e = 1e-3;
left() = Surface In BoundingBox{-1 - e, -1 - e, -1 - e, -1 + e, 1 + e, 1 + e};
right() = Surface In BoundingBox{1 - e, -1 - e, -1 - e, 1 + e, 1 + e, 1 + e};
hole() = Surface In BoundingBox{-0.4 - e, -0.4 - e, -1 - e, 0.4 + e, 0.4 + e, 1 + e};

Physical Surface("left") = {left()};
Physical Surface("right") = {right()};
Physical Surface("hole") = {hole()};
Physical Volume("solid") = {3};
