// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The table of GEMM back ends. What each must do: kernels/gemm.h.
 */
#include <errno.h>
#include <string.h>

#include "kernels/gemm.h"

static const struct synergy_gemm_backend *const backends[] = {
	&synergy_gemm_openblas,
	&synergy_gemm_blis,
	&synergy_gemm_eigen,
	&synergy_gemm_ref,
};

const struct synergy_gemm_backend *synergy_gemm_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (!strcmp(backends[i]->name, name))
			return backends[i];
	errno = ENOENT;
	return NULL;
}

const char *synergy_gemm_name(size_t i)
{
	return i < sizeof(backends) / sizeof(backends[0]) ? backends[i]->name : NULL;
}
