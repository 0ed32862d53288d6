// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Constant folding: what depends on constants alone is computed while loading.
 * It serves shape arithmetic and rearranged weights, so it is plain and not
 * fast. What it does not know stays a node and is left to the kernels.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/number.h"
#include "model/shape.h"

/*
 * What folding may take: a file of some bytes can ask for any amount. Rearranging what the
 * file holds takes no more than that does, whatever its size.
 */
#define MAX_TENSOR_BYTES	(16ULL << 20)
#define MAX_FOLDED_BYTES	(64ULL << 20)

/* Arithmetic goes through double and int64; larger results are left to the kernels. */
#define MAX_COMPUTED	(1 << 24)

static bool is_real(const struct synergy_tensor *t)
{
	return synergy_dtype_is_real(t->dtype);
}

static int64_t get_int(const struct synergy_tensor *t, int64_t i)
{
	return synergy_load_int(t->data, t->dtype, i);
}

static double get_real(const struct synergy_tensor *t, int64_t i)
{
	return synergy_load_real(t->data, t->dtype, i);
}

static void set_int(struct synergy_tensor *t, int64_t i, int64_t v)
{
	synergy_store_int(t->data, t->dtype, i, v);
}

static void set_real(struct synergy_tensor *t, int64_t i, double v)
{
	synergy_store_real(t->data, t->dtype, i, v);
}

/* --- moving elements ---------------------------------------------------------------- */

/* Next index tuple in row-major order; false after the last. */
static bool advance(int64_t *index, const int64_t *dims, int rank)
{
	int d;

	for (d = rank - 1; d >= 0; d--) {
		if (++index[d] < dims[d])
			return true;
		index[d] = 0;
	}
	return false;
}

static void strides_of(const struct synergy_tensor *t, int64_t *strides)
{
	int64_t s = 1;
	int d;

	for (d = t->rank - 1; d >= 0; d--) {
		strides[d] = s;
		s *= t->dims[d];
	}
}

/* y[index] = x[offset + sum of index * stride], element by element. */
static void move_strided(const struct synergy_tensor *x, struct synergy_tensor *y, int64_t offset,
			 const int64_t *strides)
{
	size_t size = synergy_dtype_size(x->dtype);
	int64_t index[SYNERGY_MAX_RANK] = { 0 }, from, i = 0;
	int d;

	if (!y->count)
		return;
	do {
		from = offset;
		for (d = 0; d < y->rank; d++)
			from += index[d] * strides[d];
		memcpy((char *)y->data + (size_t)i++ * size,
		       (const char *)x->data + (size_t)from * size, size);
	} while (advance(index, y->dims, y->rank));
}

static void fold_transpose(const struct synergy_node *node, const struct synergy_tensor *x,
			   struct synergy_tensor *y)
{
	int64_t in[SYNERGY_MAX_RANK], strides[SYNERGY_MAX_RANK];
	int d;

	strides_of(x, in);
	for (d = 0; d < y->rank; d++)
		strides[d] = in[node->p.transpose.perm[d]];
	move_strided(x, y, 0, strides);
}

static void fold_slice(const struct synergy_node *node, const struct synergy_tensor *x,
		       struct synergy_tensor *y)
{
	int64_t strides[SYNERGY_MAX_RANK], offset = 0;
	int d;

	strides_of(x, strides);
	for (d = 0; d < x->rank; d++) {
		offset += node->p.slice.start[d] * strides[d];
		/* A step is only taken when there is a second element to reach. */
		strides[d] = y->dims[d] > 1 ? strides[d] * node->p.slice.step[d] : 0;
	}
	move_strided(x, y, offset, strides);
}

/* Strides of x seen as y's shape: 0 where x has size 1 or no such dimension. */
static void broadcast_strides(const struct synergy_tensor *x, const struct synergy_tensor *y,
			      int64_t *strides)
{
	int64_t in[SYNERGY_MAX_RANK];
	int d, at;

	strides_of(x, in);
	for (d = 0; d < y->rank; d++) {
		at = d - (y->rank - x->rank);
		strides[d] = at < 0 || x->dims[at] == 1 ? 0 : in[at];
	}
}

static void fold_expand(const struct synergy_tensor *x, struct synergy_tensor *y)
{
	int64_t strides[SYNERGY_MAX_RANK];

	broadcast_strides(x, y, strides);
	move_strided(x, y, 0, strides);
}

