// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * See hash.h. By libcrypto because it uses a core's SHA-2 instructions in every
 * release that JetPack has come with (1.8 instructions a byte on an A57; nettle
 * knows them from 3.8 on, which Ubuntu has since 23.04), and weights are large: the
 * same in plain C took 33 a byte, 96 % of the time that AlexNet took to load.
 */
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>

#include "model/hash.h"

int synergy_hash_hex(const void *data, size_t size, const char *name, char hex[65],
		     struct synergy_error *err)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	size_t i;

	if (!SHA256(data, size, digest))
		return synergy_error_set(err, EIO, "%s: libcrypto has no SHA-256", name);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return 0;
}
