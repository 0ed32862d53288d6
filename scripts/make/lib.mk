# SPDX-License-Identifier: GPL-2.0-only
#
# libsynergy as a shared library and its pkg-config file. The tools link the
# archive; this is for other people's programs, which include <synergy/synergy.h>.

LIB_SONAME	:= libsynergy.so.1
LIB_VERSION	:= $(shell sed -n 's/^\#define SYNERGY_LIB_VERSION[^"]*"\(.*\)"/\1/p' user/lib/synergy.h)
PREFIX		?= /usr/local
LIBDIR		?= $(PREFIX)/lib

.PHONY: lib
lib: $(O)/libsynergy.so $(O)/libsynergy.pc ## build libsynergy.so and its pkg-config file
user: lib

$(O)/libsynergy.so: $(O)/liblib.a user/lib/libsynergy.map
	$(if $(filter 1,$(V)),,@echo "  LD      $@")
	$(Q)mkdir -p $(@D) && $(CC) -shared $(SANITIZE) $(LDFLAGS) -Wl,-soname,$(LIB_SONAME) -Wl,-z,nodelete \
		-Wl,--version-script=user/lib/libsynergy.map -o $@ \
		-Wl,--whole-archive $< -Wl,--no-whole-archive -lm
	$(Q)ln -sf $(@F) $(O)/$(LIB_SONAME)

$(O)/libsynergy.pc: user/lib/libsynergy.pc.in user/lib/synergy.h
	$(Q)mkdir -p $(@D) && sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@VERSION@|$(LIB_VERSION)|' $< > $@
