#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds the truth on a fine grid against the truth at the marks of the same run.

The energy of each marked interval, by straight lines between the grid's points, is that
of the marks' log: exactly but for where marks lie between two points.
usage: tests/tools/check_truth.py TRUTH MARKS.csv STEP_US
"""
import bisect
import csv
import struct
import sys

HEADER = struct.Struct("<8sII48s")
POINT = struct.Struct("<4Q")

with open(sys.argv[1], "rb") as f:
    magic, version, step_ns, rails = HEADER.unpack(f.read(HEADER.size))
    points = list(POINT.iter_unpack(f.read()))
rails = rails.split(b"\0")[0].decode().split(",")
times = [p[0] for p in points]
wrong = []


def at(time_ns, rail):
    i = min(max(bisect.bisect_right(times, time_ns), 1), len(points) - 1)
    a, b = points[i - 1], points[i]
    return a[1 + rail] + (b[1 + rail] - a[1 + rail]) * (time_ns - a[0]) / (b[0] - a[0])


if magic != b"SYNTRUTH" or version != 1 or step_ns != 1000 * int(sys.argv[3]):
    wrong.append(f"header: {magic} {version} {step_ns}")
if any(b <= a for a, b in zip(times, times[1:])):
    wrong.append("time does not go on")
for rail in range(3):
    if any(b[1 + rail] < a[1 + rail] for a, b in zip(points, points[1:])):
        wrong.append(f"{rails[rail]}: energy goes back")
steps = sorted(b - a for a, b in zip(times, times[1:]))
if not step_ns <= steps[len(steps) // 2] <= 1.5 * step_ns:
    wrong.append(f"points are {steps[len(steps) // 2]} ns apart, in the median")
begun, n, worst = {}, 0, 0
with open(sys.argv[2], encoding="ascii", newline="") as f:
    for row in csv.DictReader(line for line in f if not line.startswith("#")):
        key = row["id"], row["cookie"]
        if row["kind"] == "1":
            begun[key] = row
            continue
        begin = begun.pop(key)
        t0, t1 = int(begin["at_ns"]), int(row["at_ns"])
        if t1 - t0 < 20 * step_ns:
            continue
        n += 1
        for rail, name in enumerate(rails):
            truth = int(row[f"{name}_pj"]) - int(begin[f"{name}_pj"])
            off = abs(at(t1, rail) - at(t0, rail) - truth)
            worst = max(worst, off / truth)
            # What may lie in the corners, at up to three times the mean power
            if off > 3 * 2 * step_ns * truth / (t1 - t0):
                wrong.append(f"{name}: {off} of {truth} pJ in an interval of {t1 - t0} ns")
print(f"{len(points)} points, {n} intervals, at most {worst:.2%} apart")
if n < 10:
    wrong.append(f"{n} intervals only")
for text in wrong[:10]:
    print(text, file=sys.stderr)
sys.exit(bool(wrong))
