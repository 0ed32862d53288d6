# SPDX-License-Identifier: GPL-2.0-only
#
# The user-space libraries, tools and unit tests, native or cross. A new .c file
# in one of the directories below is picked up by itself; one program per file
# user/tools/synergy-*.c, one test per file in tests/unit. Included before the
# other areas' files: what links the archives says $(USER_LIBS).

CC		:= $(CROSS_COMPILE)gcc
CXX		:= $(CROSS_COMPILE)g++
AR		:= $(CROSS_COMPILE)ar
PROTOC_C	?= protoc-c

USER_DIRS	:= user/lib user/model user/infer user/measure user/layers user/attribute user/fit user/sweep \
		   user/report user/tools kernels
USER_LIBS	:= $(foreach d,$(USER_DIRS),$(O)/lib$(notdir $(d)).a)
USER_TOOLS	:= $(patsubst user/tools/%.c,$(O)/%,$(wildcard user/tools/synergy-*.c))
UNIT_TESTS	:= $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))
# What other people's programs include (synergy/NAME.h)
LIB_HEADERS	:= $(wildcard $(addprefix user/lib/,synergy.h error.h recording.h marks.h meter.h synergy.hpp))
# The test framework; its main() comes along only where a program has none.
TEST_LIB	:= $(O)/libtest.a

OPT		?= -O2
SANITIZE	?=
WARN		:= -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wvla
CPPFLAGS_USER	:= -I. -Iuser -Ikmod/uapi -I$(O)/gen -D_GNU_SOURCE
CFLAGS_USER	= -std=gnu11 $(OPT) -g -fPIC -fvisibility=hidden $(WARN) $(SANITIZE) $(CFLAGS)
CXXFLAGS_USER	= -std=c++17 $(OPT) -g -fPIC -fvisibility=hidden -Wall -Wextra $(SANITIZE) $(CXXFLAGS)
LDFLAGS_USER	= $(SANITIZE) $(LDFLAGS)

TRIPLET		:= $(shell $(CC) -print-multiarch 2>/dev/null)
ifneq ($(SYSROOT),)
CC		+= --sysroot=$(abspath $(SYSROOT))
CXX		+= --sysroot=$(abspath $(SYSROOT))
endif
LIBROOT		:= $(if $(SYSROOT),$(abspath $(SYSROOT)))/usr/lib/$(TRIPLET)
INCROOT		:= $(if $(SYSROOT),$(abspath $(SYSROOT)))/usr/include
# OpenBLAS by its own directory: Debian's alternatives links are made by
# postinst scripts, which an unpacked sysroot never ran.
BLAS_CPPFLAGS	:= -I$(INCROOT)/$(TRIPLET)/openblas-pthread
LDFLAGS_USER	+= -L$(LIBROOT)/openblas-pthread -Wl,-rpath-link,$(LIBROOT)
# GSL is given OpenBLAS as its CBLAS: two CBLAS in one program would clash.
LDLIBS_USER	:= -lgsl -lopenblas -lpfm -lprotobuf-c -ljansson -lcrypto -lpng -ljpeg -lpthread -ldl -lm

EXTRA_CPPFLAGS_kernels := $(BLAS_CPPFLAGS)
EXTRA_CFLAGS_kernels   := -O3
# The module's pure parts, whose headers are found from kmod/.
FILE_CFLAGS_tests/unit/test_kmod := -Ikmod
FILE_CFLAGS_tests/unit/test_converter := -Ikmod
FILE_CFLAGS_tests/unit/test_sampling_plan := -Ikmod

.PHONY: user unit-tests
user: $(USER_LIBS) $(USER_TOOLS) ## build the tools (all: the default)
unit-tests: $(UNIT_TESTS)

# EXTRA_OBJS_<dir>, which later files set, adds objects: hence the second expansion.
.SECONDEXPANSION:
define lib_rules
OBJS_$(notdir $(1)) := $$(patsubst %.c,$(O)/obj/%.o,$$(filter-out $(1)/synergy-%,$$(wildcard $(1)/*.c))) \
	$$(patsubst %.cc,$(O)/obj/%.o,$$(wildcard $(1)/*.cc))
$(O)/lib$(notdir $(1)).a: $$(OBJS_$(notdir $(1))) $$$$(EXTRA_OBJS_$(notdir $(1)))
	$$(Q)rm -f $$@; mkdir -p $$(@D); $(AR) rcsD $$@ $$^
endef
$(foreach d,$(USER_DIRS),$(eval $(call lib_rules,$(d))))

# What objects and programs are made with. Objects depend on this file, which is
# written only when its text changes: another OPT=, SANITIZE= or compiler rebuilds.
define FLAGS_TEXT
$(CC) $(CPPFLAGS_USER) $(CFLAGS_USER)
$(CXX) $(CXXFLAGS_USER)
$(LDFLAGS_USER) $(LDLIBS_USER)
$(foreach v,$(sort $(filter EXTRA_CPPFLAGS_% EXTRA_CFLAGS_% EXTRA_CXXFLAGS_% FILE_CFLAGS_% \
	SIMD_FLAGS_% SIMD_CFLAGS,$(.VARIABLES))),$(v)=$($(v)))
endef

.PHONY: FORCE
$(O)/.flags: FORCE
	$(shell mkdir -p $(@D))$(file >$@.new,$(FLAGS_TEXT))
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# EXTRA_CFLAGS_<dir> and FILE_CFLAGS_<path without suffix> add flags.
$(O)/obj/%.o: %.c $(O)/.flags
	@mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  CC      $<")
	$(Q)$(CC) $(CPPFLAGS_USER) $(EXTRA_CPPFLAGS_$(notdir $(<D))) $(CFLAGS_USER) \
		$(EXTRA_CFLAGS_$(notdir $(<D))) $(FILE_CFLAGS_$(basename $<)) -MMD -MP -c -o $@ $<

$(O)/obj/%.o: %.cc $(O)/.flags
	@mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  CXX     $<")
	$(Q)$(CXX) $(CPPFLAGS_USER) $(EXTRA_CPPFLAGS_$(notdir $(<D))) $(CXXFLAGS_USER) \
		$(EXTRA_CXXFLAGS_$(notdir $(<D))) -MMD -MP -c -o $@ $<

LINK = $(Q)mkdir -p $(@D) && $(if $(filter 1,$(V)),,echo "  LD      $@" &&) \
	$(if $(EIGEN_OBJS),$(CXX),$(CC)) $(LDFLAGS_USER) -o $@ $(1) \
	-Wl,--start-group $(USER_LIBS) -Wl,--end-group $(LDLIBS_USER)

$(USER_TOOLS): $(O)/%: $(O)/obj/user/tools/%.o $(USER_LIBS)
	$(call LINK,$<)

$(TEST_LIB): $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/framework/*.c))
	$(Q)rm -f $@; $(AR) rcsD $@ $^

$(UNIT_TESTS): $(O)/tests/unit/%: $(O)/obj/tests/unit/%.o $(TEST_LIB) $(USER_LIBS)
	$(call LINK,$(filter-out $(USER_LIBS) %/.flags,$^))

$(USER_TOOLS) $(UNIT_TESTS): $(O)/.flags

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
