// SPDX-License-Identifier: GPL-2.0-only
#include "ina3221/latency.h"

__u64 synergy_latency_ns(__u64 *took, __u32 n)
{
	__u32 i, j;

	for (i = 1; i < n; i++) {
		__u64 ns = took[i];

		for (j = i; j && took[j - 1] > ns; j--)
			took[j] = took[j - 1];
		took[j] = ns;
	}
	return took[n / 8];
}
