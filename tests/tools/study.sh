#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/study/analyse on made-up measurements: every file it names is written and
# whole, figures agree between them, plots come out, and one that lacks its network's
# truth or its counters is no reason to fail.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

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

setup() {
	needs synergy-fit synergy-run
	command -v gnuplot >/dev/null || skip "no gnuplot"
	for net in alexnet squeezenet all_cnn_c mobilenet; do
		measured $net runs
	done
	mkdir "$work/runs/half.part" "$work/runs/empty"
}

test_files_and_figures() {
	"$top/scripts/study/analyse" "$work/runs" "$work/none" "$work/study" >"$work/log" 2>&1 ||
		fail "exit status $?: $(cat "$work/log")"
	check_fails grep -i 'fail\|Traceback' "$work/log"
	for f in dataset.csv prediction.csv truth.csv model.json fit.txt summary.json report.html \
		types.png layers.png prediction.png mac_simd.png simd_bus.png mac_energy.png; do
		[ -s "$work/study/$f" ] || wrong "no $f"
	done
	check_eq "$(wc -l <"$work/study/prediction.csv")" 5 "prediction.csv: rows"
	py check_study "$work/study"
}

test_nothing_measured() {
	expect 1 "$top/scripts/study/analyse" "$work/none" "$work/none" "$work/none2"
	has err 'no measured network'
}

run_tests "$@"
