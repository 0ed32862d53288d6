#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-calibrate on recordings of known readings (make_recording.c: a rail of 5 V with
# 10 mOhm): what it finds, keeps, refuses, and that reports correct by it and say so.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
make=$bin/tests/tools/make_recording
calibrate=$bin/synergy-calibrate
report=$bin/synergy-report
export SYNERGY_CALIBRATION=$work/none.json

setup() {
	needs synergy-calibrate synergy-report tests/tools/make_recording
	for mw in 15 2000 8000; do
		check "$make" "$work/$mw.syn" gpu=$mw
	done
}

# member FILE KEY: of the first rail
member() { $python -c 'import json, sys; print(json.load(open(sys.argv[1]))["rails"][0][sys.argv[2]])' "$@"; }

# 15 mW of nothing are 30 uV; a chip that stands on one value is known to 40 uV / sqrt(12)
test_offset() {
	expect 0 "$calibrate" --rail vdd_gpu --unloaded --file "$work/a.json" "$work/15.syn"
	has out "VDD_GPU (chip 1-0040, channel 2, shunt 10 mOhm): offset 27.7 uV"
	near "$(member "$work/a.json" offset_uv)" 27.69 0.001
	near "$(member "$work/a.json" u_offset_uv)" 11.27 0.01
	near "$(member "$work/a.json" u_scale)" 0.0061 0.02
}

test_reports_are_corrected() {
	check "$calibrate" --rail VDD_GPU --unloaded --file "$work/b.json" "$work/15.syn"
	for c in none "$work/b.json"; do
		expect 0 "$report" --format csv --rail VDD_GPU --calibration "$c" "$work/2000.syn"
		cp "$work/out" "$work/$(basename "$c").csv"
	done
	near "$(column "$work/none.csv" conv1 energy_uj)" 80000 0.001
	near "$(column "$work/b.json.csv" conv1 energy_uj)" "$(awk 'BEGIN { print 80000 - 40 * 13.846 }')" 0.001
	near "$(sed -n 's/^# sensor_offset_uw: *//p' "$work/b.json.csv")" 5640 0.02
	near "$(sed -n 's/^# sensor_offset_uw: *//p' "$work/none.csv")" 20000 0.01
	grep -q '^# sensor_source: calibrated 20..-..-..: offset 28 uV' "$work/b.json.csv" || wrong "the source is not said"
	# the other rail is as it was
	expect 0 "$report" --format csv --rail VDD_CPU --calibration "$work/b.json" "$work/2000.syn"
	near "$(column "$work/out" conv1 energy_uj)" 120000 0.005
}

# Read 1 % and 10 mW too much at 2 and at 8 W: the meter is right, and says both.
test_two_loads() {
	check "$calibrate" --rail VDD_GPU --meter 1.970297 --meter-error 0.1 --file "$work/c.json" "$work/2000.syn"
	check "$calibrate" --rail VDD_GPU --meter 7.910891 --meter-error 0.1 --file "$work/c.json" "$work/8000.syn"
	expect 0 "$calibrate" --list --file "$work/c.json"
	lines out 3
	has out "the meter 1.97 W (+- 0.1 %)"
	near "$(member "$work/c.json" scale)" 0.01 0.1
	for mw in 2000 8000; do
		expect 0 "$report" --format csv --rail VDD_GPU --calibration "$work/c.json" "$work/$mw.syn"
		near "$(column "$work/out" conv1 energy_uj)" "$(awk "BEGIN { print ($mw - 10) / 1.01 * 40 }")" 0.002
	done
}

test_two_calibrations_are_two_sensors() {
	check "$calibrate" --rail VDD_GPU --unloaded --file "$work/d.json" "$work/15.syn"
	"$report" --rail VDD_GPU --calibration "$work/d.json" --output "$work/with" -q "$work/2000.syn"
	"$report" --rail VDD_GPU --output "$work/without" -q "$work/2000.syn"
	expect 0 "$report" --compare --rail VDD_GPU "$work/with" "$work/without"
	has out "offset and gain do not cancel"
	expect 0 "$report" --compare --rail VDD_GPU "$work/with" "$work/with"
	has out "its offset and gain cancel"
}

test_list_and_forget() {
	check "$calibrate" --rail VDD_GPU --unloaded --file "$work/new/dir/e.json" "$work/15.syn"
	expect 1 "$calibrate" --rail VDD_CPU --forget --file "$work/new/dir/e.json"
	has err "no rail VDD_CPU"
	expect 0 "$calibrate" --rail VDD_GPU --forget --file "$work/new/dir/e.json"
	expect 0 "$calibrate" --list --file "$work/new/dir/e.json"
	has out "no rail is calibrated"
}

test_refusals() {
	expect 1 "$calibrate" --rail VDD_GPU --unloaded --file "$work/f.json" "$work/2000.syn"
	has err "rail VDD_GPU: 4000 uV across its shunt, and an INA3221's offset is 80 uV at most: a current flows"
	[ ! -e "$work/f.json" ] || wrong "a refused reading was kept"
	expect 1 "$calibrate" --rail VDD_X --unloaded --file "$work/f.json" "$work/15.syn"
	has err "rail VDD_X: not in the recording"
	expect 2 "$calibrate" --unloaded "$work/15.syn"
	has err "--rail is needed"
	expect 2 "$calibrate" --rail VDD_GPU --unloaded --meter 2 "$work/15.syn"
	expect 3 "$calibrate" --rail VDD_GPU --unloaded --device "$work/none" --file "$work/f.json"
	echo '{ "format": "synergy-calibration 1", "rails": [ { "rail": "A", "i2c_bus": "x" } ] }' >"$work/g.json"
	expect 1 "$report" --calibration "$work/g.json" "$work/2000.syn"
	has err "g.json: rail 0: i2c_bus: no number"
	echo '{ "format": 1' >"$work/g.json"
	expect 1 "$calibrate" --list --file "$work/g.json"
	has err "g.json:"
}

run_tests "$@"
