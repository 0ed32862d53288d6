# SPDX-License-Identifier: GPL-2.0-only
#
# The TCG plugin of the virtual board: always the host's, whatever is built.

PLUGIN		:= build/host/synergy-plugin.so
PLUGIN_DIR	:= scripts/board/plugin
HOSTCC		?= gcc

.PHONY: plugin
plugin: $(PLUGIN) ## build QEMU's plugin (the virtual board's counters)

$(PLUGIN): $(PLUGIN_DIR)/plugin.c $(wildcard $(PLUGIN_DIR)/*.h) kmod/sim/layout.h
	@mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  HOSTCC  $@")
	$(Q)$(HOSTCC) -std=gnu11 -O2 -g -fPIC -shared -fvisibility=hidden -Wall -Wextra \
		-Werror -Wmissing-prototypes -o $@ $< -ldl -lm

# tests/board/test_sim_simd.c runs OpenBLAS itself.
EXTRA_CPPFLAGS_board = $(BLAS_CPPFLAGS)
