#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: check_comparison.py FILE: of compare.sh's equal and dearer recordings."""
import json
import sys

c = json.load(open(sys.argv[1], encoding="utf-8"))
rows = {row["a"]["layer"]: row for row in c["layers"]}
conv2 = rows["conv2"]
assert c["format"] == "synergy-comparison 1", c["format"]
assert c["tested"] == 4 and c["differ"] == 1, (c["tested"], c["differ"])
assert conv2["differs"] and conv2["p"] < 1e-3, conv2
assert abs(conv2["difference_uj"] - 12000) < 3 * conv2["ci95_uj"] < 12000, conv2
assert abs(conv2["b"]["energy_uj"] - conv2["a"]["energy_uj"] - conv2["difference_uj"]) < 0.1, conv2
assert not rows["conv1"]["differs"], rows["conv1"]
assert abs(c["total"]["b_uj"] - c["total"]["a_uj"] - c["total"]["difference_uj"]) < 0.1, c["total"]
assert c["same_sensor"] is True and c["set_up"] == [], c["set_up"]
