# SPDX-License-Identifier: GPL-2.0-only
#
# The program that runs and times models for tests and benchmarks.

INFERENCE_TOOLS	:= $(patsubst tests/inference/%.c,$(O)/tests/inference/%,\
	$(wildcard tests/inference/*.c))

.PHONY: inference-tools
inference-tools: $(INFERENCE_TOOLS)

# Before user.mk in the alphabet, so the archives are named here.
$(INFERENCE_TOOLS): $(O)/tests/inference/%: $(O)/obj/tests/inference/%.o \
		$(foreach d,lib model run attribute fit report kernels,$(O)/lib$(d).a)
	$(call LINK,$<)
