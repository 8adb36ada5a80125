// Channel with a cylinder: the geometry of the DFG benchmark "flow around a cylinder" (Schäfer and Turek, 1996).
// gmsh -2 channel_cylinder.geo -format msh41
length = 2.2; height = 0.41; centre_x = 0.2; centre_y = 0.2; radius = 0.05;
near = 0.009; wake = 0.025; far = 0.04;

Point(1) = {0, 0, 0, wake};
Point(2) = {length, 0, 0, far};
Point(3) = {length, height, 0, far};
Point(4) = {0, height, 0, wake};
Point(5) = {centre_x, centre_y, 0, near};
Point(6) = {centre_x + radius, centre_y, 0, near};
Point(7) = {centre_x, centre_y + radius, 0, near};
Point(8) = {centre_x - radius, centre_y, 0, near};
Point(9) = {centre_x, centre_y - radius, 0, near};
Line(1) = {1, 2};
Line(2) = {2, 3};
Line(3) = {3, 4};
Line(4) = {4, 1};
Circle(5) = {6, 5, 7};
Circle(6) = {7, 5, 8};
Circle(7) = {8, 5, 9};
Circle(8) = {9, 5, 6};
Curve Loop(1) = {1, 2, 3, 4};
Curve Loop(2) = {5, 6, 7, 8};
Plane Surface(1) = {1, 2};

Physical Curve("inlet") = {4};
Physical Curve("outlet") = {2};
Physical Curve("walls") = {1, 3};
Physical Curve("cylinder") = {5, 6, 7, 8};
Physical Surface("fluid") = {1};
