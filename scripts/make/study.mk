# SPDX-License-Identifier: GPL-2.0-only
#
# The papers' study and the benchmark of attribution, both on the virtual board.
# Both go on where they were interrupted; `rm -r build/study` begins from nothing.

STUDY_EIGEN_NETWORKS ?= all_cnn_c mobilenet alexnet squeezenet

.PHONY: study study-collect study-analyse bench-attribution bench-power bench-ladders bench-methods bench-sweep bench-compare

study: setup native cross board-kmod ## the papers' study: measure 13 networks, fit, report (build/study)
	$(Q)$(MAKE) --no-print-directory study-collect
	$(Q)$(MAKE) --no-print-directory study-analyse

study-collect:
	$(Q)scripts/study/collect
	$(Q)STUDY_DIR=build/study/runs-eigen STUDY_OPTIONS="$(STUDY_OPTIONS) --backend eigen" \
		scripts/study/collect $(STUDY_EIGEN_NETWORKS)

study-analyse: native ## fit and report what was measured so far
	$(Q)scripts/study/analyse build/study/runs build/study/runs-eigen build/study

# Off line: sessions of tests/lab, on made-up networks and on those that bench-power has
# recorded. BENCH_SEEDS sessions of each network in each of 80 conditions.
BENCH_SEEDS	?= 6
BENCH_JOBS	?= $(shell nproc)

bench-attribution: lab ## intervals of energy per layer: coverage and errors by board, off line (build/bench)
	$(Q)mkdir -p build/bench
	$(Q)$(O)/lab/attribution --seeds $(BENCH_SEEDS) --jobs $(BENCH_JOBS) \
		$(if $(wildcard build/bench/power/*.power),--power build/bench/power) \
		--csv build/bench/intervals.csv >build/bench/intervals.txt; \
		status=$$?; cat build/bench/intervals.txt; exit $$status

bench-power: setup native cross board-kmod ## networks' true power, recorded once on the board, for bench-attribution
	$(Q)scripts/bench/power build/bench/power

bench-ladders: setup native cross board-kmod ## energy per layer on the board itself against the simulator's truth (build/bench)
	$(Q)scripts/bench/attribution

bench-sweep: setup native cross board-kmod plugin ## three networks at three clocks of the board: the best clock and the energy model, against the truth
	$(Q)scripts/bench/sweep

bench-compare: setup native cross board-kmod plugin lab ## --compare: equal sessions, a layer made dearer, two methods of convolution, off line and on the board
	$(Q)scripts/bench/compare

bench-methods: setup native cross board-kmod plugin ## convolution methods on the board: instructions, SIMD a MAC, bus a SIMD
	$(Q)scripts/bench/methods $(BENCH_METHODS)
