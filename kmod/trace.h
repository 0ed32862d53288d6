/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * synergy:synergy_marker, the module's one trace point: fired last in BEGIN and
 * first in END, so that whoever watches (ftrace, perf, the simulator) sees the
 * interval from inside.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM synergy

#if !defined(SYNERGY_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SYNERGY_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(synergy_marker,
	    TP_PROTO(u32 kind, u32 id, u64 cookie, u32 tid, u64 time_ns),
	    TP_ARGS(kind, id, cookie, tid, time_ns),
	    TP_STRUCT__entry(__field(u32, kind)
			     __field(u32, id)
			     __field(u64, cookie)
			     __field(u32, tid)
			     __field(u64, time_ns)
			     ),
	    TP_fast_assign(__entry->kind = kind;
			   __entry->id = id;
			   __entry->cookie = cookie;
			   __entry->tid = tid;
			   __entry->time_ns = time_ns;
			   ),
	    TP_printk("kind=%u id=%u cookie=%llu tid=%u time_ns=%llu", __entry->kind,
		      __entry->id, __entry->cookie, __entry->tid, __entry->time_ns)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
