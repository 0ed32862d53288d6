# SPDX-License-Identifier: GPL-2.0-only
#
# From nothing to a profiled ConvNet in one command.

.PHONY: demo

demo: setup ## profile AlexNet on the virtual board; results in build/demo
	$(Q)+$(MAKE) --no-print-directory native
	$(Q)+$(MAKE) --no-print-directory cross
	$(Q)+$(MAKE) --no-print-directory board-kmod
	$(Q)KERNEL=$(KERNEL) scripts/demo
