/* SPDX-License-Identifier: MIT
 * What documents say of keys. */
#ifndef API_KEY_DOCUMENT_H
#define API_KEY_DOCUMENT_H

#include "base/buffer.h"

/* ["read","write"] */
void key_document_write_scopes(struct buffer *body, unsigned int scopes);

/* `,"created":1795459000`; null for 0, which is never. */
void key_document_write_time(struct buffer *body, const char *name, int64_t time_s);

#endif
