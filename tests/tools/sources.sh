#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-record --source: power from a tree like /sys, in which a program draws a known
# energy. What the drivers tell (rate, window, steps) is in the recording and the report.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
record=$bin/synergy-record
report=$bin/synergy-report
export SYNERGY_SYSFS=$work/sys

setup() {
	needs synergy-record synergy-report
	py fake_sysfs make "$work/sys"
}

# joules FILE RAIL: sum of its samples' power times their windows
joules() {
	"$report" --export samples "$1" 2>"$work/err" | grep -v '^#' | awk -F, -v rail="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["rail"] == rail { j += $at["power_uw"] * ($at["window_end_ns"] - $at["window_begin_ns"]) / 1e15 }
		END { printf "%.6f\n", j }'
}

# The counter of package-0 begins again from 0 on the way.
test_powercap() {
	expect 0 "$record" --source powercap -o "$work/p.syn" -- \
		$python "$top/tests/tools/fake_sysfs.py" draw "$work/sys" 0.4
	has err "power records"
	near "$(joules "$work/p.syn" package-0)" 8 0.00001
	near "$(joules "$work/p.syn" core)" 4.8 0.00001
	near "$(joules "$work/p.syn" dram)" 1.0 0.00001
	expect 0 "$report" "$work/p.syn"
	has out "power from powercap, read each 10 ms; package-0: powercap intel-rapl:0 (energy counter)"
	for rail in package-0 core dram; do has out "$rail"; done
	expect 0 "$report" --format json "$work/p.syn"
	has out '"source dram": "powercap intel-rapl:0:2 (energy counter), new values each 1 ms'
	expect 0 "$report" --format csv "$work/p.syn"
	has out "# source: powercap"
	lacks out "# rail dram: chip"
}

# A program's marks come by the recorder's ring.
test_marks() {
	[ -e "$bin/libsynergy.so" ] || skip "libsynergy.so is not built"
	[ ! -e /dev/synergy ] || skip "there is a device here"
	if ldd "$bin/synergy-record" | grep -q asan; then skip "Python cannot load a library with sanitizers"; fi
	py fake_sysfs make "$work/fresh"
	SYNERGY_SYSFS=$work/fresh expect 0 "$record" --source powercap -o "$work/m.syn" -- \
		$python "$top/tests/tools/fake_sysfs.py" phases "$work/fresh" "$bin/libsynergy.so"
	expect 0 "$report" --format csv "$work/m.syn"
	# How soon after a mark the counter is read depends on what else runs here; the sums do not.
	# Which energy a row has where readings are at known times: tools/meter.
	for name in load compute; do has out ",$name,"; done
	near "$(column "$work/out" compute calls)" 2 0
	near "$(sed -n 's/^# total_uj: \([0-9.]*\) .*/\1/p' "$work/out")" 19800000 0.0001
	expect 0 "$report" "$work/m.syn"
	has out "for what was drawn: energy is counted"
	lacks out "1 % is assumed"
}

# Each run has its marks; what ends it early is said.
test_repeat() {
	expect 0 "$record" --source hwmon --rate 500 --rails VDD_IN -r 4 -o "$work/r.syn" -- sleep 0.05
	lacks err "less than a sampling period"
	expect 0 "$report" --format csv "$work/r.syn"
	has out "# runs_measured: 4"
	expect 3 "$record" --source hwmon --rails VDD_IN -r 4 -o "$work/r.syn" -- sh -c 'exit 3'
	has err "it failed after 0 of 4 runs"
	expect 130 "$record" --source hwmon --rails VDD_IN -r 4 -o "$work/r.syn" -- sh -c 'kill -INT $PPID; sleep 5'
	has err "interrupted after 0 of 4 runs"
	expect 0 "$record" --source hwmon --rate 0.5 --rails VDD_IN -o "$work/r.syn" -- true
	has err "less than a sampling period of 2000 ms"
	expect 2 "$record" -r 2 --no-mark -- true
	expect 2 "$record" -r 2
}

