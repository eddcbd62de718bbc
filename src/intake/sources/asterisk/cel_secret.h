/* SPDX-License-Identifier: MIT
 * Passwords of the dialplan: what must not leave a row of a channel event log. docs/privacy.md says
 * what is hidden. */
#ifndef INTAKE_SOURCES_CEL_SECRET_H
#define INTAKE_SOURCES_CEL_SECRET_H

#include "base/arena.h"

/* What stands in the place of a secret, as redaction without a key writes it. */
#define CEL_SECRET_MARK "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"

/* Whether what bears @name (a variable, a function with its arguments, a routine, a user's event)
 * holds a secret: `PIN`, `__USER_PASSWORD`, `CONFBRIDGE(user,pin)`, `authToken`. */
bool cel_secret_is_name(struct text name);

/* What @app was given, with the mark in the place of secrets. It is @app_data itself when that
 * holds none, otherwise a text in @arena. Its data is NULL when memory ran out. With an empty @app
 * it is any text that may assign values to names. */
struct text cel_secret_hide(
	struct arena *arena, struct text app, struct text app_data) CHECK_RESULT;

#endif
