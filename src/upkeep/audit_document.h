/* SPDX-License-Identifier: MIT
 * A record of the audit trail as JSON. */
#ifndef UPKEEP_AUDIT_DOCUMENT_H
#define UPKEEP_AUDIT_DOCUMENT_H

#include "base/buffer.h"
#include "store/store.h"

/* "done", "refused", "failed". */
const char *audit_outcome_name(enum store_outcome outcome);

/* Appends `{…}`. A reader that may see all accounts also gets the members `id` and `account`, which
 * is @email, or null where that is empty. Where the data of @email is NULL neither is there,
 * because ids tell how much others do. */
void audit_document_write(struct buffer *body, const struct store_audit *record, struct text email);

#endif
