# SPDX-License-Identifier: GPL-2.0-only
#
# make bench-sampling: what sampling reaches and what it costs, on the virtual
# board: build/bench/sampling.csv, marker.csv, a plot and a printed table.
# SAMPLING_ROUNDS sizes the load (one round is about 3 ms of virtual time).

SAMPLING_ROUNDS	?= 160
SAMPLING_TIMEOUT	?= 1500
BENCH_OBJS	:= $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/bench/*.c))
BENCH_SAMPLING	:= $(O)/tests/bench/bench_sampling

EXTRA_CPPFLAGS_bench = $(BLAS_CPPFLAGS)

.PHONY: bench-sampling bench-programs
bench-programs: $(BENCH_SAMPLING)

$(BENCH_SAMPLING): $(BENCH_OBJS)
	$(Q)mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  LD      $@")
	$(Q)$(CC) $(LDFLAGS_USER) -o $@ $^ -lopenblas -lpthread -lm

bench-sampling: setup ## sampling rates, jitter, losses and cost beside hwmon and i2c-dev
	$(Q)+$(MAKE) --no-print-directory $(NATIVE_ARGS) plugin
	$(Q)+$(MAKE) --no-print-directory $(CROSS_ARGS) bench-programs
	$(Q)scripts/board/build-kmod 6.1
	$(Q)scripts/board/build-hwmon 6.1
	$(Q)mkdir -p build/bench
	$(Q)scripts/board/run --timeout $(SAMPLING_TIMEOUT) --append iomem=relaxed --log build/bench/kernel.log \
		--add build/arm64/tests/bench/bench_sampling:usr/bin/bench_sampling \
		--in tests/bench/sampling.sh --out /root/bench:build/bench \
		-- sh -c 'ROUNDS=$(SAMPLING_ROUNDS) sh sampling.sh'
	$(Q)tests/bench/report build/bench
