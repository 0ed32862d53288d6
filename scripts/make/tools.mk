# SPDX-License-Identifier: GPL-2.0-only
#
# Helper programs of the tool tests (tests/tools/*.c), built with the unit tests.

TOOL_HELPERS	:= $(patsubst tests/tools/%.c,$(O)/tests/tools/%,$(wildcard tests/tools/*.c))

unit-tests: $(TOOL_HELPERS)

$(TOOL_HELPERS): $(O)/tests/tools/%: $(O)/obj/tests/tools/%.o $(USER_LIBS) $(O)/.flags
	$(call LINK,$<)
