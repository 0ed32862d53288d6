// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Functions of one number over arrays: one loop for each, the function chosen outside.
 */
#include <float.h>

#include "kernels/simd/math.h"
#include "kernels/simd/simd_list.h"

/* Four vectors at a time, so that their instructions fill each other's latencies. */
#define MAP_LOOP(f)                                                                               \
	for (; i + 4 * VLEN <= count; i += 4 * VLEN) {                                            \
		const vec v0 = vec_load(x + i), v1 = vec_load(x + i + VLEN);                       \
		const vec v2 = vec_load(x + i + 2 * VLEN), v3 = vec_load(x + i + 3 * VLEN);        \
                                                                                                  \
		vec_store(y + i, f(v0));                                                          \
		vec_store(y + i + VLEN, f(v1));                                                   \
		vec_store(y + i + 2 * VLEN, f(v2));                                               \
		vec_store(y + i + 3 * VLEN, f(v3));                                               \
	}                                                                                         \
	for (; i + VLEN <= count; i += VLEN)                                                      \
		vec_store(y + i, f(vec_load(x + i)));                                             \
	if (i < count)                                                                            \
	vec_store_part(y + i, f(vec_load_part(x + i, count - i)), count - i)

/* A loop of its own for each: name(x, y, count, a, b) of FN_name(v). */
#define MAP(name)                                                                                 \
	static void map_##name(const float *x, float *y, int64_t count, float pa, float pb)       \
	{                                                                                         \
		const vec a = vec_splat(pa), b = vec_splat(pb), zero = {};                        \
		int64_t i = 0;                                                                    \
                                                                                                  \
		(void)a, (void)b, (void)zero;                                                     \
		MAP_LOOP(FN_##name);                                                              \
	}

#define FN_relu(v) vec_at_least(v, zero)
#define FN_leaky(v) vec_select((v) < 0.0f, (v) * a, v)
#define FN_clip(v) vec_at_most(vec_at_least(v, a), b)
#define FN_affine(v) ((v) * a + b)
#define FN_elu(v) vec_select((v) < 0.0f, a * vec_expm1_negative(v), v)
#define FN_selu(v) (b * vec_select((v) < 0.0f, a * vec_expm1_negative(v), v))
#define FN_celu(v) vec_select((v) < 0.0f, a * vec_expm1_negative((v) / a), v)
#define FN_sigmoid(v) vec_sigmoid(v)
#define FN_tanh(v) vec_tanh(v)
#define FN_hard_sigmoid(v) vec_at_most(vec_at_least((v) * a + b, zero), zero + 1.0f)
#define FN_hard_swish(v) \
	((v) * vec_at_most(vec_at_least((v) * (1.0f / 6) + 0.5f, zero), zero + 1.0f))
/* From b on, where nothing is left of it: further out x times the least e^x is much. */
#define FN_swish(v) (vec_at_least(v, b) / (1.0f + vec_exp(vec_at_least(v, b) * -a)))
#define FN_gelu(v) vec_gelu(v)
#define FN_gelu_tanh(v) \
	(0.5f * (v) * (1.0f + vec_tanh(0.797884561f * ((v) + 0.044715f * (v) * (v) * (v)))))
#define FN_mish(v) mish(v)
#define FN_softplus(v) (vec_at_least(v, zero) + vec_log1p(vec_exp(-vec_abs(v))))
#define FN_softsign(v) ((v) / (1.0f + vec_abs(v)))
#define FN_exp(v) vec_exp_any(v)
#define FN_log(v) vec_log(v)
#define FN_erf(v) vec_erf(v)
#define FN_sqrt(v) vec_sqrt(v)
#define FN_reciprocal(v) (1.0f / (v))
#define FN_square(v) ((v) * (v))
#define FN_cube(v) ((v) * (v) * (v))
#define FN_rsqrt(v) (1.0f / vec_sqrt(v))
#define FN_abs(v) vec_abs(v)
#define FN_neg(v) (-(v))
#define FN_floor(v) vec_floor(v)
#define FN_ceil(v) (-vec_floor(-(v)))

/* tanh(log(1 + e^x)) = n / (n + 2) with n = e^x (e^x + 2); from 20 on it is 1. */
VEC_INLINE vec mish(vec v)
{
	const vec w = vec_at_least(v, vec_splat(-87.0f));
	const vec e = vec_exp(vec_at_most(w, vec_splat(20.0f))), n = e * (e + 2.0f);

	return w * (n / (n + 2.0f));
}

MAP(relu)
MAP(leaky)
MAP(clip)
MAP(affine)
MAP(elu)
MAP(selu)
MAP(celu)
MAP(sigmoid)
MAP(tanh)
MAP(hard_sigmoid)
MAP(hard_swish)
MAP(swish)
MAP(gelu)
MAP(gelu_tanh)
MAP(mish)
MAP(softplus)
MAP(softsign)
MAP(exp)
MAP(log)
MAP(erf)
MAP(sqrt)
MAP(reciprocal)
MAP(square)
MAP(cube)
MAP(rsqrt)
MAP(abs)
MAP(neg)
MAP(floor)
MAP(ceil)

typedef void map_loop(const float *x, float *y, int64_t count, float a, float b);

static map_loop *const loops[SYNERGY_FN_COUNT] = {
	[SYNERGY_FN_RELU] = map_relu,
	[SYNERGY_FN_LEAKY_RELU] = map_leaky,
	[SYNERGY_FN_CLIP] = map_clip,
	[SYNERGY_FN_AFFINE] = map_affine,
	[SYNERGY_FN_ELU] = map_elu,
	[SYNERGY_FN_SELU] = map_selu,
	[SYNERGY_FN_CELU] = map_celu,
	[SYNERGY_FN_SIGMOID] = map_sigmoid,
	[SYNERGY_FN_TANH] = map_tanh,
	[SYNERGY_FN_HARD_SIGMOID] = map_hard_sigmoid,
	[SYNERGY_FN_HARD_SWISH] = map_hard_swish,
	[SYNERGY_FN_SWISH] = map_swish,
	[SYNERGY_FN_GELU] = map_gelu,
	[SYNERGY_FN_GELU_TANH] = map_gelu_tanh,
	[SYNERGY_FN_MISH] = map_mish,
	[SYNERGY_FN_SOFTPLUS] = map_softplus,
	[SYNERGY_FN_SOFTSIGN] = map_softsign,
	[SYNERGY_FN_EXP] = map_exp,
	[SYNERGY_FN_LOG] = map_log,
	[SYNERGY_FN_ERF] = map_erf,
	[SYNERGY_FN_SQRT] = map_sqrt,
	[SYNERGY_FN_RECIPROCAL] = map_reciprocal,
	[SYNERGY_FN_SQUARE] = map_square,
	[SYNERGY_FN_CUBE] = map_cube,
	[SYNERGY_FN_RECIPROCAL_SQRT] = map_rsqrt,
	[SYNERGY_FN_ABS] = map_abs,
	[SYNERGY_FN_NEG] = map_neg,
	[SYNERGY_FN_FLOOR] = map_floor,
	[SYNERGY_FN_CEIL] = map_ceil,
};

bool SIMD(map)(const struct synergy_map *map, const float *x, float *y, int64_t count)
{
	if (!loops[map->function])
		return false;
	loops[map->function](x, y, count, map->a,
			     map->function == SYNERGY_FN_SWISH && map->a > 0 ? -87.0f / map->a :
			     map->function == SYNERGY_FN_SWISH ? -FLT_MAX : map->b);
	return true;
}
