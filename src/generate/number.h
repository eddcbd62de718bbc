/* SPDX-License-Identifier: MIT
 * Telephone numbers of made-up callers and services. */
#ifndef GENERATE_NUMBER_H
#define GENERATE_NUMBER_H

#include "generate/random.h"
#include "generate/script.h"

#define NUMBER_TEXT_SIZE 24

/* "en-US". */
struct text number_language_tag(enum language language);

/* The number of one of many thousand callers, some of whom call far more often than others, or
 * "anonymous". Points into
 * @buffer or is static. */
struct text number_of_caller(
	struct random *random, enum language language, char buffer[NUMBER_TEXT_SIZE]);

/* One of @application's numbers, the first of them dialled most. Points into @buffer. */
struct text number_of_service(struct random *random, const struct application *application,
	char buffer[NUMBER_TEXT_SIZE]);

#endif
