# SPDX-License-Identifier: GPL-2.0-only
#
# The tools as static arm64 programs, made on a PC from the cross build's objects: for
# boards whose C library is older than the PC's (JetPack 4: glibc 2.27).

STATIC_TOOLS	:= $(patsubst $(O)/%,$(O)/static/%,$(USER_TOOLS))
# What each has of the libraries, without debug information (it is in the shared ones)
STATIC_OBJS	:= $(O)/obj/user/static/static.o
# The linker warns of names of users, which static.c restricts to files.
STATIC_LDFLAGS	= -static -s $(LDFLAGS_USER) -Wl,--no-warnings

.PHONY: static static-tools
static: setup ## static arm64 tools for boards with an older C library (build/arm64/static)
	$(Q)+$(MAKE) --no-print-directory $(CROSS_ARGS) static-tools

static-tools: $(STATIC_TOOLS)

$(STATIC_TOOLS): $(O)/static/%: $(O)/obj/user/tools/%.o $(STATIC_OBJS) $(USER_LIBS) $(O)/.flags
	$(Q)mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  LD      $@")
	$(Q)$(if $(EIGEN_OBJS),$(CXX),$(CC)) $(STATIC_LDFLAGS) -o $@ $< $(STATIC_OBJS) \
		-Wl,--start-group $(USER_LIBS) $(LDLIBS_USER) -lz -Wl,--end-group
