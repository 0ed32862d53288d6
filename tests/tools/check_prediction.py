#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""synergy-predict's JSON has the energy that is known, within its own interval.

usage: tests/tools/check_prediction.py FILE WANTED_UJ
"""
import json
import sys

with open(sys.argv[1]) as f:
    p = json.load(f)
want = float(sys.argv[2])
off = p["total_uj"] / want - 1
print(f"{p['total_uj']:.0f} uJ for {want:.0f}, {100 * off:+.2f} %")
assert abs(off) < 0.05, "more than 5 % off"
assert 0 < p["total_ci95_uj"] < 0.5 * want
assert abs(p["total_uj"] - want) < p["total_ci95_uj"], "outside its interval"
assert abs(sum(row["predicted_uj"] or 0 for row in p["layers"]) + p["between_uj"] - p["total_uj"]) < 1
