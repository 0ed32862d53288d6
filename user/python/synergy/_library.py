# SPDX-License-Identifier: LGPL-2.1-or-later
"""libsynergy.so.1 by ctypes: its functions, and the structures of <linux/synergy.h> that are
read here. Nothing is loaded before it is asked for."""
import ctypes
import os
import threading
from ctypes import c_char, c_char_p, c_double, c_int, c_int16, c_int32, c_int64, c_uint16, c_uint32, \
    c_uint64, c_void_p

SONAME = "libsynergy.so.1"
#: Another file to load in its place, for a library that is not installed.
VARIABLE = "SYNERGY_LIBRARY"

RECORD_POWER, RECORD_MARKER = 2, 4
LABEL_LEN, NAME_LEN = 32, 64


class Error(OSError):
    """What libsynergy refused: errno, and one line that names the file, field and value."""


class _Message(ctypes.Structure):  # struct synergy_error
    _fields_ = [("message", c_char * 512)]


class Record(ctypes.Structure):  # struct synergy_record
    _fields_ = [("size", c_uint32), ("type", c_uint16), ("flags", c_uint16), ("seq", c_uint64),
                ("time_ns", c_uint64), ("raw_ns", c_uint64)]


class PowerChannel(ctypes.Structure):
    _fields_ = [("rail", c_uint32), ("flags", c_uint32), ("shunt_raw", c_int16),
                ("bus_raw", c_int16), ("shunt_uv", c_int32), ("current_ua", c_int32),
                ("bus_mv", c_int32), ("power_uw", c_int64), ("window_begin_ns", c_uint64),
                ("window_end_ns", c_uint64), ("bus_time_ns", c_uint64),
                ("window_error_ns", c_uint32), ("reserved", c_uint32)]


class PowerRecord(ctypes.Structure):
    _fields_ = [("hdr", Record), ("chip", c_uint32), ("n_channels", c_uint32),
                ("channel_size", c_uint32), ("missed", c_uint32), ("bus_begin_ns", c_uint64),
                ("bus_end_ns", c_uint64)]


class Count(ctypes.Structure):
    _fields_ = [("value", c_uint64), ("enabled_ns", c_uint64), ("running_ns", c_uint64)]


class MarkerRecord(ctypes.Structure):
    _fields_ = [("hdr", Record), ("done_ns", c_uint64), ("cookie", c_uint64), ("kind", c_uint32),
                ("id", c_uint32), ("cpu", c_uint32), ("tid", c_uint32), ("tgid", c_uint32),
                ("n_counts", c_uint32), ("count_size", c_uint32), ("reserved", c_uint32)]


class Device(ctypes.Structure):
    _fields_ = [("numbers", c_uint32 * 6), ("min_period_ns", c_uint64), ("more", c_uint32 * 8),
                ("module_version", c_char * LABEL_LEN)]


class Session(ctypes.Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("state", c_uint32),
                ("n_columns", c_uint32), ("period_ns", c_uint64), ("rail_mask", c_uint64),
                ("pmu_every", c_uint32), ("sampler_cpu", c_uint32), ("dither_ns", c_uint32),
                ("freq_source", c_uint32), ("clock_id", c_uint32), ("raw_clock_id", c_uint32),
                ("start_ns", c_uint64), ("realtime_offset_ns", c_int64)]


class Rail(ctypes.Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("index", c_uint32), ("chip", c_uint32),
                ("channel", c_uint32), ("shunt_uohm", c_uint32), ("offset_uv", c_int32),
                ("divisor", c_uint32), ("seen_ppm", c_uint32), ("reserved", c_uint32),
                ("label", c_char * LABEL_LEN)]


class StreamInfo(ctypes.Structure):
    _fields_ = [("device", Device), ("session", Session), ("n_chips", c_uint32),
                ("n_rails", c_uint32), ("n_events", c_uint32), ("n_columns", c_uint32),
                ("n_notes", c_uint32), ("chips", c_void_p), ("rails", ctypes.POINTER(Rail)),
                ("events", c_void_p), ("layers", c_char_p)]


