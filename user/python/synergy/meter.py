# SPDX-License-Identifier: LGPL-2.1-or-later
"""Joules of each rail between two instants of a program, with their uncertainty, by
libsynergy's meter (<synergy/meter.h>): no recording, no report."""
import ctypes
import math
from typing import NamedTuple, Optional

from . import _library


class Reading(NamedTuple):
    """One rail between begin and end. What cannot be said is None."""
    rail: str
    seconds: float
    energy_j: Optional[float]
    ci95_j: Optional[float]  #: half-width of the 95 % interval that sampling leaves
    sensor_u95_j: Optional[float]  #: of the sensor itself (k = 2): the same in each reading
    power_w: Optional[float]
    samples: int
    covered: float  #: share of the time in which there was a conversion


def _known(value):
    return None if math.isnan(value) else value


class meter:  # pylint: disable=invalid-name
    """A meter, open until close(), or for the length of a `with`:

        with synergy.meter() as m:
            work()
        print(m.readings["VDD_CPU"].energy_j)

    rails: labels with commas, None all; rate_hz: 0 for 1000, or what can be carried.
    begin() gives a window and end(window) its readings, by rail; windows may overlap.
    Raises Error where there is no device, and OSError without the library.
    """

    def __init__(self, rails=None, rate_hz=0, device=None):
        self._lib = _library.library()
        options = _library.MeterOptions(ctypes.sizeof(_library.MeterOptions), 0,
                                        device and device.encode(), rails and rails.encode(),
                                        rate_hz)
        text = _library.message()
        self._meter = self._lib.synergy_meter_open(ctypes.byref(options), ctypes.byref(text))
        if not self._meter:
            raise _library.error(text)
        self._window = None
        self.readings = {}

    def begin(self):
        """A window begins now; its number."""
        text = _library.message()
        window = self._lib.synergy_meter_begin(self._open(), ctypes.byref(text))
        if window < 0:
            raise _library.error(text)
        return window

    def end(self, window):
        """It ends now: Reading by rail. Waits for the conversions that cover the end."""
        n = self._lib.synergy_meter_rails(self._open())
        readings = (_library.MeterReading * n)()
        text = _library.message()
        if self._lib.synergy_meter_end(self._meter, window, readings, n, ctypes.byref(text)) < 0:
            raise _library.error(text)
        return {r.rail.decode(): Reading(r.rail.decode(), r.seconds, _known(r.energy_j),
                                         _known(r.ci95_j), _known(r.sensor_u95_j),
                                         _known(r.power_w), r.samples, r.covered)
                for r in readings}

    def close(self):
        """Stop its session. Once more does nothing."""
        closed, self._meter = self._meter, None
        if closed:
            self._lib.synergy_meter_close(closed)

    def _open(self):
        if not self._meter:
            raise ValueError("the meter is closed")
        return self._meter

    def __enter__(self):
        self._window = self.begin()
        return self

    def __exit__(self, *exception):
        try:
            self.readings = self.end(self._window)
        finally:
            self.close()
        return False
