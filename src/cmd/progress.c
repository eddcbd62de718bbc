/* SPDX-License-Identifier: MIT
 * Drawing a progress bar. */
#include "cmd/progress.h"

#include <stdio.h>

#include "base/clock.h"
#include "cmd/terminal.h"

#define BETWEEN_US     100000
#define BAR_COLUMNS    24
#define BAR_SIZE       (BAR_COLUMNS + 5) /* brackets, two spaces, the NUL */
#define LINE_SIZE      256
#define US_PER_SECOND  1000000
#define WITHOUT_BAR_AT 72 /* columns: below it there is no room for the bar */

void progress_begin(struct progress *progress, const struct settings *settings, const char *what,
	const char *unit, int64_t all)
{
	*progress = (struct progress){
		.what = what,
		.unit = unit,
		.all = all,
		.began_us = clock_monotonic_us(),
		.shown = !settings->quiet && terminal_is(stderr),
	};
}

static void format_bar(double part, char buffer[BAR_SIZE])
{
	size_t full = (size_t)(part * BAR_COLUMNS);

	buffer[0] = '[';
	for (size_t i = 0; i < BAR_COLUMNS; i++) {
		buffer[i + 1] = i < full ? '#' : '-';
	}
	memcpy(buffer + BAR_COLUMNS + 1, "]  ", 4);
}

const char *progress_format(const struct progress *progress, int64_t elapsed_us, size_t width,
	char *buffer, size_t size)
{
	char count[NUMBER_SIZE], rate[NUMBER_SIZE], left[NUMBER_SIZE];
	char bar[BAR_SIZE] = "";
	double seconds = (double)(elapsed_us > 0 ? elapsed_us : 1) / US_PER_SECOND;
	double part = progress->all > 0 ? (double)progress->done / (double)progress->all : 0;
	size_t fit;

	part = part > 1 ? 1 : part;
	number_format(progress->count, count);
	number_format((int64_t)((double)progress->count / seconds), rate);
	if (progress->all <= 0) {
		snprintf(buffer, size, "%s  %s %s  %s/s", progress->what, count, progress->unit,
			rate);
	} else {
		int64_t left_s = part > 0 ? (int64_t)(seconds / part - seconds + 0.5) : 0;

		if (width >= WITHOUT_BAR_AT) {
			format_bar(part, bar);
		}
		snprintf(buffer, size, "%s  %3.0f%%  %s%s %s  %s/s  %s left", progress->what,
			part * 100, bar, count, progress->unit, rate,
			part > 0 ? duration_format(left_s, left) : "?");
	}
	fit = text_fit(text_of(buffer), width);
	buffer[fit] = '\0';
	return buffer;
}

void progress_update(struct progress *progress, int64_t done, int64_t count)
{
	char line[LINE_SIZE];
	int64_t now;

	progress->done = done;
	progress->count = count;
	if (!progress->shown) {
		return;
	}
	now = clock_monotonic_us();
	if (now - progress->drawn_us < BETWEEN_US) {
		return;
	}
	progress->drawn_us = now;
	progress_format(
		progress, now - progress->began_us, terminal_width(stderr) - 1, line, sizeof(line));
	fprintf(stderr, "\r\033[K%s", line);
	fflush(stderr);
}

void progress_clear(struct progress *progress)
{
	if (progress->shown && progress->drawn_us > 0) {
		fputs("\r\033[K", stderr);
		progress->drawn_us = 0;
	}
}