class Tally(ctypes.Structure):
    _fields_ = [("records", c_uint64), ("bytes", c_uint64), ("by_type", c_uint64 * 16),
                ("power_repeats", c_uint64), ("power_late", c_uint64), ("lost", c_uint64),
                ("lost_power", c_uint64), ("lost_marker", c_uint64), ("seq_gaps", c_uint64),
                ("abandoned", c_uint64), ("tail_bytes", c_uint64)]


class MeterOptions(ctypes.Structure):  # struct synergy_meter_options
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("device", c_char_p),
                ("rails", c_char_p), ("rate_hz", c_double)]


class MeterReading(ctypes.Structure):  # struct synergy_meter_reading
    _fields_ = [("rail", c_char * LABEL_LEN), ("seconds", c_double), ("energy_j", c_double),
                ("power_w", c_double), ("ci95_j", c_double), ("sensor_u95_j", c_double),
                ("samples", c_uint64), ("covered", c_double), ("reserved", c_double * 4)]


_FUNCTIONS = {  # name: result, arguments
    "synergy_lib_version": (c_char_p,),
    "synergy_stream_open": (c_void_p, c_char_p, ctypes.POINTER(_Message)),
    "synergy_stream_close": (None, c_void_p),
    "synergy_stream_is_device": (c_int, c_void_p),
    "synergy_stream_fd": (c_int, c_void_p),
    "synergy_mark": (c_int, c_uint32, c_char_p, c_uint64),
    "synergy_marks_open": (c_int, ctypes.POINTER(_Message)),
    "synergy_marks_close": (None,),
    "synergy_meter_open": (c_void_p, ctypes.POINTER(MeterOptions), ctypes.POINTER(_Message)),
    "synergy_meter_rails": (c_int, c_void_p),
    "synergy_meter_begin": (c_int, c_void_p, ctypes.POINTER(_Message)),
    "synergy_meter_end": (c_int, c_void_p, c_int, ctypes.POINTER(MeterReading), c_uint32,
                          ctypes.POINTER(_Message)),
    "synergy_meter_close": (None, c_void_p),
    "synergy_stream_next": (c_int, c_void_p, ctypes.POINTER(ctypes.POINTER(Record)), c_int,
                            ctypes.POINTER(_Message)),
    "synergy_stream_info": (ctypes.POINTER(StreamInfo), c_void_p),
    "synergy_stream_note_at": (c_char_p, c_void_p, c_uint32, ctypes.POINTER(c_char_p)),
    "synergy_stream_mark_name": (c_char_p, c_void_p, c_uint32, c_uint32),
    "synergy_stream_column_name": (c_char_p, c_void_p, c_uint32),
    "synergy_stream_tally": (None, c_void_p, ctypes.POINTER(Tally)),
}
_lock = threading.Lock()
_loaded = {}


def library(kind=ctypes.CDLL):
    """The library, loaded once for each kind. OSError: it is not there, or is another one.

    kind: ctypes.PyDLL keeps the interpreter's lock during a call. Marks are made so: between
    a mark and the work that it is about no other thread of Python's shall run.
    """
    with _lock:
        if kind not in _loaded:
            path = os.environ.get(VARIABLE, SONAME)
            found = kind(path, use_errno=True)
            for name, (result, *arguments) in _FUNCTIONS.items():
                try:
                    function = getattr(found, name)
                except AttributeError:
                    raise OSError(f"{path}: it has no {name}") from None
                function.restype, function.argtypes = result, arguments
            _loaded[kind] = found
        return _loaded[kind]


def library_version():
    """libsynergy's version, "major.minor.patch". OSError: it is not there."""
    return library().synergy_lib_version().decode()


def message():
    """For the errors of a call: a struct synergy_error."""
    return _Message()


def error(text):
    """The exception for the call before, which failed and filled in a message()."""
    number = ctypes.get_errno()
    return Error(number, text.message.decode(errors="replace") or os.strerror(number))


def open_stream(path, kind=ctypes.CDLL):
    """The library and a stream: of a recording, of the device where path is None.

    Raises Error, and OSError without the library.
    """
    text = message()
    lib = library(kind)
    stream = lib.synergy_stream_open(None if path is None else os.fsencode(path),
                                     ctypes.byref(text))
    if not stream:
        raise error(text)
    return lib, stream
