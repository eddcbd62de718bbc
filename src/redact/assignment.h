/* SPDX-License-Identifier: MIT
 * What a text assigns to names, as a dialplan, an address or JSON within a text does: `NAME=VALUE`,
 * `NAME: VALUE`, `"name":"value"`, `FUNCTION(argument)=VALUE`. */
#ifndef CALL_ASSIGNMENT_H
#define CALL_ASSIGNMENT_H

#include "base/text.h"

#define ASSIGNMENT_NAME_MAX 128 /* bytes; of a longer name its end is meant */

/* The name that ends before @end, where `=`, `:` or a bracket stands; a function's arguments are
 * part of it, quotes and spaces around it are not. Empty when there is none. */
struct text assignment_name(struct text text, size_t end);

/* Where the value that begins at @at, behind the `=` or `:`, stands: within its quotes, or up to
 * the next comma or `&`, without brackets that close at its end. A backslash takes a character's
 * meaning away. */
void assignment_value(struct text text, size_t at, size_t *ret_begin, size_t *ret_end);

#endif
