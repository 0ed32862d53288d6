# SPDX-License-Identifier: LGPL-2.1-or-later
"""Samples and marks of a recording, as libsynergy reads and checks them."""
import csv
import ctypes
import errno
import io
from dataclasses import dataclass
from typing import Dict, Optional, Tuple

from . import _library

# word, flag of the record, flag of the channel
_FLAGS = (("repeat", 1 << 0, 1 << 3), ("late", 1 << 1, 0), ("reconfigured", 1 << 2, 0),
          ("no_bus", 0, 1 << 1), ("saturated", 0, 1 << 2), ("filtered", 0, 1 << 0))
_NO_BUS = 1 << 1
_KINDS = ("point", "begin", "end")
_F_ABANDONED, _F_TOOL = 1 << 0, 1 << 4  # SYNERGY_MARKER_F_...
_NO_CPU = 0xFFFFFFFF
# SYNERGY_MARK_ID_... of tools, and SYNERGY_MARK_COOKIE_WARMUP
_RUN, _IDLE, _COMMAND, _WARMUP = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 1 << 32


@dataclass(frozen=True)
class Sample:
    """One value of one rail. Times are CLOCK_MONOTONIC.

    power_uw is the mean from window_begin_ns to window_end_ns, either of which may be off by
    window_error_ns; power_uw and bus_mv are None before the bus voltage was read. flags:
    words as in user/doc/formats.md, samples; "repeat" is the conversion before, again.
    """
    time_ns: int
    rail: str
    window_begin_ns: int
    window_end_ns: int
    window_error_ns: int
    shunt_uv: int
    current_ua: int
    bus_mv: Optional[int]
    power_uw: Optional[int]
    flags: Tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """One mark. An interval begins at its "begin"'s done_ns and ends at its "end"'s time_ns.

    Times are CLOCK_MONOTONIC. name is None where the id has none; cpu is None for a mark made
    in a mapped page. tool: synergy-run's or synergy-record's own, not the program's.
    abandoned: the module made the end. counts: totals by event since the session's start.
    """
    time_ns: int
    done_ns: int
    kind: str
    id: int
    name: Optional[str]
    cookie: int
    cpu: Optional[int]
    tid: int
    tgid: int
    tool: bool
    abandoned: bool
    counts: Dict[str, int]


class Recording:
    """A recording (.syn), read from its beginning by each of its iterators; no pipe.

    Raises Error: the file is not there or no recording; while iterating: a damaged record is
    next, and all before it was given. After an iterator came to its end, notes, rails, lost
    and truncated_bytes are those of the whole recording; before that they are empty or zero.

    notes: what the recording says of itself, by key.
    rails: the rails' labels.
    lost: records that the recorder did not get.
    truncated_bytes: of a last record that was cut off.
    """

    def __init__(self, path):
        self.path = path
        self.notes, self.rails, self.lost, self.truncated_bytes = {}, (), 0, 0
        lib, stream = _library.open_stream(path)
        try:
            if lib.synergy_stream_is_device(stream):
                raise _library.Error(errno.EINVAL, f"{path}: the device, not a recording")
        finally:
            lib.synergy_stream_close(stream)

    def samples(self):
        """Each Sample, in the order of the stream."""
        return (item for item in self if isinstance(item, Sample))

    def marks(self):
        """Each Mark, in the order of the stream."""
        return (item for item in self if isinstance(item, Mark))

    def __iter__(self):
        """Samples and marks together, in the order of the stream."""
        lib, stream = _library.open_stream(self.path)
        try:
            yield from self._read(lib, stream)
        finally:
            lib.synergy_stream_close(stream)

    def _read(self, lib, stream):
        record, text = ctypes.POINTER(_library.Record)(), _library.message()
        names = _Names(lib, stream)
        while True:
            got = lib.synergy_stream_next(stream, ctypes.byref(record), -1, ctypes.byref(text))
            if got != 1:
                failed = None if got == 0 else _library.error(text)
                self._finish(lib, stream, names)
                if failed:
                    raise failed
                return
            if record.contents.type == _library.RECORD_POWER:
                yield from list(_samples(record, names))
            elif record.contents.type == _library.RECORD_MARKER:
                yield _mark(record, names)

    def _finish(self, lib, stream, names):
        info, tally, key = names.info(), _library.Tally(), ctypes.c_char_p()
        lib.synergy_stream_tally(stream, ctypes.byref(tally))
        self.lost, self.truncated_bytes = tally.lost, tally.tail_bytes
        self.rails = tuple(names.rail(i) for i in range(info.n_rails))
        self.notes = {}
        for i in range(info.n_notes):
            value = lib.synergy_stream_note_at(stream, i, ctypes.byref(key))
            self.notes[key.value.decode(errors="replace")] = value.decode(errors="replace")


