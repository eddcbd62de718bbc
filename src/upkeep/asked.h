/* SPDX-License-Identifier: MIT
 * What was asked for, as it may stand in the audit trail and in the log. Numbers of telephones and
 * sessions, by which calls are found, are on record. Words, which may be what a caller said or
 * entered, are too, but without their digits. */
#ifndef UPKEEP_ASKED_H
#define UPKEEP_ASKED_H

#include "base/buffer.h"

/* Whether the value of the parameter or option @name stands there as it is. That is a number of a
 * header, a time, or a choice. `dest`, `-dest` and `min-duration` are names. */
bool asked_is_plain(struct text name);

/* Appends @words with a mark in the place of three digits or more, also with a space, hyphen, dot
 * or slash between. */
void asked_write_words(struct buffer *out, struct text words);

/* Appends the value of @name as asked_is_plain() says. */
void asked_write(struct buffer *out, struct text name, struct text value);

#endif
