#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Energies of layers of a millisecond and more against the truth at the recording's marks.

usage: check_recordings.py statistical|combined SHARE TRUTH.csv LAYERS.csv...

So many of all layers have to be inside their intervals, and each recording's total, too.
combined: with the sensor's part, from the file's provenance.
"""
import csv
import math
import re
import sys

RUN, RESERVED, WARMUP = 0xFFFFFFFF, 0xFFFFFFF0, 1 << 32
LEAST_MS = 1.0


def truth_of(path):
    """{layer: (uJ, ms)} per inference; the whole inference is layer None."""
    begun, sums, runs = {}, {}, 0
    with open(path, encoding="ascii", newline="") as f:
        for row in csv.reader(line for line in f if line[:1].isdigit()):
            kind, layer, cookie = (int(v) for v in row[:3])
            time, done, pj, pj_done = (int(v) for v in row[5:9])
            if cookie >= WARMUP or RESERVED <= layer != RUN:
                continue
            if kind == 1:
                begun[layer, cookie] = done, pj_done
            elif (layer, cookie) in begun:
                t0, pj0 = begun.pop((layer, cookie))
                runs += layer == RUN
                e, ms = sums.get(layer, (0, 0))
                sums[layer] = e + (pj - pj0) / 1e6, ms + (time - t0) / 1e6
    return {None if k == RUN else k: (e / runs, ms / runs) for k, (e, ms) in sums.items()}


def figures(path):
    """[(layer, energy, ci, time in us)] and the sensor's offset (uW) and scale."""
    with open(path, encoding="utf-8", newline="") as f:
        lines = f.readlines()
    meta = dict(re.findall(r"^# (\w+): (.*)$", "".join(lines), re.M))
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    found = [(int(r["index"]), float(r["energy_uj"]), float(r["energy_ci95_uj"]),
              float(r["time_us"] or 0)) for r in rows
             if r["index"].isdigit() and r["energy_uj"] and r["energy_ci95_uj"]]
    total = re.findall(r"[-\d.e+]+", meta["total_uj"].replace("+-", " "))
    found.append((None, float(total[0]), float(total[1]), float(meta["run_us"])))
    return found, float(meta["sensor_offset_uw"]), float(meta["sensor_scale"])


def main():
    combined, least, wrong, inside, n = sys.argv[1] == "combined", float(sys.argv[2]), [], 0, 0
    for truth_path, layers_path in zip(sys.argv[3::2], sys.argv[4::2]):
        truth = truth_of(truth_path)
        found, offset, scale = figures(layers_path)
        for layer, energy, ci, us in found:
            if layer not in truth or truth[layer][1] < LEAST_MS:
                continue
            if combined:
                ci = math.hypot(ci, 2 * math.hypot(scale * energy, offset * us / 1e6))
            good = abs(energy - truth[layer][0]) <= ci
            n += 1
            inside += good
            if not good:
                wrong.append(f"{layers_path}: layer {layer}: {energy:.0f} +- {ci:.0f} uJ, "
                             f"true {truth[layer][0]:.0f}")
    print(f"{inside} of {n} inside")
    for text in wrong:
        print(text)
    return inside < least * n or n < 4


if __name__ == "__main__":
    sys.exit(main())
