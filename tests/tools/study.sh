#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/study/analyse on made-up measurements: every file it names is written and
# whole, figures agree between them, plots come out, and one that lacks its network's
# truth or its counters is no reason to fail.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
[ -x "$bin/synergy-fit" ] || { echo "SKIP: not built"; exit 77; }
command -v gnuplot >/dev/null || { echo "SKIP: no gnuplot"; exit 77; }

# measured NETWORK DIR: a run as scripts/study/measure leaves it, by a law that is known
measured() {
	mkdir -p "$work/$2/$1"
	"$bin/synergy-run" --quiet --measure off --runs 1 --warmup 0 --format csv --name "$1" \
		"$top/scripts/zoo/$1.prototxt" | awk -F, -v OFS=, '
		/^#/ { print; next }
		!n { for (i = 1; i <= NF; i++) at[$i] = i; n = NF
			sub(",params,", ",ASE_SPEC,BUS_ACCESS,params,"); print; next }
		{
			simd = 0.25 * $at["mac"] + ($at["bytes_in"] + $at["bytes_out"]) / 16
			bus = 0.01 * $at["mac"] + ($at["bytes_in"] + $at["bytes_out"]) / 32 + $at["params"] / 4
			$at["energy_uj"] = 0.0032 * simd + 0.033 * bus
			$at["energy_ci95_uj"] = 0.02 * $at["energy_uj"]
			$at["resolved"] = $at["samples"] = 1
			$at["params"] = sprintf("%.0f,%.0f,%s", simd, bus, $at["params"])
			print
		}' >"$work/$2/$1/layers.csv"
}

for net in alexnet squeezenet all_cnn_c mobilenet; do
	measured $net runs
done
mkdir "$work/runs/half.part" "$work/runs/empty"
"$top/scripts/study/analyse" "$work/runs" "$work/none" "$work/out" >"$work/log" 2>&1 ||
	wrong "exit status $?: $(cat "$work/log")"
grep -i 'fail\|Traceback' "$work/log" && wrong "something is amiss"
for f in dataset.csv prediction.csv truth.csv model.json fit.txt summary.json report.html \
	types.png layers.png prediction.png mac_simd.png simd_bus.png mac_energy.png; do
	[ -s "$work/out/$f" ] || wrong "no $f"
done
[ "$(wc -l <"$work/out/prediction.csv")" = 5 ] || wrong "prediction.csv: not a row for each network"
/usr/bin/python3 - "$work/out" <<'PY' || failures=1
import csv, html.parser, json, sys
out = sys.argv[1] + "/"
s = json.load(open(out + "summary.json"))
assert s["networks"] == ["alexnet", "all_cnn_c", "mobilenet", "squeezenet"], s["networks"]
assert s["unseen"]["conv_counters"]["mean_pct"] < 0.1, s["unseen"]["conv_counters"]
assert s["aims"]["conv_counters_below_5_72"] is True
assert s["total_against_truth_pct"] is None
for r in csv.DictReader(open(out + "prediction.csv")):
    off = 100 * (float(r["pred_layertype_uj"]) / float(r["measured_uj"]) - 1)
    assert abs(off - float(r["err_layertype_pct"])) < 1e-3, r
    assert r["truth_uj"] == ""
text = open(out + "report.html").read()
for words in ("17.33 +- 12.2", "0.06639", "Snapdragon 820", "Predicted and measured"):
    assert words in text, words
assert "nan" not in text.lower().replace("nano", ""), "nan in the report"
html.parser.HTMLParser().feed(text)
PY
"$top/scripts/study/analyse" "$work/none" "$work/none" "$work/out2" 2>"$work/log" &&
	wrong "no measured network is not an error"
grep -q 'no measured network' "$work/log" || wrong "$(cat "$work/log")"

finish
