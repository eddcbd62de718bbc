/* SPDX-License-Identifier: MIT
 * Cuts the manager's bytes into blocks. */
#include "intake/sources/ami/ami_block.h"

struct text ami_block_get(const struct ami_block *block, const char *name)
{
	for (size_t i = 0; i < block->count; i++) {
		if (text_equal_ascii_case(block->headers[i].name, text_of(name))) {
			return block->headers[i].value;
		}
	}
	return TEXT("");
}

bool ami_block_begins_with(const struct ami_block *block, const char *name)
{
	return block->count > 0 && text_equal_ascii_case(block->headers[0].name, text_of(name));
}

void ami_reader_init(struct ami_reader *reader,
	void (*take)(void *context, const struct ami_block *block), void *context)
{
	*reader = (struct ami_reader){.take = take, .context = context};
	/* The limit is held by ami_reader_feed(); a piece may come behind it. */
	buffer_init(&reader->pending, 2 * AMI_BLOCK_BYTES_MAX);
}

void ami_reader_deinit(struct ami_reader *reader)
{
	buffer_deinit(&reader->pending);
}

void ami_reader_restart(struct ami_reader *reader)
{
	buffer_clear(&reader->pending);
	reader->scanned = 0;
	reader->skipping = false;
}

static struct text without_return(struct text line)
{
	return line.size > 0 && line.data[line.size - 1] == '\r' ? text_head(line, line.size - 1)
								 : line;
}

/* `Name: value`, also `Name:value`. */
static bool split_header(struct text line, struct ami_header *ret_header)
{
	const char *colon = memchr(line.data, ':', line.size);
	size_t at = colon ? (size_t)(colon - line.data) : 0;

	if (at == 0) {
		return false;
	}
	ret_header->name = text_head(line, at);
	ret_header->value = text_tail(line, at + 1);
	text_take_byte(&ret_header->value, ' ');
	return true;
}

static void take_block(struct ami_reader *reader, struct text text)
{
	struct ami_block block = {.headers = reader->headers};
	struct text line;

	while (text_split(&text, '\n', &line)) {
		line = without_return(line);
		if (line.size == 0) {
			continue;
		}
		if (block.count == AMI_HEADERS_MAX ||
			!split_header(line, &reader->headers[block.count])) {
			reader->wrong_lines++;
			continue;
		}
		block.count++;
	}
	if (block.count > 0) {
		reader->blocks++;
		reader->take(reader->context, &block);
	}
}

/* Where the empty line ends that ends the block at the front of @text; 0: it is not there yet.
 * *@scanned is where looking goes on. */
static size_t find_end(struct text text, size_t *scanned)
{
	size_t at = *scanned;

	while (at < text.size) {
		const char *feed = memchr(text.data + at, '\n', text.size - at);
		size_t end = feed ? (size_t)(feed - text.data) + 1 : 0;

		if (!feed) {
			break;
		}
		if (without_return(text_head(text_tail(text, at), end - 1 - at)).size == 0) {
			return end;
		}
		at = end;
	}
	*scanned = at;
	return 0;
}

/* Drops the first @size bytes of what is pending. */
static void drop(struct buffer *pending, size_t size)
{
	memmove(pending->data, pending->data + size, pending->size - size);
	pending->size -= size;
}

static void take_blocks(struct ami_reader *reader)
{
	size_t begin = 0, end;

	do {
		struct text rest = text_tail(buffer_text(&reader->pending), begin);

		end = find_end(rest, &reader->scanned);
		if (end > 0 && !reader->skipping) {
			take_block(reader, text_head(rest, end));
		}
		if (reader->pending.size < begin + end) { /* restarted meanwhile */
			return;
		}
		if (end > 0) {
			reader->skipping = false;
			reader->scanned = 0;
			begin += end;
		}
	} while (end > 0);
	drop(&reader->pending, begin);
}

/* A line that is longer than a block may be has no end to be found either. */
static void skip_what_is_too_long(struct ami_reader *reader)
{
	if (reader->pending.size <= AMI_BLOCK_BYTES_MAX) {
		return;
	}
	reader->too_long += !reader->skipping;
	reader->skipping = true;
	drop(&reader->pending, reader->scanned > 0 ? reader->scanned : reader->pending.size);
	reader->scanned = 0;
}

void ami_reader_feed(struct ami_reader *reader, struct text bytes)
{
	while (bytes.size > 0) {
		size_t size =
			bytes.size < AMI_BLOCK_BYTES_MAX / 2 ? bytes.size : AMI_BLOCK_BYTES_MAX / 2;

		buffer_append(&reader->pending, text_head(bytes, size));
		if (reader->pending.failed) { /* memory is short: this block is lost */
			ami_reader_restart(reader);
			reader->too_long++;
			reader->skipping = true;
			return;
		}
		bytes = text_tail(bytes, size);
		if (reader->pending.size > 0) {
			take_blocks(reader);
			skip_what_is_too_long(reader);
		}
	}
}