static int fold_gather(const struct synergy_graph *graph, const struct synergy_node *node,
		       const struct synergy_tensor *x, struct synergy_tensor *y,
		       struct synergy_error *err)
{
	const struct synergy_tensor *indices = synergy_node_input(graph, node, 1);
	size_t inner = synergy_dtype_size(x->dtype);
	int64_t outer = 1, size = x->dims[node->p.axis.axis], o, i, at;
	char *out = y->data;
	int d;

	for (d = 0; d < node->p.axis.axis; d++)
		outer *= x->dims[d];
	for (d = node->p.axis.axis + 1; d < x->rank; d++)
		inner *= (size_t)x->dims[d];
	for (i = 0; i < indices->count; i++) {
		at = get_int(indices, i);
		if (at < -size || at >= size)
			return synergy_node_error(graph, node, err, EINVAL,
						  "index %lld is out of range for size %lld",
						  (long long)at, (long long)size);
	}
	if (!y->count)
		return 0;
	for (o = 0; o < outer; o++)
		for (i = 0; i < indices->count; i++, out += inner) {
			at = get_int(indices, i);
			at = at < 0 ? at + size : at;
			memcpy(out, (const char *)x->data + (size_t)(o * size + at) * inner, inner);
		}
	return 0;
}

/* Concat, and Split seen the other way round: blocks between y and the many. */
static void fold_blocks(const struct synergy_tensor *whole, struct synergy_tensor *const *parts,
			int n, int axis, bool join)
{
	size_t inner = synergy_dtype_size(whole->dtype);
	int64_t outer = 1, o;
	char *p = whole->data;
	int d, i;

	if (!whole->count)
		return;
	for (d = 0; d < axis; d++)
		outer *= whole->dims[d];
	for (d = axis + 1; d < whole->rank; d++)
		inner *= (size_t)whole->dims[d];
	for (o = 0; o < outer; o++)
		for (i = 0; i < n; i++) {
			size_t bytes = (size_t)parts[i]->dims[axis] * inner;
			char *part = (char *)parts[i]->data + (size_t)o * bytes;

			if (bytes)
				memcpy(join ? p : part, join ? part : p, bytes);
			p += bytes;
		}
}

static int fold_concat(struct synergy_graph *graph, const struct synergy_node *node,
		       struct synergy_tensor *y, struct synergy_error *err)
{
	struct synergy_tensor **parts;
	int i;

	parts = synergy_graph_alloc(graph, (size_t)node->n_inputs * sizeof(*parts));
	if (!parts)
		return synergy_graph_no_memory(graph, err);
	for (i = 0; i < node->n_inputs; i++)
		parts[i] = synergy_node_input(graph, node, i);
	fold_blocks(y, parts, node->n_inputs, node->p.axis.axis, true);
	return 0;
}

static void fill(const struct synergy_tensor *value, struct synergy_tensor *y)
{
	size_t size = synergy_dtype_size(y->dtype);
	int64_t i;

	for (i = 0; i < y->count; i++)
		memcpy((char *)y->data + (size_t)i * size, value->data, size);
}

/* --- arithmetic -------------------------------------------------------------------------- */

/* Wrapping, as the hardware does it; division by zero is told by the caller. */
static int64_t int_op(enum synergy_op_kind kind, int64_t a, int64_t b)
{
	switch (kind) {
	case SYNERGY_OP_ADD:
		return (int64_t)((uint64_t)a + (uint64_t)b);
	case SYNERGY_OP_SUB:
		return (int64_t)((uint64_t)a - (uint64_t)b);
	case SYNERGY_OP_MUL:
		return (int64_t)((uint64_t)a * (uint64_t)b);
	default:
		return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
	}
}

static double real_op(enum synergy_op_kind kind, double a, double b)
{
	switch (kind) {
	case SYNERGY_OP_ADD:
		return a + b;
	case SYNERGY_OP_SUB:
		return a - b;
	case SYNERGY_OP_MUL:
		return a * b;
	default:
		return a / b;
	}
}

static int fold_binary(const struct synergy_graph *graph, const struct synergy_node *node,
		       struct synergy_tensor *y, struct synergy_error *err)
{
	const struct synergy_tensor *a = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *b = synergy_node_input(graph, node, 1);
	int64_t sa[SYNERGY_MAX_RANK], sb[SYNERGY_MAX_RANK], index[SYNERGY_MAX_RANK] = { 0 };
	int64_t i = 0, ia, ib;
	int d;

