/* SPDX-License-Identifier: MIT
 * A page of the calls of a window, below /api. */
#ifndef API_WINDOW_H
#define API_WINDOW_H

#include "api/job.h"

struct window {
	struct store_query query;
	struct store_page calls;
};

/* Reads the parameters, and guesses the memory. Calls come with their packed detail where it is
 * served and @with_detail. */
bool window_prepare(struct job *job, struct window *window, bool with_detail) CHECK_RESULT;

/* Reads the calls into job->arena, which what is composed of them may then take past its ceiling.
 */
int window_read(struct job *job, struct window *window, struct error *err) CHECK_RESULT;

#endif
