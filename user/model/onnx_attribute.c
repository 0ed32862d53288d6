// SPDX-License-Identifier: LGPL-2.1-or-later
/* A node's attributes by name and type; see onnx.h. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/onnx.h"

#define MAX_ATTRIBUTES 64

const Onnx__AttributeProto *synergy_onnx_attribute(struct synergy_onnx_node *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->proto->n_attribute && i < MAX_ATTRIBUTES; i++)
		if (n->proto->attribute[i]->name && !strcmp(n->proto->attribute[i]->name, name)) {
			n->asked |= 1ULL << i;
			return n->proto->attribute[i];
		}
	return NULL;
}

void synergy_onnx_ignore(struct synergy_onnx_node *n, const char *name)
{
	synergy_onnx_attribute(n, name);
}

int synergy_onnx_no_others(struct synergy_onnx_node *n)
{
	size_t i;

	if (n->proto->n_attribute > MAX_ATTRIBUTES)
		return synergy_onnx_error(n, EFBIG, "has %zu attributes, limit %d",
					  n->proto->n_attribute, MAX_ATTRIBUTES);
	for (i = 0; i < n->proto->n_attribute; i++)
		if (!(n->asked & 1ULL << i))
			return synergy_onnx_error(
				n, ENOTSUP, "attribute '%.60s' is not supported",
				n->proto->attribute[i]->name ? n->proto->attribute[i]->name : "");
	return 0;
}

/*
 * The attribute when it is there and of this type. Files before IR 2 leave the type out;
 * those that proto3 wrote leave out a value of zero or an empty string, not the type.
 */
static int typed(struct synergy_onnx_node *n, const char *name, int type,
		 const Onnx__AttributeProto **out)
{
	const Onnx__AttributeProto *a = synergy_onnx_attribute(n, name);

	*out = a;
	if (!a)
		return 0;
	if (a->ref_attr_name && *a->ref_attr_name)
		return synergy_onnx_error(n, EINVAL,
					  "attribute '%s' stands for a function's '%.60s', but is in none",
					  name, a->ref_attr_name);
	if (a->has_type && (int)a->type != type)
		return synergy_onnx_error(n, EINVAL, "attribute '%s' has type %d, must be %d", name,
					  (int)a->type, type);
	return 1;
}

int synergy_onnx_int(struct synergy_onnx_node *n, const char *name, int64_t min, int64_t max,
		     int64_t *out)
{
	const Onnx__AttributeProto *a = NULL;
	int ret = typed(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT, &a);
	int64_t value;

	if (ret <= 0)
		return ret;
	if (!a->has_i && !a->has_type)
		return synergy_onnx_error(n, EINVAL, "attribute '%s' has no integer", name);
	value = a->has_i ? a->i : 0;
	if (value < min || value > max)
		return synergy_onnx_error(n, EINVAL, "attribute '%s' is %lld, must be %lld to %lld",
					  name, (long long)value, (long long)min, (long long)max);
	*out = value;
	return 1;
}

int synergy_onnx_float(struct synergy_onnx_node *n, const char *name, float *out)
{
	const Onnx__AttributeProto *a = NULL;
	int ret = typed(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, &a);

	if (ret <= 0)
		return ret;
	if ((!a->has_f && !a->has_type) || (a->has_f && isnan(a->f)))
		return synergy_onnx_error(n, EINVAL, "attribute '%s' is not a number", name);
	*out = a->has_f ? a->f : 0;
	return 1;
}

int synergy_onnx_ints(struct synergy_onnx_node *n, const char *name, int64_t *out, int max,
		      int *count)
{
	const Onnx__AttributeProto *a = NULL;
	int ret = typed(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS, &a);

	if (ret <= 0)
		return ret;
	if (a->n_ints > (size_t)max)
		return synergy_onnx_error(n, EFBIG, "attribute '%s' has %zu values, limit %d", name,
					  a->n_ints, max);
	if (a->n_ints)
		memcpy(out, a->ints, a->n_ints * sizeof(*out));
	*count = (int)a->n_ints;
	return 1;
}

int synergy_onnx_string(struct synergy_onnx_node *n, const char *name, char *out, size_t size)
{
	const Onnx__AttributeProto *a = NULL;
	int ret = typed(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING, &a);

	if (ret <= 0)
		return ret;
	if ((!a->has_s && !a->has_type) || a->s.len >= size)
		return synergy_onnx_error(n, EINVAL, "attribute '%s' is not a known word", name);
	if (a->s.len)
		memcpy(out, a->s.data, a->s.len);
	out[a->s.len] = '\0';
	return 1;
}

int synergy_onnx_tensor(struct synergy_onnx_node *n, const char *name, Onnx__TensorProto **out)
{
	const Onnx__AttributeProto *a = NULL;
	int ret = typed(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR, &a);

	if (ret <= 0)
		return ret;
	if (!a->t)
		return synergy_onnx_error(n, EINVAL, "attribute '%s' has no tensor", name);
	*out = a->t;
	return 1;
}

struct synergy_node *synergy_onnx_node_of(const struct synergy_onnx_node *n)
{
	return &n->onnx->graph->nodes[n->index];
}

int synergy_onnx_opset(const struct synergy_onnx_node *n)
{
	return synergy_onnx_node_of(n)->opset;
}

int synergy_onnx_word(struct synergy_onnx_node *n, const char *name, const char *const *words,
		      int count, int *out)
{
	char text[32];
	int i, ret = synergy_onnx_string(n, name, text, sizeof(text));

	if (ret <= 0)
		return ret;
	for (i = 0; i < count; i++)
		if (!strcmp(text, words[i])) {
			*out = i;
			return 1;
		}
	return synergy_onnx_error(n, ENOTSUP, "attribute '%s' is '%s', which is not supported",
				  name, text);
}

int synergy_onnx_flag(struct synergy_onnx_node *n, const char *name, bool *out)
{
	int64_t v;
	int ret = synergy_onnx_int(n, name, 0, 1, &v);

	if (ret > 0)
		*out = v != 0;
	return ret;
}

int synergy_onnx_axis(struct synergy_onnx_node *n, int64_t unset, int *out)
{
	int64_t v = unset;

	if (synergy_onnx_int(n, "axis", -SYNERGY_MAX_RANK, SYNERGY_MAX_RANK, &v) < 0)
		return -1;
	*out = (int)v;
	return 0;
}
