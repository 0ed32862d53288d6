# SPDX-License-Identifier: GPL-2.0-only
#
# The example reader, built as its readers would: from the UAPI header alone. On
# the board it is a test's helper.

EXAMPLE	:= $(O)/tests/board/example_power

board-programs: $(EXAMPLE)

$(EXAMPLE): user/examples/power.c kmod/uapi/linux/synergy.h
	$(Q)mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  CC      $<")
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -Ikmod/uapi -o $@ $<

# Shell programs of ours that tests use on the board.
board-programs: $(O)/tests/board/handover
$(O)/tests/board/handover: scripts/handover
	$(Q)install -D $< $@

SOAK_RECORDS	?= 1000000

.PHONY: soak
soak: setup ## a million records with a slow reader beside a fast one, on the board
	$(Q)+$(MAKE) --no-print-directory $(NATIVE_ARGS) plugin
	$(Q)+$(MAKE) --no-print-directory $(CROSS_ARGS) board-programs
	$(Q)scripts/board/build-kmod 6.1
	$(Q)scripts/board/run --load --timeout 3000 --log build/board/soak.log -- soak $(SOAK_RECORDS)
