# SPDX-License-Identifier: GPL-2.0-only
#
# The test targets. tests/run runs what these build; TESTS="board/test_x unit"
# chooses some of it.

TESTS		?=
# Less optimised: checked code of unrolled loops takes minutes a file to compile.
ASAN_ARGS	= $(filter-out O=%,$(NATIVE_ARGS)) O=build/asan \
		  OPT=-O1 EXTRA_CFLAGS_kernels=-O1 \
		  SIMD_CFLAGS="-O1 -fno-math-errno -ffp-contract=fast" \
		  SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
# Debian's arm64 kernels that the board's tests run on; and amd64, which is built.
KERNELS		?= 5.10 6.1 6.12 7.2 6.1-rt

.PHONY: check-hardware check check-build check-kernels check-debug check-debug-build asan lint

asan:
	$(Q)+$(MAKE) --no-print-directory $(ASAN_ARGS) unit-tests

# The kernel's source package has the hwmon driver and the board files that ours
# are compared with.
check-build: setup
	$(Q)scripts/setup.sh debug-packages fuzz-packages test-packages
	$(Q)+$(MAKE) --no-print-directory report-test-packages
	$(Q)+$(MAKE) --no-print-directory native
	$(Q)+$(MAKE) --no-print-directory asan
	$(Q)+$(MAKE) --no-print-directory fuzz-build
	$(Q)+$(MAKE) --no-print-directory cross
	$(Q)+$(MAKE) --no-print-directory board-kmod
	$(Q)scripts/board/build-hwmon $(KERNEL)

check: check-build ## set up, build and run every test that needs no hardware (TESTS=...)
	$(Q)tests/run --kernel $(KERNEL) $(TESTS)

# Those with a slash are source trees, and nothing to fetch.
check-kernels: setup ## run the board's tests on several kernels (KERNELS="6.1 /a/kernel/tree")
	$(Q)scripts/setup.sh $(foreach k,$(KERNELS),$(if $(findstring /,$k),,$k)) amd64
	$(Q)+$(MAKE) --no-print-directory native
	$(Q)+$(MAKE) --no-print-directory cross
	$(Q)scripts/check-kernels "$(KERNELS)" $(TESTS)

check-debug-build: setup
	$(Q)scripts/setup.sh debug-packages
	$(Q)scripts/board/build-debug-kernel
	$(Q)+$(MAKE) --no-print-directory native
	$(Q)+$(MAKE) --no-print-directory cross
	$(Q)scripts/board/build-kmod debug
	$(Q)scripts/board/build-hwmon debug

check-debug: check-debug-build ## run the board's tests in a kernel with every checker on (built once)
	$(Q)tests/run --kernel debug --group-name debug --slow 4 $(or $(TESTS),board)

lint: setup ## sparse, checkpatch, coccinelle and shellcheck
	$(Q)scripts/setup.sh lint-packages
	$(Q)scripts/lint

# On the board itself, whose synergy.ko is loaded: opt-in, and no part of `make check`.
check-hardware: user ## on a real board: measure its own figures into check-hardware.json
	$(Q)scripts/hardware/check --tools $(O)
