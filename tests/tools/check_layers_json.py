#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""layers.json of make_recording.c's recording has the energy that is known.

usage: tests/tools/check_layers_json.py FILE
"""
import json
import sys

with open(sys.argv[1]) as f:
    j = json.load(f)
rows = {row["layer"]: row for row in j["layers"]}
assert abs(rows["conv1"]["energy_uj"] - 120000) < 600, rows["conv1"]
assert "fc, the last" in rows
# Numbers are numbers; what is no layer is a member of its own.
p = j["provenance"]
assert j["format"] == "synergy-layers 2" and not any(n.startswith("(") for n in rows)
assert abs(p["total_uj"] - j["total"]["energy_uj"]) < 1 and p["total_ci95_uj"] > 0
assert abs(sum(r["energy_uj"] or 0 for r in j["layers"]) + j["between"]["energy_uj"] - p["total_uj"]) < 1
assert isinstance(p["runs_measured"], int) and isinstance(p["host"], str), p
assert abs(j["total"]["rails"]["VDD_GPU"]["energy_uj"] / p["total_uj"] - 1) < 1