test_hwmon() {
	expect 0 "$record" --source hwmon --rate 100 -o "$work/h.syn" -- sleep 0.3
	expect 0 "$report" --format csv "$work/h.syn"
	has out "# source VDD_IN: hwmon1 ina3221 curr1 by its voltage, new values each 7 ms, each a mean of 1.75 ms, shunt 5 mOhm, steps of 40 uV"
	has out "# source ina226_curr1: hwmon2 ina226 curr1 by its voltage, new values each 4 ms, each a mean of 4 ms, shunt 10 mOhm, steps of 2.5 uV"
	# Two of one name; one whose driver says nothing of its times.
	has out "# source VDD_CPU@2: hwmon3 someone power1, new values at a rate that the driver does not tell"
	lacks out "VDD_OFF"
	near "$(joules_per_s "$work/h.syn" VDD_IN)" 7.0 0.0001
	near "$(joules_per_s "$work/h.syn" ina226_curr1)" 3.0 0.0001
	near "$(joules_per_s "$work/h.syn" VDD_CPU)" 3.0 0.0001
	near "$(joules_per_s "$work/h.syn" VDD_CPU@2)" 2.25 0.0001
	# What is known of the chip is in the sensor's part: offset and gain by the data sheet.
	expect 0 "$report" --rail VDD_IN "$work/h.syn"
	has out "sensor (VDD_IN, not in +-): offset 40 uV"
	has out "data sheet; hwmon1 ina3221 curr1"
	expect 0 "$report" --rail VDD_CPU@2 "$work/h.syn"
	has out "sensor's own error (offset, gain, shunt) is not known"
}

# joules_per_s FILE RAIL: mean of its samples' power
joules_per_s() {
	"$report" --export samples "$1" 2>"$work/err" | grep -v '^#' | awk -F, -v rail="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["rail"] == rail { w += $at["power_uw"] / 1e6; n++ }
		END { printf "%.6f\n", n ? w / n : 0 }'
}

test_iio() {
	expect 0 "$record" --source iio -o "$work/i.syn" -- sleep 0.2
	near "$(joules_per_s "$work/i.syn" VDD_DDR)" 3.75 0.0001
	near "$(joules_per_s "$work/i.syn" adc_current1)" 0.36 0.0001
	expect 0 "$report" --format csv "$work/i.syn"
	has out "# source VDD_DDR: iio:device0 adc power0, new values each 5 ms, steps of 2.5 mW"
	has out "# source: iio, read each 5 ms"
}

test_rails() {
	expect 0 "$record" --source powercap --rails DRAM,core -o "$work/r.syn" -- true
	expect 0 "$report" --format csv "$work/r.syn"
	has out "# source dram"
	lacks out "# source package-0"
	expect 1 "$record" --source powercap --rails gpu -o "$work/n.syn" -- true
	has err "rail gpu: powercap has none of that name; there are: package-0, core, dram"
}

test_refused() {
	expect 1 "$record" --source rapl -o "$work/n.syn" -- true
	has err "source rapl: there are hwmon, iio, powercap"
	SYNERGY_SYSFS=$work/nothing expect 1 "$record" --source hwmon -o "$work/n.syn" -- true
	has err "hwmon: no channel that measures power in $work/nothing/class/hwmon"
	expect 1 "$record" --source hwmon --rate 20000 -o "$work/n.syn" -- true
	has err "--rate 20000: files can be read at 10000 Hz at most"
	expect 1 "$record" --source hwmon --conversion 140 -o "$work/n.syn" -- true
	has err "--conversion and --rate max are the module's"
	[ ! -e "$work/n.syn" ] || wrong "an empty recording was left"
	echo nonsense >"$work/sys/bus/iio/devices/iio:device0/in_power0_raw"
	expect 1 "$record" --source iio --rails VDD_DDR -o "$work/n.syn" -- true
	has err "in_power0_raw: there is no number in it"
}

# A network's layers: a steady supply of 3 W, whatever runs.
test_run() {
	needs synergy-run
	[ ! -e /dev/synergy ] || skip "there is a device here"
	cat >"$work/net.prototxt" <<-'END'
	input: "data"
	input_shape { dim: 1 dim: 16 dim: 64 dim: 64 }
	layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
	  convolution_param { num_output: 64 kernel_size: 5 pad: 2 } }
	layer { name: "again" type: "Convolution" bottom: "conv" top: "again"
	  convolution_param { num_output: 32 kernel_size: 3 pad: 1 } }
	END
	expect 0 "$bin/synergy-run" --source hwmon --rails VDD_CPU --rate 200 --duration 0.3 --quiet \
		--output "$work/o" "$work/net.prototxt"
	has out "power from hwmon, read each 5 ms; VDD_CPU: hwmon1 ina3221 curr2"
	near "$(awk '$2 == "total_uj:" { e = $3 } $2 == "run_us:" { t = $3 } END { print e / t }' \
		"$work/o/layers.csv")" 3.0 0.02
	expect 1 "$bin/synergy-run" --source hwmon --rail GPU "$work/net.prototxt"
	has err "rail GPU: it is not among those sampled"
}

run_tests "$@"
