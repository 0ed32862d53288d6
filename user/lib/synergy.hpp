/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsynergy for C++17: marks that end by themselves. Nothing but inline calls of the C
 * functions, whose contracts are in synergy.h.
 *
 *	{
 *		synergy::region r("preprocess");
 *		...
 *	}
 */
#ifndef SYNERGY_LIB_SYNERGY_HPP
#define SYNERGY_LIB_SYNERGY_HPP

#include <cstdint>
#include <utility>

#include "lib/synergy.h"

namespace synergy {

/**
 * region - an interval from here to the end of the block, also when an exception leaves it
 *
 * The name is kept by pointer: it has to live as long as the region, as a literal does. It
 * begins and ends in one thread; a region that was moved from marks nothing.
 */
class region {
public:
	explicit region(const char *name, std::uint64_t cookie = 0) noexcept
		: name_(name), cookie_(cookie)
	{
		synergy_mark(SYNERGY_MARK_BEGIN, name_, cookie_);
	}

	region(region &&other) noexcept
		: name_(std::exchange(other.name_, nullptr)), cookie_(other.cookie_) {}

	region(const region &) = delete;
	region &operator=(const region &) = delete;
	region &operator=(region &&) = delete;

	~region()
	{
		end();
	}

	/* Before the block does; once. */
	void end() noexcept
	{
		if (const char *name = std::exchange(name_, nullptr))
			synergy_mark(SYNERGY_MARK_END, name, cookie_);
	}

private:
	const char *name_;
	std::uint64_t cookie_;
};

} /* namespace synergy */

#endif /* SYNERGY_LIB_SYNERGY_HPP */
