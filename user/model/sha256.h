/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256 (FIPS 180-4) of a buffer, for naming model files; not for secrets. */
#ifndef SYNERGY_MODEL_SHA256_H
#define SYNERGY_MODEL_SHA256_H

#include <stddef.h>

/* 64 lower-case hexadecimal digits and a NUL. */
void synergy_sha256_hex(const void *data, size_t size, char hex[65]);

#endif
