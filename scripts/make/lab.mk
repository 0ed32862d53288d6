# SPDX-License-Identifier: GPL-2.0-only
#
# The off-line laboratory of attribution (tests/lab): what test_intervals and
# bench-attribution count coverage with.

LAB_OBJS	:= $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/lab/*.c))

$(O)/liblab.a: $(LAB_OBJS)
	$(Q)rm -f $@; mkdir -p $(@D); $(AR) rcsD $@ $^

$(O)/tests/unit/test_intervals: $(O)/liblab.a
