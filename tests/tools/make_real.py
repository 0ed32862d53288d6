#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Recordings of real boards (SYNERGY_REAL_DATA) as synergy-record --source csv takes them.

    make_real.py mlperf DIRECTORY OUT       OUT.csv, OUT-windows.csv; prints the official uJ
    make_real.py columns FILE TIME UNIT COLUMN... >CSV

columns: the file's columns in mW, and its time in UNIT; lines that go back in time are
left out (one file ends with its sums).
"""
import csv
import json
import re
import statistics
import struct
import sys


def mlperf(directory, out):
    with open(f"{directory}/trace1-energy.bin", "rb") as f:
        data = f.read()
    if data[0] != 0xF1:
        sys.exit("not a trace of the energy monitor")
    rate, = struct.unpack_from("<f", data, 1)
    values = struct.unpack_from(f"<{(len(data) - 5) // 4}f", data, 5)
    with open(f"{out}.csv", "w", encoding="ascii") as f:
        f.write("time_s,mcu_uj\n")
        f.writelines(f"{(i + 1) / rate:.3f},{v:.9g}\n" for i, v in enumerate(values))
    with open(f"{directory}/trace1-timestamps.json", encoding="ascii") as f:
        edges = json.load(f)
    with open(f"{out}-windows.csv", "w", encoding="ascii") as f:
        f.write("name,begin_s,end_s\n")
        f.writelines(f"window,{b},{e}\n" for b, e in zip(edges[1::2], edges[2::2]))
    with open(f"{directory}/results.txt", encoding="utf-8") as f:
        official = [float(v) for v in re.findall(r"Energy/Inf\.\s*:\s*([\d.]+)", f.read())]
    print(statistics.mean(official))


def columns(path, time, unit, names):
    last = -1.0
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow([f"time_{unit}"] + [re.sub(r"\W+", "_", n).strip("_") + "_mw" for n in names])
    with open(path, encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            if float(row[time]) > last:
                last = float(row[time])
                out.writerow([row[time]] + [row[n] for n in names])


if sys.argv[1] == "mlperf":
    mlperf(sys.argv[2], sys.argv[3])
else:
    columns(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
