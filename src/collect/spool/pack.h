/* SPDX-License-Identifier: MIT
 * Private to the spool: packs a closed segment, a frame at a time, so that who packs does other
 * things in between. The packed file has its name once all of it is on the disk, and the plain one
 * goes after that: at every moment one of the two is whole. */
#ifndef COLLECT_SPOOL_PACK_H
#define COLLECT_SPOOL_PACK_H

#include "collect/spool/folder.h"

struct spool_pack;

/* Begins with the plain segment @number. Returns 1, or 0 where there is none. */
int spool_pack_open(struct spool_pack **ret_pack, const struct spool_folder *folder, int64_t number,
	struct error *err) CHECK_RESULT;
/* Removes what is not whole. NULL is accepted. */
void spool_pack_close(struct spool_pack *pack);
AUTO_POINTER(struct spool_pack *, spool_pack_close);

int64_t spool_pack_number(const struct spool_pack *pack);

/* Bytes that it has written, and those of the plain segment. */
int64_t spool_pack_written(const struct spool_pack *pack);
int64_t spool_pack_size(const struct spool_pack *pack);

/* Packs one more frame. Returns 1 when the segment is packed: the packed file lies in the place of
 * the plain one. */
int spool_pack_step(struct spool_pack *pack, struct error *err) CHECK_RESULT;

#endif
