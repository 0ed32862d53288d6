#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-predict --frequency: a network that was in no sweep, at clocks that were and were not
# measured at, against the law that the sweep was made by; and what is said of clocks beyond.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
volts=204MHz:0.8,710MHz:0.88,1734MHz:1.18
predict=$bin/synergy-predict
net=$work/net6.prototxt
model=$work/model.json

setup() {
	needs synergy-fit synergy-run synergy-predict
	py clock_nets nets "$work"
	for i in 0 1 2 3 4 5 6; do
		"$bin/synergy-run" --quiet --measure off --runs 1 --warmup 0 --format csv \
			"$work/net$i.prototxt" >"$work/net$i.csv" || wrong "synergy-run net$i: exit status $?"
	done
	sweep 1
}

# sweep SEED: model.json from six of the networks
sweep() {
	seed=$1
	py clock_nets sweep "$1" "$work"/net[0-5].csv >"$work/sweep.csv"
	expect 0 "$bin/synergy-fit" --volts "$volts" -o "$model" "$work/sweep.csv"
}

# holds FREQUENCY KHZ VOLTS [OPTION...]
holds() {
	expect 0 "$predict" -m "$model" --frequency "$1" -f json "${@:4}" "$net"
	py clock_nets check "$seed" "$work/out" "$work/net6.csv" "$2" "$3"
}

test_truth_in_the_interval() {
	for s in 1 2 3; do
		sweep $s
		check grep -Eq "^Networks at each frequency from their files alone, networks left out: [0-2]\.[0-9]+ [+]-" "$work/out"
		holds 204MHz 204000 .8
		holds 710MHz 710400 .88
		holds 1.734GHz 1734000 1.18
		holds 1.2GHz 1200000 1.02 --volts 1.02
	done
}

test_between_clocks() {
	sweep 1
	holds 1222200kHz 1222200 1.03
	has err "1222 MHz was not measured at: its voltage is taken for 1.03 V, by a straight line"
	lacks err "MHz lies outside the fit"
}

test_forms() {
	LC_ALL=C expect 0 "$predict" -m "$model" --frequency 710MHz "$net"
	check grep -Eq "^at 710 MHz and 0.88 V: [0-9.]+ ms" "$work/out"
	expect 0 "$predict" -m "$model" --frequency 710MHz -f csv "$net"
	check_eq "$(head -n 1 "$work/out")" \
		network,index,layer,op,type,mac,predicted_uj,predicted_ci95_uj,outside,predicted_time_us
}

test_outside_the_fit() {
	expect 0 "$predict" -m "$model" --frequency 2GHz --volts 1.3 -f json "$net"
	has err "2000 MHz lies outside the fit: fitted were 204 to 1734 MHz"
	has err "1.3 V lies outside the fit: fitted were 0.8 to 1.18 V"
	has out '"outside_clock": true'
	expect 1 "$predict" -m "$model" --frequency 100MHz "$net"
	has err "model.json: 100 MHz: the model has no voltage beyond 204 to 1734 MHz: give it by --volts"
}

# Without the one network that was measured at more than one clock nothing is left to fit, so
# five of the six are judged, and the total's interval has their degrees of freedom.
test_networks_that_cannot_be_left_out() {
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print; next }
		$at["network"] == "net0" || $at["khz"] == 204000' "$work/sweep.csv" >"$work/one.csv"
	expect 0 "$bin/synergy-fit" --volts "$volts" -o "$work/one.json" "$work/one.csv"
	check grep -Eq "networks left out: .* \(5\)$" "$work/out"
}

test_refusals() {
	for bad in 12 1.2.3GHz -5MHz 710MHzz; do
		expect 2 "$predict" -m "$model" --frequency $bad "$net"
		has err "--frequency '$bad': not a frequency with its unit, as 710MHz"
	done
	expect 2 "$predict" -m "$model" --volts 1 "$net"
	expect 1 "$predict" -m "$model" "$net"
	has err "model.json: the model is of clocks: synergy-predict --frequency says which"
	"$bin/synergy-fit" -o "$work/tx1.json" "$top/tests/data/tx1-openblas-conv.csv" >/dev/null
	expect 1 "$predict" -m "$work/tx1.json" --frequency 1GHz "$net"
	has err "tx1.json: the model is of no clock: synergy-fit --volts makes one that is"
	sed 's/"khz": 710000/"khz": 100/' "$model" >"$work/falls.json"
	expect 1 "$predict" -m "$work/falls.json" --frequency 1GHz "$net"
	has err "falls.json: operating_points[1]: member 'khz': 100 is not above the one before"
	sed 's/"volts": 0.88/"volts": -1/' "$model" >"$work/volts.json"
	expect 1 "$predict" -m "$work/volts.json" --frequency 1GHz "$net"
	has err "volts.json: operating_points[1]: member 'volts': -1 is not above 0"
	sed 's/"inst_v2"/"inst"/' "$model" >"$work/column.json"
	expect 1 "$predict" -m "$work/column.json" --frequency 1GHz "$net"
	has err "column.json: parts[0]: part 'volts': column 2 is 'inst', not 'inst_v2'"
	sed 's|"cycles/conv"|"cycles/conf"|' "$model" >"$work/type.json"
	expect 1 "$predict" -m "$work/type.json" --frequency 1GHz "$net"
	has err "part 'cycles/conf': no such layer type"
	# Results of before the features: energies over the clocks, and no counts.
	cut -d, -f1-14 "$work/sweep.csv" >"$work/old.csv"
	expect 0 "$bin/synergy-fit" --volts "$volts" -o "$work/old.json" "$work/old.csv"
	has out "No counts by layer type"
	expect 1 "$predict" -m "$work/old.json" --frequency 1GHz "$net"
	has err "old.json: the model has no counts of layers"
}

run_tests "$@"
