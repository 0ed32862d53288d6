/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256 of a model file, for provenance: which file a result is of. */
#ifndef SYNERGY_MODEL_HASH_H
#define SYNERGY_MODEL_HASH_H

#include <stddef.h>

#include "lib/error.h"

/* 64 lower-case hexadecimal digits and a NUL. name is for the message. -1: EIO. */
int synergy_hash_hex(const void *data, size_t size, const char *name, char hex[65],
		     struct synergy_error *err);

#endif
