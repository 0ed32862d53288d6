# SPDX-License-Identifier: GPL-2.0-only
#
# The virtual board: set-up, what is built for it, and its kernels' modules.

CACHE		:= $(abspath $(or $(SYNERGY_CACHE_DIR),build/cache))
CROSS_ARGS	:= ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- SYSROOT=$(CACHE)/sysroot O=build/arm64
NATIVE_ARGS	:= ARCH=$(patsubst aarch64,arm64,$(shell uname -m)) CROSS_COMPILE= SYSROOT= O=build/host
# The board's kernel: a name that scripts/setup.sh knows, or a directory.
KERNEL		?= 6.1

.PHONY: setup native cross board-kmod board-tests board-programs shell

setup: ## install and fetch what `make demo` and `make check` need
	$(Q)scripts/setup.sh

# Sub-makes, because one make has one compiler.
native: plugin
	$(Q)+$(MAKE) --no-print-directory $(NATIVE_ARGS) user unit-tests

cross: ## build tools and board tests for arm64 (build/arm64)
	$(Q)+$(MAKE) --no-print-directory $(CROSS_ARGS) user board-programs

board-kmod: ## build the modules for KERNEL (build/kmod)
	$(Q)scripts/board/build-kmod $(KERNEL)

shell: setup native cross board-kmod ## a shell on the virtual board
	$(Q)scripts/board/run --kernel $(KERNEL) --shell

# Every tests/board/*.c is a program: test_*.c a test, the others their helpers.
BOARD_PROGRAMS	:= $(patsubst tests/board/%.c,$(O)/tests/board/%,$(wildcard tests/board/*.c))

board-programs: $(BOARD_PROGRAMS)

$(BOARD_PROGRAMS): $(O)/tests/board/%: $(O)/obj/tests/board/%.o $(TEST_LIB) $(USER_LIBS) $(O)/.flags
	$(call LINK,$< $(TEST_LIB))
