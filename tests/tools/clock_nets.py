#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Networks whose layers' counts and energy follow a stated law, for synergy-predict --frequency.

usage: tests/tools/clock_nets.py nets DIRECTORY
       tests/tools/clock_nets.py sweep SEED TABLE... >results.csv
       tests/tools/clock_nets.py check SEED PREDICTION.json TABLE KHZ VOLTS

nets writes seven small networks, net0 to net6. TABLE is a network's layers.csv by synergy-run.
sweep makes a sweep's results of them at three operating points, with noise of 1 % in the counts
and 2 % in energy; check holds a prediction against the law, with the same 1 %: the total lies in
its interval, and so do three layers of four and more (of twelve, fewer than nine would be met
twice in ten thousand times).
"""
import csv
import json
import os
import random
import sys

POINTS = ((204000, .80), (710400, .88), (1734000, 1.18))
EVENTS = "ASE_SPEC", "BUS_ACCESS", "INST_RETIRED"
FEATURES = "params", "bytes_in", "bytes_out", "kernel_h", "kernel_w", "stride_h", "stride_w", "group", \
    "channels_in", "channels_out"


def layer(name, kind, bottom, top, text):
    return f'layer {{ name: "{name}" type: "{kind}" bottom: "{bottom}" top: "{top}" {text} }}\n'


def nets(directory):
    rng = random.Random(1)
    for n in range(7):
        side, last = rng.choice((24, 28, 32, 40)), "data"
        text = (f'name: "net{n}"\nlayer {{ name: "data" type: "Input" top: "data" input_param {{ '
                f'shape: {{ dim: 1 dim: {rng.choice((3, 6, 8))} dim: {side} dim: {side} }} }} }}\n')
        for i in range(rng.randint(3, 5)):
            kernel = rng.choice((3, 3, 5))
            text += layer(f"conv{i}", "Convolution", last, f"conv{i}", "convolution_param { num_output: "
                          f"{rng.choice((8, 16, 24, 32, 48))} kernel_size: {kernel} pad: {kernel // 2} }}")
            text += layer(f"relu{i}", "ReLU", f"conv{i}", f"relu{i}", "")
            last = f"relu{i}"
            if i in (1, 3):
                text += layer(f"pool{i}", "Pooling", last, f"pool{i}",
                              f"pooling_param {{ pool: MAX kernel_size: {rng.choice((2, 3))} stride: 2 }}")
                last = f"pool{i}"
        for i in range(2):
            text += layer(f"fc{i}", "InnerProduct", last, f"fc{i}",
                          f"inner_product_param {{ num_output: {rng.choice((20, 50, 100))} }}")
            last = f"fc{i}"
        with open(os.path.join(directory, f"net{n}.prototxt"), "w", encoding="ascii") as f:
            f.write(text)


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as f:
        return [r for r in csv.DictReader(line for line in f if not line.startswith("#"))
                if r["op"] != "(between)"]


def counts(row, khz):
    """SIMD, bus accesses, instructions, cycles."""
    mac, moved = int(row["mac"]), int(row["bytes_in"]) + int(row["bytes_out"])
    weights = 4 * int(row["params"] or 0)
    if row["op"] in ("MaxPool", "Relu"):
        window = int(row["bytes_out"]) / 4 * int(row["kernel_h"] or 1) * int(row["kernel_w"] or 1)
        work = window if row["op"] == "MaxPool" else moved / 4
        return 0, .02 * moved, 3 * work, 2 * work + .02 * moved * khz / 1e6
    return (.27 * mac, .03 * mac if row["op"] == "Gemm" else .004 * mac, .55 * mac,
            .4 * mac + .1 * (moved + weights) * khz / 1e6)


def energy(n, khz, volts):
    simd, bus, inst, cycles = n
    return (volts ** 2 * (2.4 * simd + 1.5 * bus + .7 * inst) / 1e3 + 5 * bus / 1e3 +
            (.3 * volts + .9) * cycles / khz * 1e3)


def sweep(seed, tables):
    rng = random.Random(seed)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("board", "khz", "network", "rail", "index", "layer", "op", "mac", "time_us", "energy_uj",
                  "energy_ci95_uj") + EVENTS + FEATURES)
    for path in tables:
        for row in rows_of(path):
            # what the law leaves out is the layer's own, at every clock
            own = [rng.gauss(1, .01) for _ in range(4)]
            for khz, volts in POINTS:
                n = [a * b for a, b in zip(counts(row, khz), own)]
                uj = energy(n, khz, volts)
                out.writerow(["b", khz, row["network"], "VDD_CPU", row["index"], row["layer"], row["op"],
                              row["mac"], n[3] / khz * 1e3, uj * rng.gauss(1, .02), uj * .04] +
                             n[:3] + [row[f] for f in FEATURES])


def check(seed, path, table, khz, volts):
    with open(path, encoding="utf-8") as f:
        p = json.load(f)
    rows = rows_of(table)
    rng = random.Random(1000 + seed)
    true = [energy([n * rng.gauss(1, .01) for n in counts(r, khz)], khz, volts) for r in rows]
    inside = sum(abs(a["predicted_uj"] - t) <= a["predicted_ci95_uj"] for a, t in zip(p["layers"], true))
    off = p["total_uj"] / sum(true) - 1
    time_us = sum(counts(r, khz)[3] for r in rows) / khz * 1e3
    print(f"{khz} kHz: {p['total_uj']:.0f} +- {p['total_ci95_uj']:.0f} uJ for {sum(true):.0f} ({off:+.2%}); "
          f"{inside} of {len(true)} layers inside; time {p['total_time_us'] / time_us - 1:+.2%}")
    assert len(p["layers"]) == len(true)
    assert abs(p["total_uj"] - sum(true)) <= p["total_ci95_uj"] < .1 * sum(true), "total"
    assert inside >= .75 * len(true), "layers"
    assert abs(p["total_time_us"] / time_us - 1) < .03, "time"


def main(what, *args):
    if what == "nets":
        nets(*args)
    elif what == "sweep":
        sweep(int(args[0]), args[1:])
    else:
        check(int(args[0]), args[1], args[2], float(args[3]), float(args[4]))


if __name__ == "__main__":
    main(*sys.argv[1:])
