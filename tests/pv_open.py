"""Run inside pvpython: open a file in real ParaView as a user would, and print as JSON what they would see.

    pvpython pv_open.py FILE [PICTURE.png FIELD]

The JSON has the reader, the times and, for each time and block, the number of points and cells and the arrays with their
components, ranges (the last one is the magnitude's) and the count of non-finite values; `messages` holds every error and
warning that ParaView and VTK reported on the way. Drawing needs a display (xvfb-run with -noreset).
"""
import json
import os
import sys

import vtk

from vtk.util.numpy_support import vtk_to_numpy  # noqa: I001  (ParaView's own vtk, as above)

MESSAGES = []
LOG = vtk.vtkStringOutputWindow()


def listen(event):
    def note(_object, _event, text=None):
        MESSAGES.append("%s: %s" % (event, (text or "").strip()))
    note.CallDataType = vtk.VTK_STRING
    LOG.AddObserver(event, note)


listen("ErrorEvent")
listen("WarningEvent")

from paraview import simple  # noqa: E402

vtk.vtkOutputWindow.SetInstance(LOG)     # after paraview.simple, which installs a window of its own


def blocks(data, name=""):
    """(name, data set) of every leaf; a collection file of several parts is a multi-block of them."""
    if data is None:
        return
    if not data.IsA("vtkCompositeDataSet"):
        yield name, data
        return
    count = data.GetNumberOfBlocks() if data.IsA("vtkMultiBlockDataSet") else data.GetNumberOfPieces()
    for index in range(count):
        block = data.GetBlock(index) if data.IsA("vtkMultiBlockDataSet") else data.GetPiece(index)
        label = data.GetMetaData(index).Get(vtk.vtkCompositeDataSet.NAME()) if data.HasMetaData(index) else None
        for leaf in blocks(block, label or name or str(index)):
            yield leaf


def arrays(data):
    described = {}
    points = data.GetPointData()
    for index in range(points.GetNumberOfArrays()):
        array = points.GetArray(index)
        values = vtk_to_numpy(array)
        components = array.GetNumberOfComponents()
        ranges = [list(array.GetRange(component)) for component in range(components)]
        if components > 1:
            ranges.append(list(array.GetRange(-1)))
        described[array.GetName()] = dict(
            components=components, ranges=ranges, type=array.GetDataTypeAsString(),
            nonfinite=int((values != values).sum() + (abs(values) == float("inf")).sum()))
    return described


def look(reader, time):
    if time is None:
        reader.UpdatePipeline()
    else:
        reader.UpdatePipeline(time)
    found = {}
    for name, data in blocks(reader.GetClientSideObject().GetOutputDataObject(0)):
        found[name] = dict(points=data.GetNumberOfPoints(), cells=data.GetNumberOfCells(), bounds=list(data.GetBounds()),
                           arrays=arrays(data))
    return dict(time=time, blocks=found)


def draw(reader, times, picture, field):
    view = simple.GetActiveViewOrCreate("RenderView")
    view.ViewSize = [800, 600]
    if times:
        view.ViewTime = times[-1]
    shown = simple.Show(reader, view)
    simple.ColorBy(shown, ("POINTS", field))
    shown.RescaleTransferFunctionToDataRange(False, True)
    simple.ResetCamera(view)
    simple.Render(view)
    simple.SaveScreenshot(picture, view)


def main():
    path = os.path.abspath(sys.argv[1])
    reader = simple.OpenDataFile(path)
    seen = dict(reader=None if reader is None else reader.GetXMLName(), steps=[], times=[])
    if reader is not None:
        reader.UpdatePipelineInformation()
        times = getattr(reader, "TimestepValues", None)
        times = [] if times is None else [times] if isinstance(times, float) else list(times)
        seen["times"] = times
        seen["steps"] = [look(reader, time) for time in times or [None]]
        if len(sys.argv) > 2:
            draw(reader, times, sys.argv[2], sys.argv[3])
    seen["messages"] = MESSAGES
    os.write(1, (json.dumps(seen) + "\n").encode())     # sys.stdout goes to the output window, which is LOG now
    os._exit(0)                                         # pvpython's own teardown may change the exit status


main()
