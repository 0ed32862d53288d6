#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-record --source csv:FILE: an external meter's trace, with a clock of its own, laid
# under a run's marks: the clock is found, layers have their energies, and a model its
# coefficient. Then traces of real boards.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
record=$bin/synergy-record
report=$bin/synergy-report
real=${SYNERGY_REAL_DATA:-$top/../shared/data/real}

setup() { needs synergy-record synergy-report; }

# probe SEED RUNS PPM: a run and its probe's trace, laid together in $work/SEED/m.syn
probe() {
	mkdir -p "$work/$1"
	py make_probe "$work/$1" "$1" "$2" "$3"
	expect 0 "$record" --source "csv:$work/$1/probe.csv" --onto "$work/$1/run.syn" -o "$work/$1/m.syn"
	expect 0 "$report" --format csv "$work/$1/m.syn"
	cp "$work/out" "$work/$1/layers.csv"
}

# ppm FILE: of the clock, and its interval
ppm() { sed -n 's/.* \([-+][0-9.]*\) +- \([0-9.]*\) ppm,.*/\1 \2/p' "$1" | head -n 1; }

# 40 inferences of some 0.3 s
test_layers_by_a_probe() {
	probe 7 40 50
	read -r off u < <(ppm "$work/7/layers.csv")
	check_that "$off - 50 <= 5 && 50 - $off <= 5 && $u < 5" "the clock: $off +- $u ppm"
	inside=0
	while IFS=, read -r layer mac uj; do
		got=$(column "$work/7/layers.csv" "$layer" energy_uj)
		ci=$(column "$work/7/layers.csv" "$layer" energy_ci95_uj)
		check_that "$got - $uj <= 2 * $ci && $uj - $got <= 2 * $ci && $ci < 0.01 * $uj" \
			"$layer: $got +- $ci, not $uj"
		awk "BEGIN { d = $got - $uj; exit !(d <= $ci && -d <= $ci) }" && inside=$((inside + 1))
		check_eq "$(column "$work/7/layers.csv" "$layer" mac)" "$mac"
	done <"$work/7/truth.csv"
	# Of 8 intervals of 95 %, fewer than 5 hold with a chance of 2e-5.
	check_that "$inside >= 5" "$inside of 8 intervals hold"
	expect 0 "$report" "$work/7/m.syn"
	has out "power from csv $work/7/probe.csv"
}

# A clock that is slow; and the MAC model of the papers over three networks.
test_mac_model() {
	needs synergy-fit
	for seed in 1 2 3; do probe "$seed" 10 -120; done
	read -r off u < <(ppm "$work/1/layers.csv")
	check_that "$off + 120 <= $u * 2 && -120 - $off <= $u * 2" "the clock: $off +- $u ppm, not -120"
	expect 0 "$bin/synergy-fit" "$work"/[123]/layers.csv -o "$work/f.json"
	got=$($python "$top/tests/tools/model_member.py" "$work/f.json" conv mac coefficients 0)
	check_that "$got > 0.99 * 0.002 && $got < 1.01 * 0.002" "uJ per MAC: $got, not 0.002"
}

# Energies of 10 ms each, 1 W and, for two spans whose edges fall into rows, 5 W and 9 W.
test_counted() {
	awk 'function within(t, b, e) { return t < b ? 0 : t < e ? t - b : e - b }
		function more(t) { return 4 * within(t, 2.0037, 4.1012) + 8 * within(t, 6.5061, 7.0023) }
		BEGIN { print "time_s,board_uj"
			for (i = 1; i <= 1000; i++)
				printf "%.2f,%.3f\n", i / 100, 1e4 + 1e6 * (more(i / 100) - more((i - 1) / 100)) }' >"$work/c.csv"
	printf 'name,begin_s,end_s\nfive,2.0037,4.1012\nnine,6.5061,7.0023\n' >"$work/c-spans.csv"
	expect 0 "$record" --source "csv:$work/c.csv" -o "$work/c.syn"
	expect 0 "$report" --intervals "$work/c-spans.csv" --format csv "$work/c.syn"
	for row in five:10487500 nine:4465800; do
		got=$(column "$work/out" "${row%:*}" energy_uj)
		ci=$(column "$work/out" "${row%:*}" energy_ci95_uj)
		check_that "$got - ${row#*:} <= $ci && ${row#*:} - $got <= $ci && $ci < 0.03 * ${row#*:}" \
			"${row%:*}: $got +- $ci uJ, not ${row#*:}"
	done
	expect 0 "$report" --intervals "$work/c-spans.csv" "$work/c.syn"
	has out "for what was drawn: energy is counted"
}

