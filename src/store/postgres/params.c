/* SPDX-License-Identifier: MIT
 * Parameters in PostgreSQL's binary form: integers with the high byte first, texts as they are,
 * arrays as array_recv() takes them (PostgreSQL 15, src/backend/utils/adt/arrayfuncs.c). */
#include <endian.h>
#include <limits.h>

#include "store/postgres/postgres.h"
#include "store/tally.h"

/* PostgreSQL takes no value of a gigabyte (MaxAllocSize). */
#define BYTES_MAX ((size_t)1000 << 20)

void postgres_params_init(struct postgres_params *params)
{
	*params = (struct postgres_params){0};
	buffer_init(&params->bytes, BYTES_MAX);
}

void postgres_params_deinit(struct postgres_params *params)
{
	buffer_deinit(&params->bytes);
}

void postgres_params_clear(struct postgres_params *params)
{
	params->count = 0;
	buffer_clear(&params->bytes);
}

static void begin(struct postgres_params *params)
{
	if (params->count == POSTGRES_PARAMS_MAX) {
		params->bytes.failed = true;
		return;
	}
	params->offsets[params->count++] = params->bytes.size;
}

static void end(struct postgres_params *params)
{
	int at = params->count - 1;

	params->sizes[at] = (int)(params->bytes.size - params->offsets[at]);
}

static void append_bytes(struct postgres_params *params, const void *bytes, size_t size)
{
	buffer_append(&params->bytes, (struct text){.data = bytes, .size = size});
}

static void append_int32(struct postgres_params *params, int32_t value)
{
	uint32_t bytes = htobe32((uint32_t)value);

	append_bytes(params, &bytes, sizeof(bytes));
}

static void append_int64(struct postgres_params *params, int64_t value)
{
	uint64_t bytes = htobe64((uint64_t)value);

	append_bytes(params, &bytes, sizeof(bytes));
}

void postgres_bind_int64(struct postgres_params *params, int64_t value)
{
	begin(params);
	append_int64(params, value);
	end(params);
}

void postgres_bind_int32(struct postgres_params *params, int32_t value)
{
	begin(params);
	append_int32(params, value);
	end(params);
}

void postgres_bind_bool(struct postgres_params *params, bool value)
{
	begin(params);
	buffer_append_byte(&params->bytes, value ? 1 : 0);
	end(params);
}

void postgres_bind_text(struct postgres_params *params, struct text value)
{
	begin(params);
	buffer_append(&params->bytes, value);
	end(params);
}

/* DEL, which no stored text has, for what cannot be one. */
static struct text asked(struct text value)
{
	bool can_be = text_utf8_valid(value, NULL) && !text_has_control(value);

	return can_be ? value : TEXT("\x7f");
}

void postgres_bind_asked(struct postgres_params *params, struct text value)
{
	postgres_bind_text(params, asked(value));
}

void postgres_bind_keys(struct postgres_params *params, const struct call_keys *keys)
{
	postgres_array_begin(params, POSTGRES_TEXT);
	for (size_t i = 0; i < keys->count; i++) {
		postgres_array_text(params, asked(keys->items[i]));
	}
	postgres_array_end(params);
}

void postgres_bind_null(struct postgres_params *params)
{
	begin(params);
	params->sizes[params->count - 1] = -1;
}

/* One dimension, whether nulls are in it (0 is taken for "look yourself"), the type; then how many
 * and from which index on. */
void postgres_array_begin(struct postgres_params *params, enum postgres_type type)
{
	begin(params);
	params->array_type = type;
	params->array_count = 0;
	append_int32(params, 1);
	append_int32(params, 0);
	append_int32(params, (int32_t)type);
	append_int32(params, 0);
	append_int32(params, 1);
}

#define ARRAY_COUNT_AT 12

void postgres_array_int64(struct postgres_params *params, int64_t value)
{
	uint16_t small = htobe16((uint16_t)value);

	params->array_count++;
	switch (params->array_type) {
	case POSTGRES_SMALLINT:
		append_int32(params, sizeof(small));
		append_bytes(params, &small, sizeof(small));
		break;
	case POSTGRES_INTEGER:
		append_int32(params, sizeof(int32_t));
		append_int32(params, (int32_t)value);
		break;
	default:
		append_int32(params, sizeof(int64_t));
		append_int64(params, value);
		break;
	}
}

void postgres_array_bool(struct postgres_params *params, bool value)
{
	params->array_count++;
	append_int32(params, 1);
	buffer_append_byte(&params->bytes, value ? 1 : 0);
}

void postgres_array_text(struct postgres_params *params, struct text value)
{
	params->array_count++;
	append_int32(params, value.size > INT32_MAX ? INT32_MAX : (int32_t)value.size);
	buffer_append(&params->bytes, value);
}

void postgres_array_null(struct postgres_params *params)
{
	params->array_count++;
	append_int32(params, -1);
}

void postgres_array_end(struct postgres_params *params)
{
	uint32_t count = htobe32((uint32_t)params->array_count);

	if (params->bytes.failed) {
		return;
	}
	memcpy(params->bytes.data + params->offsets[params->count - 1] + ARRAY_COUNT_AT, &count,
		sizeof(count));
	end(params);
}

void postgres_bind_tally_units(struct postgres_params *params)
{
	postgres_array_begin(params, POSTGRES_BIGINT);
	for (int unit = TALLY_MINUTE; unit < TALLY_UNITS; unit++) {
		postgres_array_int64(params, tally_unit_seconds((enum tally_unit)unit));
	}
	postgres_array_end(params);
}