	if (!y->count)
		return 0;
	broadcast_strides(a, y, sa);
	broadcast_strides(b, y, sb);
	do {
		ia = 0;
		ib = 0;
		for (d = 0; d < y->rank; d++) {
			ia += index[d] * sa[d];
			ib += index[d] * sb[d];
		}
		if (is_real(y))
			set_real(y, i++, real_op(node->kind, get_real(a, ia), get_real(b, ib)));
		else if (node->kind == SYNERGY_OP_DIV && get_int(b, ib) == 0)
			return synergy_node_error(graph, node, err, EINVAL,
						  "divides an integer by zero");
		else
			set_int(y, i++, int_op(node->kind, get_int(a, ia), get_int(b, ib)));
	} while (advance(index, y->dims, y->rank));
	return 0;
}

static void fold_cast(const struct synergy_tensor *x, struct synergy_tensor *y)
{
	int64_t i;

	for (i = 0; i < y->count; i++)
		synergy_convert(x->data, x->dtype, y->data, y->dtype, i);
}

static void fold_unary(const struct synergy_node *node, const struct synergy_tensor *x,
		       struct synergy_tensor *y)
{
	int64_t i, v;

	for (i = 0; i < y->count; i++) {
		double r;

		if (!is_real(x)) {
			v = get_int(x, i);
			if (node->p.unary.function == SYNERGY_UNARY_NEG ||
			    (node->p.unary.function == SYNERGY_UNARY_ABS && v < 0))
				v = (int64_t)(0 - (uint64_t)v);
			set_int(y, i, v);
			continue;
		}
		r = get_real(x, i);
		switch (node->p.unary.function) {
		case SYNERGY_UNARY_NEG:
			r = -r;
			break;
		case SYNERGY_UNARY_ABS:
			r = fabs(r);
			break;
		case SYNERGY_UNARY_SQRT:
			r = sqrt(r);
			break;
		case SYNERGY_UNARY_FLOOR:
			r = floor(r);
			break;
		case SYNERGY_UNARY_CEIL:
			r = ceil(r);
			break;
		default:
			r = 1.0 / r;
			break;
		}
		set_real(y, i, r);
	}
}

static bool unary_is_known(const struct synergy_node *node, enum synergy_dtype dtype)
{
	switch (node->p.unary.function) {
	case SYNERGY_UNARY_NEG:
	case SYNERGY_UNARY_ABS:
		return dtype != SYNERGY_F16;
	case SYNERGY_UNARY_SQRT:
	case SYNERGY_UNARY_FLOOR:
	case SYNERGY_UNARY_CEIL:
	case SYNERGY_UNARY_RECIPROCAL:
		return dtype == SYNERGY_F32 || dtype == SYNERGY_F64;
	default:
		return false;
	}
}

static void fold_reduce_prod(const struct synergy_tensor *x, struct synergy_tensor *y)
{
	int64_t i, v = 1;

	for (i = 0; i < x->count; i++)
		v = (int64_t)((uint64_t)v * (uint64_t)get_int(x, i));
	set_int(y, 0, v);
}

/* --- which nodes ----------------------------------------------------------------------------- */

enum method { LEAVE, SHARE, COPY, COMPUTE };

static enum method method_of(const struct synergy_graph *graph, const struct synergy_node *node)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	const struct synergy_tensor *y = synergy_node_output(graph, node, 0);

	switch (node->kind) {
	case SYNERGY_OP_FLATTEN:
	case SYNERGY_OP_RESHAPE:
	case SYNERGY_OP_SQUEEZE:
	case SYNERGY_OP_UNSQUEEZE:
	case SYNERGY_OP_IDENTITY:
		return SHARE;
	case SYNERGY_OP_TRANSPOSE:
	case SYNERGY_OP_SLICE:
	case SYNERGY_OP_EXPAND:
	case SYNERGY_OP_GATHER:
	case SYNERGY_OP_CONCAT:
	case SYNERGY_OP_CONSTANT_OF_SHAPE:
		return COPY;
	case SYNERGY_OP_CAST:
		return COPY;
	case SYNERGY_OP_ADD:
	case SYNERGY_OP_SUB:
	case SYNERGY_OP_MUL:
	case SYNERGY_OP_DIV:
		return x->dtype != SYNERGY_F16 && x->dtype != SYNERGY_BOOL ? COMPUTE : LEAVE;
	case SYNERGY_OP_UNARY:
		return unary_is_known(node, x->dtype) ? COMPUTE : LEAVE;
	case SYNERGY_OP_REDUCE:
		return node->p.reduce.mode == SYNERGY_REDUCE_PROD && !is_real(x) &&
		       y->count == 1 ? COMPUTE : LEAVE;
	default:
		return LEAVE;
	}
}

