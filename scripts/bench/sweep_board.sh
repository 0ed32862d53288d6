#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# On the board: the three networks of bench-sweep, measured at this boot's clock, and the
# simulator's truth. Usage: sweep_board.sh CLOCK INFERENCES REPEATS
# shellcheck source=tests/board/network.sh
. /tests/network.sh

{
	net_input 8
	net_conv c1 data 16 5
	net_layer r1 ReLU c1 c1
	net_conv c2 c1 24 3
	net_layer p1 Pooling c2 p1 'pooling_param { pool: MAX kernel_size: 2 stride: 2 }'
	net_layer fc InnerProduct p1 fc 'inner_product_param { num_output: 20 }'
} >plain.prototxt
{
	net_input 16
	net_conv squeeze data 8 1
	net_conv expand squeeze 32 3
	net_layer r1 ReLU expand expand
	net_layer n1 LRN expand n1 'lrn_param { local_size: 5 }'
	net_layer p1 Pooling n1 p1 'pooling_param { pool: AVE kernel_size: 3 stride: 2 }'
	net_conv c3 p1 32 1
} >squeezed.prototxt
{
	net_input 8
	net_layer p1 Pooling data p1 'pooling_param { pool: MAX kernel_size: 2 stride: 2 }'
	net_layer fc1 InnerProduct p1 fc1 'inner_product_param { num_output: 200 }'
	net_layer r1 ReLU fc1 fc1
	net_layer fc2 InnerProduct fc1 fc2 'inner_product_param { num_output: 400 }'
	net_layer s Softmax fc2 s
} >connected.prototxt

mkdir -p /var/lib
synergy-sweep -q --board virtual --clocks "$1" --repeats "$3" \
	--options "--measure require --runs $2 --warmup 1 --control 0 --rails VDD_CPU --rail VDD_CPU --rate max -e ASE_SPEC,BUS_ACCESS,INST_RETIRED" \
	--output out plain.prototxt squeezed.prototxt connected.prototxt || exit
cat /sys/kernel/debug/synergy-sim/marks >out/truth.csv
