# SPDX-License-Identifier: GPL-2.0-only
#
# The off-line laboratory of attribution (tests/lab): what test_intervals and
# bench-attribution count coverage with.

LAB_OBJS	:= $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/lab/*.c))
LAB_BENCH	:= $(patsubst tests/lab/bench/%.c,$(O)/lab/%,$(wildcard tests/lab/bench/*.c))

$(O)/liblab.a: $(LAB_OBJS)
	$(Q)rm -f $@; mkdir -p $(@D); $(AR) rcsD $@ $^

$(O)/tests/unit/test_calibration $(O)/tests/unit/test_design $(O)/tests/unit/test_intervals $(O)/tests/unit/test_self_checks: $(O)/liblab.a

$(LAB_BENCH): $(O)/lab/%: $(O)/obj/tests/lab/bench/%.o $(O)/liblab.a $(USER_LIBS)
	$(call LINK,$(filter-out $(USER_LIBS) %/.flags,$^))

.PHONY: lab
lab: $(LAB_BENCH)
