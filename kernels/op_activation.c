// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Functions of one element: activations, Clip, and the rest of map's list. All may work in
 * place, and large ones on all threads.
 */
#include "kernels/op.h"
#include "kernels/parts.h"
#include "model/function.h"

struct map_job {
	const struct synergy_call *call;
	struct synergy_map map;
};

static void map_part(void *arg, int part, int parts)
{
	const struct map_job *job = arg;
	const struct synergy_call *call = job->call;
	const struct synergy_range r = synergy_part_range(call->out[0]->count, part, parts, 64);

	call->env->simd->map(&job->map, (const float *)call->src[0] + r.begin,
			     (float *)call->dst[0] + r.begin, r.end - r.begin);
}

static void run_map(const struct synergy_call *call, const struct synergy_map *map)
{
	struct map_job job = { call, *map };

	synergy_run_parts(call->env->threads, call->out[0]->count, SYNERGY_PART_ELEMENTS, map_part,
			  &job);
}

static void map_run(const struct synergy_call *call)
{
	struct synergy_map map;

	synergy_map_from_node(call->node, &map);
	run_map(call, &map);
}

static bool map_supports(const struct synergy_call *call)
{
	struct synergy_map map;

	return synergy_call_is_f32(call) && synergy_map_from_node(call->node, &map) &&
	       call->env->simd->map(&map, NULL, NULL, 0);
}

static const struct synergy_kernel map_simd = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = map_supports,
	.run = map_run,
};

synergy_kernel_list synergy_map_kernels = { &map_simd, &synergy_kernel_eval_elements, NULL };

static float limit(const struct synergy_call *call, int i, float otherwise)
{
	return i < call->n_in && call->src[i] ? *(const float *)call->src[i] : otherwise;
}

static void clip_run(const struct synergy_call *call)
{
	const struct synergy_clip_params *p = &call->node->p.clip;
	const struct synergy_map map = { SYNERGY_FN_CLIP, limit(call, 1, p->min),
					 limit(call, 2, p->max), 0 };

	run_map(call, &map);
}

static const struct synergy_kernel clip = {
	.method = "simd",
	.flags = SYNERGY_KERNEL_IN_PLACE,
	.supports = synergy_call_is_f32,
	.run = clip_run,
};

synergy_kernel_list synergy_clip_kernels = { &clip, &synergy_kernel_eval_elements, NULL };
