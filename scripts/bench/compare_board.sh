#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# On the board, for bench-compare: equal sessions of one small network, and AlexNet by two
# methods of convolution. Leaves out/NAME.syn. Usage: compare_board.sh SESSIONS RUNS ALEXNET_RUNS
# shellcheck source=tests/board/network.sh
. /tests/network.sh

# block NAME BOTTOM NARROW WIDE: narrow, then wide by 3x3, as SqueezeNet's
block() {
	net_conv "$1_squeeze" "$2" "$3" 1
	net_layer "$1_relu" ReLU "$1_squeeze" "$1_squeeze"
	net_conv "$1_expand" "$1_squeeze" "$4" 3
}

halve() {
	net_layer "$1" Pooling "$2" "$1" 'pooling_param { pool: MAX kernel_size: 2 stride: 2 }'
}

{
	net_input 8
	net_conv conv1 data 24 5
	net_layer norm1 LRN conv1 norm1 'lrn_param { local_size: 5 }'
	block fire2 norm1 8 32
	block fire3 fire2_expand 12 48
	halve pool3 fire3_expand
	block fire4 pool3 16 96
	block fire5 fire4_expand 24 128
	halve pool5 fire5_expand
	net_layer fc6 InnerProduct pool5 fc6 'inner_product_param { num_output: 100 }'
	net_layer prob Softmax fc6 prob
} >small.prototxt

# measure NAME RUNS MODEL [OPTION...]
measure() {
	name=$1 runs=$2 model=$3
	shift 3
	synergy-run --quiet --measure require --rails VDD_CPU --warmup 1 --control 0 --runs "$runs" \
		--format csv --record "out/$name.syn" "$@" "$model" >/dev/null
}

mkdir -p out
i=0
while [ $i -lt "$1" ]; do
	measure "small_$i" "$2" small.prototxt || exit
	i=$((i + 1))
done
if [ "$3" -gt 0 ]; then
	measure alexnet_im2col "$3" alexnet.prototxt --conv im2col || exit
	measure alexnet_winograd "$3" alexnet.prototxt --conv winograd || exit
fi
cat /sys/kernel/debug/synergy-sim/marks >out/truth.csv