class _Names:
    """What a stream has named by now."""

    def __init__(self, lib, stream):
        self.lib, self.stream = lib, stream
        self.table, self.layers = None, {}

    def info(self):
        return self.lib.synergy_stream_info(self.stream).contents

    def rail(self, index):
        info = self.info()
        if index < info.n_rails and info.rails[index].label:
            return info.rails[index].label.decode(errors="replace")
        return f"rail {index}"

    def layer(self, index):
        table = self.info().layers
        if table != self.table:
            self.table = table
            rows = csv.DictReader(io.StringIO(table.decode(errors="replace"))) if table else ()
            self.layers = {int(row["index"]): row["layer"] for row in rows}
        return self.layers.get(index)

    def mark(self, record):
        if record.hdr.flags & _F_TOOL:
            if record.id == _RUN:
                kind = "warm-up" if record.cookie & _WARMUP else "inference"
                return f"{kind} {record.cookie & 0xFFFFFFFF}"
            return {_IDLE: "idle", _COMMAND: "command"}.get(record.id, "time check")
        name = self.layer(record.id)
        if name is None:
            given = self.lib.synergy_stream_mark_name(self.stream, record.tgid, record.id)
            name = given and given.decode(errors="replace")
        return name

    def column(self, index):
        name = self.lib.synergy_stream_column_name(self.stream, index)
        return name.decode(errors="replace") if name else f"column {index}"


def _entries(record, kind, entry, size, number):
    """The array behind a record's fixed part, by the size of an entry that the record gives."""
    first = ctypes.addressof(record.contents) + ctypes.sizeof(kind)
    return (entry.from_address(first + i * size) for i in range(number))


def _samples(record, names):
    power = ctypes.cast(record, ctypes.POINTER(_library.PowerRecord)).contents
    for c in _entries(record, _library.PowerRecord, _library.PowerChannel, power.channel_size,
                      power.n_channels):
        flags = tuple(word for word, whole, own in _FLAGS
                      if power.hdr.flags & whole or c.flags & own)
        known = not c.flags & _NO_BUS
        yield Sample(power.hdr.time_ns, names.rail(c.rail), c.window_begin_ns, c.window_end_ns,
                     c.window_error_ns, c.shunt_uv, c.current_ua, c.bus_mv if known else None,
                     c.power_uw if known else None, flags)


def _mark(record, names):
    mark = ctypes.cast(record, ctypes.POINTER(_library.MarkerRecord)).contents
    counts = _entries(record, _library.MarkerRecord, _library.Count, mark.count_size,
                      mark.n_counts)
    return Mark(mark.hdr.time_ns, mark.done_ns,
                _KINDS[mark.kind] if mark.kind < len(_KINDS) else "unknown", mark.id,
                names.mark(mark), mark.cookie, None if mark.cpu == _NO_CPU else mark.cpu,
                mark.tid, mark.tgid, bool(mark.hdr.flags & _F_TOOL),
                bool(mark.hdr.flags & _F_ABANDONED),
                {names.column(i): c.value for i, c in enumerate(counts)
                 if c.enabled_ns})
