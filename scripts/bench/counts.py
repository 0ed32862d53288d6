# SPDX-License-Identifier: GPL-2.0-only
"""Counts of every single interval of a recording (capture.syn, user/lib/recording.h)
against the simulator's log at the same marks. What they differ by is the marks' own work:
between the counters' reading in a mark and the moment at which the log is written."""
import csv
import struct

MARKER, BEGIN, END = 4, 1, 2
HEADER = struct.Struct("=IHHQQ")  # struct synergy_record
MARK = struct.Struct("=QQIIIIII")  # the rest of struct synergy_marker_record
COUNT = struct.Struct("=QQQ")	  # struct synergy_count
FILE_HEADER = 16


def marks(path, columns):
    """(kind, id, cookie, cpu, counts) of each mark; columns: how many counters are wanted."""
    with open(path, "rb") as f:
        data = f.read()
    at = FILE_HEADER
    while at + HEADER.size <= len(data):
        size, kind, _, _, _ = HEADER.unpack_from(data, at)
        if size < HEADER.size or at + size > len(data):
            break
        if kind == MARKER:
            _, cookie, what, ident, cpu, _, _, n = MARK.unpack_from(data, at + HEADER.size)
            first = at + HEADER.size + MARK.size
            yield what, ident, cookie, cpu, [COUNT.unpack_from(data, first + COUNT.size * i)[0]
                                             for i in range(min(n, columns))]
        at += (size + 7) & ~7


def truths(path, names):
    with open(path, encoding="ascii", newline="") as f:
        for r in csv.DictReader(line for line in f if not line.startswith("#")):
            yield ((int(r["kind"]), int(r["id"]), int(r["cookie"])),
                   [int(r[name + r["cpu"]]) for name in names])


def excess(directory, names):
    """{layer: [[count - truth for each of names] for each interval]}; names in the order
    of the recording's counters, warm-ups left out."""
    true = dict(truths(f"{directory}/truth.csv", names))
    begun, result = {}, {}
    for what, ident, cookie, _, counts in marks(f"{directory}/capture.syn", len(names)):
        t = true.get((what, ident, cookie))
        if t is None or len(counts) < len(names) or cookie >> 32 or ident >= 0xFFFFFFFE:
            continue
        off = [c - v for c, v in zip(counts, t)]
        if what == BEGIN:
            begun[ident, cookie] = off
        elif what == END and (ident, cookie) in begun:
            b = begun.pop((ident, cookie))
            result.setdefault(ident, []).append([o - v for o, v in zip(off, b)])
    return result
