/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsynergy for C++17: marks that end by themselves, and a meter. Nothing but inline calls of the C
 * functions, whose contracts are in synergy.h.
 *
 *	{
 *		synergy::region r("preprocess");
 *		...
 *	}
 */
#ifndef SYNERGY_LIB_SYNERGY_HPP
#define SYNERGY_LIB_SYNERGY_HPP

#include <cerrno>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

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

/**
 * meter - struct synergy_meter with a window; see meter.h
 *
 *	synergy::meter meter;
 *	meter.begin();
 *	...
 *	for (const auto &r : meter.end())
 *		std::cout << r.rail << " " << r.energy_j << " +- " << r.ci95_j << " J\n";
 *
 * What fails throws std::system_error with the library's message. One thread at a time.
 */
class meter {
public:
	explicit meter(const synergy_meter_options *options = nullptr)
		: meter_(synergy_meter_open(options, &error_), &synergy_meter_close)
	{
		if (!meter_)
			fail();
	}

	void begin()
	{
		window_ = synergy_meter_begin(meter_.get(), &error_);
		if (window_ < 0)
			fail();
	}

	std::vector<synergy_meter_reading> end()
	{
		auto rails = static_cast<std::uint32_t>(synergy_meter_rails(meter_.get()));
		std::vector<synergy_meter_reading> readings(rails);

		if (synergy_meter_end(meter_.get(), window_, readings.data(), rails, &error_) < 0)
			fail();
		return readings;
	}

private:
	[[noreturn]] void fail() const
	{
		throw std::system_error(errno, std::generic_category(), error_.message);
	}

	synergy_error error_{};
	std::unique_ptr<synergy_meter, decltype(&synergy_meter_close)> meter_;
	int window_ = -1;
};

} /* namespace synergy */

#endif /* SYNERGY_LIB_SYNERGY_HPP */
