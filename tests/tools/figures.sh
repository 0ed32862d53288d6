#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `make figures`: the page has the benchmarks' figures, and none where a benchmark was not
# run with this version of the code.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
page=$work/figures.md

setup() {
	mkdir -p "$work/build/bench" "$work/build/study"
	cat >"$work/build/bench/attribution.csv" <<-END
	network,layer,op,periods,runs,samples,truth_uj,estimate_uj,ci95_uj,error_pct,resolved,covered
	n,a,Conv,0.5,10,9,100,101,2,1.0,1,1
	n,b,Conv,0.6,10,9,100,103,2,3.0,1,0
	n,c,Conv,7,10,9,100,100.5,2,0.5,1,1
	n,d,Conv,8,10,0,100,,,,0,0
	END
	cat >"$work/build/bench/intervals.csv" <<-END
	board,scheme,runs,class,intervals,own,here,error_pct,rms_pct,width_pct
	tx1,140,3,1 to 5,10,9,10,2,3,6
	tx1,max,3,1 to 5,30,29,30,4,5,10
	tx1,max,3,below 0.1,30,29,30,4,5,10
	END
	cat >"$work/build/bench/methods.csv" <<-END
	network,layer,mac,asked,method,instructions
	n,a,10,im2col,im2col,100
	n,a,10,direct,direct,50
	n,b,10,im2col,im2col,100
	n,b,10,direct,direct,200
	END
	printf 'network,ours_ms,other_ms\nn,10,20\nm,10,5\n' >"$work/build/bench/inference.csv"
	mkdir "$work/build/bench/compare"
	printf 'tx1\n  met     equal layers: 3 of 80, 3.8 %% (1 to 9)\n          more\n' >"$work/build/bench/compare/lab.txt"
	printf 'virtual board\n  NOT MET dearer: 8 of 10, 80.0 %%\n' >"$work/build/bench/compare/board.txt"
	cat >"$work/build/study/summary.json" <<-END
	{ "layers_against_truth": { "five periods and more": { "layers": 830, "mean_pct": 0.451,
	  "median_pct": 0.17, "within_2_pct": "96.0 %", "covered_by_95_pct": "96.4 %" } },
	  "law": { "bus": { "law": 33, "recovered": 33.2, "error_pct": 0.7 }, "x": { "law": 0, "recovered": 1, "error_pct": null } } }
	END
}

figures() { "$top/scripts/figures" --build "$work/build" --output "$page" >"$work/out" 2>"$work/err"; }

test_what_was_measured() {
	figures || wrong "exit status $?: $(cat "$work/err")"
	check grep -qxF '| a tenth of a period to one | 2 | 2.0 | 2.0 | 3.0 | 1 of 2 |' "$page"
	check grep -qxF '| five and more | 1 | 0.50 | 0.50 | 0.50 | 1 of 1 |' "$page"
	check grep -qxF '| tx1 | 1 to 5 | 38 of 40 | 95.0 | 3.5 | 9.0 |' "$page"
	check grep -qxF '| direct | 2 | 1.00 |' "$page"
	check grep -qxF '| time by ours, geometric mean | 1.00 | 1.00 |' "$page"
	check grep -qxF '| five periods and more | 830 | 0.45 | 0.17 | 96.0 % | 96.4 % |' "$page"
	check grep -qxF '| bus | 33.0 | 33.2 | 0.70 |' "$page"
	check grep -qxF '| tx1 | equal layers | 3 of 80 | 3.8 | 1 to 9 | met |' "$page"
	check grep -qxF '| virtual board | dearer | 8 of 10 | 80.0 |  | NOT MET |' "$page"
	has err "make bench-sampling: no bench/sampling.csv"
	check_eq "$(grep -c 'Not measured' "$page")" 1 "sections without figures"
}

test_old_figures_are_left_out() {
	git -C "$top" log -1 >/dev/null 2>&1 || skip "no history"
	touch -d 2001-01-01 "$work/build/bench/methods.csv"
	figures || wrong "exit status $?"
	has err "bench/methods.csv is older than the code"
	check_fails grep -q '^| direct' "$page"
}

test_other_files_are_refused() {
	echo 'network,x' >"$work/build/bench/inference.csv"
	check_fails figures
	has err "bench/inference.csv: not as make bench-inference writes it"
}

run_tests "$@"
