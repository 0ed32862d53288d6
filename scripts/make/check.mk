# SPDX-License-Identifier: GPL-2.0-only
#
# The test targets. tests/run runs what these build; TESTS="board/test_x unit"
# chooses some of it.

TESTS		?=
ASAN_ARGS	= $(filter-out O=%,$(NATIVE_ARGS)) O=build/asan \
		  SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"

.PHONY: check check-build asan

asan:
	$(Q)+$(MAKE) --no-print-directory $(ASAN_ARGS) unit-tests

check-build: setup
	$(Q)+$(MAKE) --no-print-directory native
	$(Q)+$(MAKE) --no-print-directory asan
	$(Q)+$(MAKE) --no-print-directory cross
	$(Q)+$(MAKE) --no-print-directory board-kmod
	$(Q)[ $(KERNEL) != 6.1 ] || scripts/board/build-hwmon $(KERNEL)

check: check-build ## set up, build and run every test that needs no hardware (TESTS=...)
	$(Q)tests/run --kernel $(KERNEL) $(TESTS)
