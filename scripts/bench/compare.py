#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""bench-compare's sessions of the virtual board, compared by synergy-report: equal ones two
and two, each pair once more with a layer made 5 % dearer in the second recording, and
AlexNet's conv3 by im2col and by Winograd, held against the simulator's truth.

usage: compare.py DIR    DIR has small_N.syn, alexnet_im2col.syn, alexnet_winograd.syn, truth.csv
Prints counts; exit status 1: an aim is missed.
"""
import csv
import ctypes
import glob
import json
import os
import random
import subprocess
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "user", "python"))
from synergy import _library as wire  # noqa: E402  pylint: disable=wrong-import-position

HEADER = 16
DEARER, NARROW = 0.05, 0.02
WARMUP = 1 << 32
BEGIN, END = 1, 2


def compare(a, b):
    report = os.path.join(TOP, "build", "host", "synergy-report")
    return json.loads(subprocess.run([report, "--compare", "--format", "json", a, b], check=True,
                                     stdout=subprocess.PIPE).stdout)


def records(data):
    """(offset, head) of each record of a recording."""
    at = HEADER
    while at < len(data):
        head = wire.Record.from_buffer(data, at)
        yield at, head
        at += head.size


def spans(data, layer):
    """When the layer ran, ns, in order."""
    begun, found = 0, []
    for at, head in records(data):
        if head.type != wire.RECORD_MARKER:
            continue
        mark = wire.MarkerRecord.from_buffer(data, at)
        if mark.id == layer and mark.kind == BEGIN:
            begun = mark.done_ns
        elif mark.id == layer and mark.kind == END:
            found.append((begun, mark.hdr.time_ns))
    return found


def make_dearer(source, target, layer, extra_uw):
    """As if the layer had drawn so much more: what each window shares with it is added."""
    with open(source, "rb") as f:
        data = bytearray(f.read())
    inside, first = spans(data, layer), 0
    for at, head in records(data):
        if head.type != wire.RECORD_POWER:
            continue
        power = wire.PowerRecord.from_buffer(data, at)
        for i in range(power.n_channels):
            c = wire.PowerChannel.from_buffer(data, at + ctypes.sizeof(power) + i * power.channel_size)
            begin, end = c.window_begin_ns, c.window_end_ns
            while first < len(inside) and inside[first][1] + 10_000_000 < begin:
                first += 1
            shared = sum(max(0, min(end, e) - max(begin, b)) for b, e in inside[first:first + 8])
            more = extra_uw * shared / max(1, end - begin)
            if shared and c.bus_mv:
                c.power_uw += round(more)
                c.current_ua += round(more / c.bus_mv * 1e3)
                c.shunt_uv += round(more / c.bus_mv * 1e3 * c.shunt_uv / c.current_ua) if c.current_ua else 0
    with open(target, "wb") as f:
        f.write(data)


def relative(side):
    energy = side["energy_uj"]
    return side["ci95_uj"] / energy if energy and side["ci95_uj"] is not None and energy > 0 else 1


def judge(what, k, n, least, most=1.0):
    met = n > 0 and least <= k / n <= most
    print(f"  {'met    ' if met else 'NOT MET'} {what}: {k} of {n}" + (f", {100 * k / n:.1f} %" if n else ""))
    return met


def pairs(directory):
    files = sorted(glob.glob(os.path.join(directory, "small_*.syn")),
                   key=lambda path: int(path.rsplit("_", 1)[1][:-4]))
    layers = alone = none = dear = found = exact = n = totals = 0
    for n, (a, b) in enumerate(zip(files[::2], files[1::2]), 1):
        c = compare(a, b)
        layers += c["tested"]
        alone += c["differ_alone"]
        none += not c["differ"]
        totals += c["total"]["differs"]
        narrow = [r for r in c["layers"] if r["a"] and r["b"] and max(relative(r["a"]), relative(r["b"])) <= NARROW]
        if not narrow:
            continue
        row = random.Random(n).choice(narrow)["b"]
        target = os.path.join(directory, "dearer.syn")
        make_dearer(b, target, row["index"], DEARER * row["energy_uj"] / row["time_us"] * 1e6)
        after = next(r for r in compare(a, target)["layers"] if r["b"] and r["b"]["index"] == row["index"])
        before = next(r for r in c["layers"] if r["b"] and r["b"]["index"] == row["index"])
        os.remove(target)
        dear += 1
        found += after["differs"] and after["difference_uj"] > 0
        gained = after["difference_uj"] - before["difference_uj"]
        exact += abs(gained - DEARER * row["energy_uj"]) <= 0.1 * DEARER * row["energy_uj"]
    print(f"{n} pairs of equal sessions of a small network on the virtual board")
    met = judge("equal layers called different, each looked at alone", alone, layers, 0.01, 0.09)
    met &= judge("equal pairs in which the default names none", none, n, 0.9)
    met &= judge("layers of +-2 % or less, 5 % dearer, named by the default", found, dear, 0.9)
    print(f"          of these the difference grew by 5 %, to a tenth of that: {exact}; "
          f"equal totals called different: {totals}")
    return met


def truths(directory, layer):
    """The layer's mean true energy on VDD_CPU, uJ, by thread, in the order of time."""
    with open(os.path.join(directory, "truth.csv"), encoding="ascii", newline="") as f:
        lines = [line for line in f if not line.startswith("#")]
    begun, sums = {}, {}
    for mark in csv.DictReader(lines):
        if int(mark["id"]) != layer or int(mark["cookie"]) >= WARMUP:
            continue
        tid, pj = mark["tid"], int(mark["VDD_CPU_pj"])
        if int(mark["kind"]) == BEGIN:
            begun[tid] = pj
        elif tid in begun:
            sums.setdefault(tid, []).append((pj - begun[tid]) / 1e6)
    return [sum(values) / len(values) for values in sums.values()]


def methods(directory):
    names = [os.path.join(directory, f"alexnet_{method}.syn") for method in ("im2col", "winograd")]
    if not all(os.path.exists(name) for name in names):
        print("AlexNet was not measured")
        return True
    c = compare(*names)
    row = next(r for r in c["layers"] if r["a"] and r["b"] and r["a"]["layer"] == "conv3")
    truth = truths(directory, row["a"]["index"])
    truth = truth[-1] - truth[-2]
    print(f"AlexNet's conv3, {row['a']['method']} to {row['b']['method']}: "
          f"{row['difference_uj'] / 1e3:.2f} +- {row['ci95_uj'] / 1e3:.2f} mJ of {row['a']['energy_uj'] / 1e3:.2f}; "
          f"true: {truth / 1e3:.2f}")
    met = judge("named by the default, with the true sign",
                int(row["differs"] and row["difference_uj"] * truth > 0), 1, 1)
    return met


def main():
    met = pairs(sys.argv[1])
    met &= methods(sys.argv[1])
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
