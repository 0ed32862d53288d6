# SPDX-License-Identifier: LGPL-2.1-or-later
"""Marks of a program's own parts, recordings of power, and tables of energy.

    import synergy

    with synergy.region("preprocess"):
        ...

    @synergy.region("inference")
    def infer(batch):
        ...

Run it as `synergy-record python3 program.py`; `synergy-report` then has a row for each name.
Where nobody wants marks (no recorder, no module, no permission, no library) they do nothing
and raise nothing: available() says whether somebody does, and why_not() what is missing.

    with synergy.meter() as m:
        ...
    print(m.readings["VDD_CPU"].energy_j, m.readings["VDD_CPU"].ci95_j)

    for sample in synergy.Recording("capture.syn").samples():
        print(sample.time_ns, sample.rail, sample.power_uw)

    for layer in synergy.read_layers("layers.json").layers:
        print(layer.layer, layer.energy_uj, layer.energy_ci95_uj)

Units are in the names: _ns nanoseconds, _us microseconds, _uw microwatts, _mw milliwatts,
_uj microjoules, _uv microvolts, _ua microamperes, _mv millivolts. What is not known is None.
"""
from ._library import Error, library_version
from .layers import Interval, Layer, Layers, read_layers
from .marks import available, begin, close, end, name_id, point, region, why_not
from .meter import Reading, meter
from .recording import Mark, Recording, Sample

__all__ = ["Error", "Interval", "Layer", "Layers", "Mark", "Reading", "Recording", "Sample", "available",
           "begin", "close", "end", "library_version", "meter", "name_id", "point", "read_layers",
           "region", "why_not"]
