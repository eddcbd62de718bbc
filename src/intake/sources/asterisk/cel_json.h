/* SPDX-License-Identifier: MIT
 * A row of a channel event log that is a JSON object: cel_custom's `format = json`, or a database's
 * rows as objects. */
#ifndef INTAKE_SOURCES_CEL_JSON_H
#define INTAKE_SOURCES_CEL_JSON_H

#include "base/arena.h"
#include "intake/sources/asterisk/cel_columns.h"

/* Reads @line's members into @field, by the names of columns; what is not recorded, or null, is
 * empty. Texts point into @line or @arena. Names that mean nothing are noted in @columns. False
 * when @line is not such an object. */
bool cel_json_row(struct text line, struct arena *arena, struct cel_columns *columns,
	struct text field[CEL_FIELDS]);

#endif