static int compute(struct synergy_graph *graph, const struct synergy_node *node,
		   struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	struct synergy_tensor *y = synergy_node_output(graph, node, 0);

	switch (node->kind) {
	case SYNERGY_OP_TRANSPOSE:
		fold_transpose(node, x, y);
		return 0;
	case SYNERGY_OP_SLICE:
		fold_slice(node, x, y);
		return 0;
	case SYNERGY_OP_EXPAND:
		fold_expand(x, y);
		return 0;
	case SYNERGY_OP_GATHER:
		return fold_gather(graph, node, x, y, err);
	case SYNERGY_OP_CONCAT:
		return fold_concat(graph, node, y, err);
	case SYNERGY_OP_CONSTANT_OF_SHAPE:
		fill(synergy_node_input(graph, node, 1), y);
		return 0;
	case SYNERGY_OP_CAST:
		if (x->dtype == y->dtype)
			memcpy(y->data, x->data, y->bytes);
		else
			fold_cast(x, y);
		return 0;
	case SYNERGY_OP_UNARY:
		fold_unary(node, x, y);
		return 0;
	case SYNERGY_OP_REDUCE:
		fold_reduce_prod(x, y);
		return 0;
	default:
		return fold_binary(graph, node, y, err);
	}
}

/* The shape of a tensor is known even when its value is not. */
static int fold_shape(struct synergy_graph *graph, const struct synergy_node *node,
		      struct synergy_error *err)
{
	const struct synergy_tensor *x = synergy_node_input(graph, node, 0);
	int t = node->outputs[0];

	if (synergy_tensor_set_const(graph, t, NULL, err))
		return -1;
	if (graph->tensors[t].bytes)
		memcpy(graph->tensors[t].data, x->dims + node->p.slice.start[0],
		       graph->tensors[t].bytes);
	return 1;
}

/* Whether the node's result may be made now; if not, it is left to run, with a note. */
static int within_limits(struct synergy_graph *graph, const struct synergy_node *node,
			 struct synergy_error *err)
{
	const struct synergy_tensor *y = synergy_node_output(graph, node, 0), *t;
	struct synergy_graph_memory *memory = graph->memory;
	uint64_t sources = 0;
	int i;

	for (i = 0; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		sources += t && t->bytes > sources ? t->bytes - sources : 0;
	}
	if ((y->bytes <= MAX_TENSOR_BYTES || y->bytes <= sources) &&
	    y->bytes <= MAX_FOLDED_BYTES + memory->file_bytes - memory->folded_bytes) {
		memory->folded_bytes += y->bytes;
		return 1;
	}
	return synergy_graph_note(graph, err,
				  "node '%.100s' (%.60s): its result is constant, but takes %llu bytes and is left to be computed in each run (constants are folded up to %llu MiB a tensor, %llu MiB in all)",
				  node->name, node->op_type, (unsigned long long)y->bytes,
				  MAX_TENSOR_BYTES >> 20, MAX_FOLDED_BYTES >> 20) ? -1 : 0;
}

int synergy_fold_node(struct synergy_graph *graph, struct synergy_node *node,
		      struct synergy_error *err)
{
	const struct synergy_tensor *t;
	enum method method;
	int i;

	if (node->kind == SYNERGY_OP_CONSTANT)
		return 1;
	if (node->kind == SYNERGY_OP_SHAPE)
		return fold_shape(graph, node, err);
	for (i = 0; i < node->n_inputs; i++) {
		t = synergy_node_input(graph, node, i);
		if (t && (!t->is_const || !t->data))
			return 0;
	}
	method = method_of(graph, node);
	if (method == LEAVE ||
	    (method == COMPUTE && synergy_node_output(graph, node, 0)->count > MAX_COMPUTED))
		return 0;
	if (method == SHARE) {
		t = synergy_node_input(graph, node, 0);
		for (i = 0; i < node->n_outputs; i++)
			if (node->outputs[i] >= 0 &&
			    synergy_tensor_set_const(graph, node->outputs[i], t->data, err))
				return -1;
		return 1;
	}
	i = within_limits(graph, node, err);
	if (i <= 0)
		return i;
	if (synergy_tensor_set_const(graph, node->outputs[0], NULL, err) ||
	    compute(graph, node, err))
		return -1;
	return 1;
}
