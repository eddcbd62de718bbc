/* SPDX-License-Identifier: MIT
 * The blocks of Asterisk's manager interface: lines `Name: value`, ended by an empty line. */
#ifndef INTAKE_SOURCES_AMI_BLOCK_H
#define INTAKE_SOURCES_AMI_BLOCK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

#define AMI_BLOCK_BYTES_MAX ((size_t)256 << 10)
#define AMI_HEADERS_MAX	    1000

struct ami_header {
	struct text name;
	struct text value; /* bytes as they came */
};

struct ami_block {
	struct ami_header *headers;
	size_t count;
};

/* The value of the first header @name, letters of either case; empty, never NULL, without one. */
struct text ami_block_get(const struct ami_block *block, const char *name);

/* Whether its first header is @name: some events hold a header that begins responses elsewhere. */
bool ami_block_begins_with(const struct ami_block *block, const char *name);

struct ami_reader {
	void (*take)(void *context, const struct ami_block *block);
	void *context;
	struct buffer pending; /* from the beginning of a block that is not complete */
	size_t scanned;
	bool skipping;	      /* a block that is too long: up to its end */
	uint64_t blocks;      /* handed to @take */
	uint64_t too_long;    /* blocks dropped */
	uint64_t wrong_lines; /* without a colon; the rest of their block is taken */
	struct ami_header headers[AMI_HEADERS_MAX];
};

/* Each block goes to @take, which sees it only during the call. */
void ami_reader_init(struct ami_reader *reader,
	void (*take)(void *context, const struct ami_block *block), void *context);
void ami_reader_deinit(struct ami_reader *reader);

/* Takes the next bytes, in pieces of any size. Never fails: what is not a block is counted and
 * passed over. A block longer than AMI_BLOCK_BYTES_MAX is dropped. */
void ami_reader_feed(struct ami_reader *reader, struct text bytes);

/* Forgets the beginning of a block: the connection is a new one. Counts stay. */
void ami_reader_restart(struct ami_reader *reader);

#endif
