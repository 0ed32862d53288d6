#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-fit --volts on sweeps made from a stated model: the coefficients come back, their
# intervals cover the truth as often as they say, what was left out is predicted, and what
# the data do not carry is refused with the reason.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
volts=204MHz:0.8,710MHz:0.88,1.224GHz:1.02,1734000kHz:1.18

setup() {
	needs synergy-fit
	py make_sweep 1 0.02 >"$work/sweep.csv"
}

# member PART KEY INDEX
member() { $python "$top/tests/tools/model_member.py" "$work/model.json" clock volts "$@"; }

test_alpha() {
	expect 0 "$bin/synergy-fit" --volts "$volts" -o "$work/model.json" "$work/sweep.csv"
	near "$(member coefficients 0)" .0024 .03 "uJ per SIMD instruction at 1 V"
	near "$(member coefficients 2)" .0007 .06 "uJ per instruction at 1 V"
	has out "5 networks at 4 frequencies"
	# Nobody's energy is known without its voltage squared, nor without the leakage.
	check_eq "$(grep -c '^  without .* [01]\.[0-9]* % in the mean' "$work/out")" 9 "left out: predicted to 2 %"
	expect 0 "$bin/synergy-fit" --volts "$volts" --rail VDD_IN --simd armv8_cortex_a57::ASE_SPEC "$work/sweep.csv"
	has out "SIMD instruction"
}

# 95 % intervals: of 120, all but 6 or so; fewer than 100 are not met once in a million.
test_intervals_cover() {
	for seed in $(seq 20); do
		py make_sweep "$seed" 0.03 >"$work/s.csv"
		"$bin/synergy-fit" --volts "$volts" "$work/s.csv" || wrong "seed $seed"
	done >"$work/fits"
	# A coefficient that is held at zero has no interval: its truth is another.
	awk '/^  SIMD instruction/ { t = 2.4 } /^  instruction/ { t = .7 } /^  bus access.*V\^2/ { t = 1.5 }
		/^  bus access.*any/ { t = 5 } /^  leakage/ { t = 300 } /^  constant/ { t = 900 }
		/\+-/ && t { for (i = 1; i < NF; i++) if ($i == "+-") { d = $(i - 1) - t; w = $(i + 1) } }
		t { n++; covered += w && d <= w && -d <= w; t = w = 0 }
		END { print n, covered }' "$work/fits" >"$work/covered"
	read -r n covered <"$work/covered"
	echo "$covered of $n intervals cover the truth"
	check_eq "$n" 120 "coefficients"
	check_that "$covered >= 100" "$covered of $n intervals cover the truth"
}

test_refusals() {
	expect 1 "$bin/synergy-fit" --volts 204MHz:0.8 "$work/sweep.csv"
	has err "sweep.csv:20: column khz: value '710400': the voltage of this frequency is not given"
	awk -F, 'NR == 1 || $7 == 204000' "$work/sweep.csv" >"$work/one.csv"
	expect 1 "$bin/synergy-fit" --volts "$volts" "$work/one.csv"
	expect 1 "$bin/synergy-fit" --volts 1.7:1 "$work/sweep.csv"
	has err "operating point '1.7:1': not FREQUENCY:VOLTS, as 1.73GHz:1.1"
	expect 1 "$bin/synergy-fit" --volts 1GHz:1,1000MHz:1 "$work/sweep.csv"
	has err "operating point '1000MHz:1': this frequency is there twice"
	expect 1 "$bin/synergy-fit" --volts "$volts" "$top/tests/data/tx1-openblas-conv.csv"
	has err "no column khz"
	expect 1 "$bin/synergy-fit" --volts "$volts" --simd nothing "$work/sweep.csv"
	has err "no column nothing"
	head -n 1 "$work/sweep.csv" >"$work/none.csv"
	expect 1 "$bin/synergy-fit" --volts "$volts" "$work/none.csv"
	expect 2 "$bin/synergy-fit" --volts "$volts" -p "$work/p.csv" "$work/sweep.csv"
}

# A voltage that is given and was not measured at, a governor's rows, what is known badly.
test_left_aside() {
	sed -e '3s/,204000,/,,/' "$work/sweep.csv" |
		awk -F, -v OFS=, 'NR == 5 { $15 = $14 / 5 } { print }' >"$work/odd.csv"
	expect 0 "$bin/synergy-fit" --volts "$volts,2GHz:1.3" "$work/odd.csv"
	has out "318 layers' runs of 5 networks at 4 frequencies; left out: 1 known to worse than 10 %, 1 of no fixed clock"
	lacks out "2000 MHz"
}

run_tests "$@"
