#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/study/analyse makes of study.sh's measurements: figures agree between files.

usage: tests/tools/check_study.py DIRECTORY
"""
import csv
import html.parser
import json
import sys

out = sys.argv[1] + "/"
with open(out + "summary.json") as f:
    s = json.load(f)
assert s["networks"] == ["alexnet", "all_cnn_c", "mobilenet", "squeezenet"], s["networks"]
assert s["unseen"]["conv_counters"]["mean_pct"] < 0.1, s["unseen"]["conv_counters"]
assert s["aims"]["conv_counters_below_5_72"] is True
assert s["total_against_truth_pct"] is None
with open(out + "prediction.csv") as f:
    rows = list(csv.DictReader(f))
for r in rows:
    off = 100 * (float(r["pred_layertype_uj"]) / float(r["measured_uj"]) - 1)
    assert abs(off - float(r["err_layertype_pct"])) < 1e-3, r
    assert r["truth_uj"] == ""
with open(out + "report.html") as f:
    text = f.read()
for words in ("17.33 +- 12.2", "0.06639", "Snapdragon 820", "Predicted and measured"):
    assert words in text, words
assert "nan" not in text.lower().replace("nano", ""), "nan in the report"
html.parser.HTMLParser().feed(text)
