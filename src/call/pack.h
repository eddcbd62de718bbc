/* SPDX-License-Identifier: MIT
 * Packing: a call's canonical JSON as a piece of a deflate stream that any other piece can follow.
 * docs/storage-format.md gives the layout to the byte. */
#ifndef CALL_PACK_H
#define CALL_PACK_H

#include "base/buffer.h"
#include "base/error.h"

/* The end of every packed call: an empty stored block, byte-aligned (RFC 1951 §3.2.4, zlib's sync
 * flush). */
#define PACKED_TAIL_SIZE 4

struct packed {
	/* raw deflate, no final block, ends with 00 00 FF FF; data NULL: no detail */
	struct text deflate;
	uint32_t size;	/* bytes of the JSON */
	uint32_t crc32; /* of the JSON, as in gzip (RFC 1952 §8) */
	/* zlib's crc32_combine_gen(size): joins crc32 to what stands before it */
	uint32_t crc32_op;
	/* bytes behind deflate that are its too, and it may be written to, for glue_packed();
	 * mostly 0 */
	uint32_t room;
};

/* Whether it ends as every packed call does, without which nothing can follow it. */
bool packed_has_tail(const struct packed *packed);

/* Whether its bytes may inflate to its size at all. It is asked before memory of that size is taken
 * on the word of a row that may be damaged. One byte of deflate gives 1032 bytes at most. A length
 * and its distance take a bit each at least, and give up to 258 bytes (RFC 1951 §3.2.5 and §3.2.7).
 * zlib's "Technical Details" name the same limit. */
bool packed_may_hold_size(const struct packed *packed);

/* Whether crc32_op is that of its size. */
bool packed_has_op_of_size(const struct packed *packed);

/* A compressor's working memory, one a thread. */
struct packer;
struct packer *packer_create(void); /* NULL: out of memory */
void packer_destroy(struct packer *packer);
AUTO_POINTER(struct packer *, packer_destroy);

/* Packs @json, at most UINT32_MAX bytes, appending the deflate bytes to @out. @ret_packed->deflate
 * points into
 * @out and moves with it: take it when @out no longer grows. */
int packer_pack(struct packer *packer, struct text json, struct buffer *out,
	struct packed *ret_packed, struct error *err) CHECK_RESULT;

/* An inflater's working memory, one a thread or a request. */
struct unpacker;
struct unpacker *unpacker_create(void);
void unpacker_destroy(struct unpacker *unpacker);
AUTO_POINTER(struct unpacker *, unpacker_destroy);

/* Inflates @packed into @out, which has room for packed->size bytes. Whatever the bytes are,
 * nothing is read or written past them: ERROR_CORRUPT unless they are a packed call of that size
 * with that CRC. */
int unpacker_unpack(struct unpacker *unpacker, const struct packed *packed, char *out,
	struct error *err) CHECK_RESULT;

/* The same, appended to @out. */
int unpacker_append(struct unpacker *unpacker, const struct packed *packed, struct buffer *out,
	struct error *err) CHECK_RESULT;

#endif
