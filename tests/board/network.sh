# SPDX-License-Identifier: GPL-2.0-only
#
# What the board's tests of the tools share: sourced, not run. `net_input`, `net_conv`
# and `net_layer` print a network, as a prototxt; `column` and `truth` read what was
# measured and what was true.

# net_input CHANNELS: of 32 x 32
net_input() {
	echo 'name: "net" input: "data"'
	echo "input_shape { dim: 1 dim: $1 dim: 32 dim: 32 }"
}

# net_layer NAME TYPE BOTTOM TOP [PARAMETERS]
net_layer() {
	echo "layer { name: \"$1\" type: \"$2\" bottom: \"$3\" top: \"$4\" $5 }"
}

# net_conv NAME BOTTOM OUTPUTS KERNEL: keeps height and width
net_conv() {
	net_layer "$1" Convolution "$2" "$1" \
		"convolution_param { num_output: $3 kernel_size: $4 pad: $(($4 / 2)) }"
}

# column LAYER NAME: out of x/layers.csv
column() {
	grep -v '^#' x/layers.csv | awk -F, -v layer="$1" -v name="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["layer"] == layer { print $at[name] }'
}

truth=/sys/kernel/debug/synergy-sim/marks
[ -d /sys/kernel/debug/synergy-sim ] || mount -t debugfs none /sys/kernel/debug 2>/dev/null

# truth ID: what VDD_CPU truly took in each inference that counts, mJ a line; the whole
# inference is 4294967295
truth() {
	awk -F, -v id="$1" '$1 == "time_ns" || /^#/ || $4 != id || $5 >= 4294967296 { next }
		$3 == 1 { begin = $10 }
		$3 == 2 { printf "%.6f\n", ($10 - begin) / 1e9 }' $truth
}