test_refused() {
	py make_probe "$work" 4 3 0
	printf 'time_s,a_mw\n1,2\n1,3\n' >"$work/back.csv"
	printf 'time_s,a_mw\n1,2\n2,x\n' >"$work/text.csv"
	printf 'time_s,a\n1,2\n2,3\n' >"$work/none.csv"
	printf 'seconds,a_mw\n1,2\n2,3\n' >"$work/when.csv"
	{ echo time_s,a_mw; seq 1 500 | awk '{ print $1 / 10 "," 1000 + $1 * 7919 % 13 }'; } >"$work/other.csv"
	expect 1 "$record" --source "csv:$work/back.csv" -o "$work/n.syn"
	has err "back.csv:3: column time_s: value '1': not after the row before"
	expect 1 "$record" --source "csv:$work/text.csv" -o "$work/n.syn"
	has err "text.csv:3: column a_mw: value 'x'"
	expect 1 "$record" --source "csv:$work/none.csv" -o "$work/n.syn"
	has err "no column with power"
	expect 1 "$record" --source "csv:$work/when.csv" -o "$work/n.syn"
	has err "no column time_s"
	expect 1 "$record" --source "csv:$work/other.csv" --onto "$work/run.syn" -o "$work/n.syn"
	has err "its power does not follow the marks"
	[ ! -e "$work/n.syn" ] || wrong "a recording was left"
	expect 2 "$record" --source "csv:$work/other.csv" -- true
	expect 2 "$record" --onto "$work/run.syn" -- true
}

# The trace of an official result, whose energy per inference it has to give.
test_real_mlperf_tiny() {
	[ -d "$real/mlperf_tiny_h7a3" ] || skip "no $real/mlperf_tiny_h7a3 (SYNERGY_REAL_DATA)"
	official=$($python "$top/tests/tools/make_real.py" mlperf "$real/mlperf_tiny_h7a3" "$work/ml") || fail "no trace"
	expect 0 "$record" --source "csv:$work/ml.csv" -o "$work/ml.syn"
	expect 0 "$report" --intervals "$work/ml-windows.csv" --format csv "$work/ml.syn"
	# Five windows of 800 inferences
	got=$(column "$work/out" window energy_uj)
	ci=$(column "$work/out" window energy_ci95_uj)
	params "official $official uJ an inference, five windows: $got +- $ci uJ"
	near "$(awk "BEGIN { print $got / 4000 }")" "$official" 0.0005
	check_that "$got - 4000 * $official <= $ci && 4000 * $official - $got <= $ci" "outside of its interval"
}

# Steps of 400 and 100 mW, of 40 mW: found in the values, and no interval is less than they allow.
test_real_jetson() {
	[ -d "$real/agx_orin" ] || skip "no $real/agx_orin (SYNERGY_REAL_DATA)"
	$python "$top/tests/tools/make_real.py" columns "$real/agx_orin/vgg_imagenet_test.csv" time s \
		GPU+SOC CPU+CV "I/O (5V0)" >"$work/agx.csv" || fail "no trace"
	expect 0 "$record" --source "csv:$work/agx.csv" -o "$work/agx.syn"
	step GPU_SOC 400
	step CPU_CV 400
	step I_O_5V0 100.6
	least_interval agx.syn GPU_SOC 400
	[ -d "$real/orin_nano_trace" ] || skip "no $real/orin_nano_trace"
	$python "$top/tests/tools/make_real.py" columns "$real"/orin_nano_trace/*.csv t_ms ms \
		power_in_mw power_soc_mw >"$work/nano.csv" || fail "no trace"
	expect 0 "$record" --source "csv:$work/nano.csv" -o "$work/agx.syn"
	step power_in_mw 40
	step power_soc_mw 40
	least_interval agx.syn power_in_mw 40
}

# step RAIL MW: what the recording says of it, to 3 %: of the Nano in whole mW
step() {
	"$report" --format csv "$work/agx.syn" >"$work/out" 2>"$work/err" || wrong "no report"
	near "$(sed -n "s/^# source $1: .*steps of \([0-9.]*\) mW.*/\1/p" "$work/out")" "$2" 0.03
}

# least_interval FILE RAIL MW: the total's interval is no less than n rounded values allow
least_interval() {
	expect 0 "$report" --rail "$2" --format csv "$work/$1"
	check_that "$(awk '$2 == "total_uj:" { ci = $5 } $2 == "power_samples:" { n = $3 } $2 == "run_us:" { t = $3 }
		END { print ci / t * 1000 * sqrt(n) }' "$work/out") > 1.96 * $3 / sqrt(12)" "$2: the steps are not in the interval"
}

run_tests "$@"
