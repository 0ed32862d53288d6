#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds bench-sweep's results against the simulator's truth; see scripts/bench/sweep.

usage: scripts/bench/sweep.py DIRECTORY   (exit 1: an aim is not met)

Prints how many intervals of layers and of whole networks cover the truth, with the 95 %
interval (Wilson) of that share; the clock of least energy by measurement and by truth,
of what is known to 10 % at each clock, and of all; and the energy model's coefficients beside the law's.
"""
import csv
import json
import math
import sys
from collections import defaultdict

CLOCKS = ("1GHz", "500MHz", "250MHz")
WARMUP = 1 << 32
RUN = 0xffffffff
LEAST_COVERED, MOST_WORSE, MOST_OFF = .91, .01, .03
RESOLVED = .10
LAW = {"simd_v2": 3.2, "bus_access_v2": 33, "inst_v2": .06, "bus_access": 0, "time_us_v": 190,
       "time_us": 0}	# board classic: nJ, mW


def truths(path):
    """Of each process that marked, in their order: id -> mean energy of VDD_CPU in uJ."""
    begun, sums = {}, defaultdict(lambda: defaultdict(list))
    with open(path, encoding="ascii", newline="") as f:
        for row in csv.DictReader(line for line in f if not line.startswith("#")):
            if int(row["cookie"]) >= WARMUP:
                continue
            key = row["tid"], row["id"], row["cookie"]
            if row["kind"] == "1":
                begun[key] = int(row["VDD_CPU_pj"])
            elif row["kind"] == "2" and key in begun:
                sums[row["tid"]][int(row["id"])].append(int(row["VDD_CPU_pj"]) - begun.pop(key))
    return [{i: sum(v) / len(v) / 1e6 for i, v in ids.items()} for ids in sums.values()]


def cells(directory):
    """(clock, model, layer, measured, half of the interval, truth), uJ."""
    for clock in CLOCKS:
        truth = truths(f"{directory}/{clock}/truth.csv")
        with open(f"{directory}/{clock}/results.csv", encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f))
        orders = sorted({int(r["order"]) for r in rows})
        if len(orders) != len(truth):
            sys.exit(f"{clock}: {len(orders)} runs, marks of {len(truth)}")
        for r in rows:
            total = r["op"] == "(total)"
            index = RUN if total else int(r["index"]) if r["index"] else None
            if index is None or not r["energy_uj"]:
                continue
            yield (clock, r["model"], "(total)" if total else r["layer"], float(r["energy_uj"]),
                   float(r["energy_ci95_uj"] or "nan"), truth[orders.index(int(r["order"]))][index])


def wilson(k, n, z=1.96):
    p, c = k / n, z * z / n
    half = z * math.sqrt(p * (1 - p) / n + c / (4 * n))
    return (p + c / 2 - half) / (1 + c), (p + c / 2 + half) / (1 + c)


def mean(values):
    return sum(values) / len(values)


def main(directory):
    wrong = []
    measured, true = defaultdict(list), defaultdict(list)
    known = covered = unknown = 0
    vague = set()
    for clock, model, layer, uj, ci, truth in cells(directory):
        if math.isnan(ci):
            unknown += 1
            continue
        known += 1
        covered += abs(uj - truth) <= ci
        if not ci <= RESOLVED * uj:
            vague.add((model, layer))
        measured[model, layer, clock].append(uj)
        true[model, layer, clock].append(truth)
    low, high = wilson(covered, known)
    print(f"intervals: {covered} of {known} cover the truth ({covered / known:.1%}; 95 %: "
          f"{low:.1%} to {high:.1%}); {unknown} cells without one")
    if covered < LEAST_COVERED * known:
        wrong.append(f"{covered / known:.1%} of the intervals cover the truth")

    right, n = [0, 0], [0, 0]
    for model, layer in sorted({key[:2] for key in measured}):
        clocks = [c for c in CLOCKS if (model, layer, c) in measured]
        chosen = min(clocks, key=lambda c: mean(measured[model, layer, c]))
        best = min(clocks, key=lambda c: mean(true[model, layer, c]))
        cost = mean(true[model, layer, chosen]) / mean(true[model, layer, best]) - 1
        sure = (model, layer) not in vague
        n[sure] += 1
        right[sure] += cost <= MOST_WORSE
        if layer == "(total)" or cost > MOST_WORSE:
            print(f"  {model} {layer}: chosen {chosen}, truly best {best}: {cost:.2%} more"
                  f"{'' if sure else ' (not known to 10 %)'}")
        if cost > MOST_WORSE and sure:
            wrong.append(f"{model} {layer}: {chosen} costs {cost:.2%} more than {best}")
    print(f"clock of least energy: truly the best or within {MOST_WORSE:.0%} of it for {right[1]} of "
          f"{n[1]} networks and layers that are known to {RESOLVED:.0%}, {sum(right)} of {sum(n)} "
          "of all")

    with open(f"{directory}/model.json", encoding="utf-8") as f:
        part = json.load(f)["parts"][0]
    print("energy model, and the law:")
    for name, value, error in zip(part["columns"], part["coefficients"], part["standard_errors"]):
        print(f"  {name:14} {1e3 * value:10.4g} +- {2e3 * error:.2g}   law {LAW[name]:g}")
    alpha = 1e3 * part["coefficients"][part["columns"].index("simd_v2")] / LAW["simd_v2"] - 1
    print(f"alpha of a SIMD instruction: {alpha:+.2%} off the law")
    if abs(alpha) > MOST_OFF:
        wrong.append(f"alpha is {alpha:+.2%} off")
    for text in wrong:
        print(f"bench-sweep: {text}", file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
