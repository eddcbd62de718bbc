/* SPDX-License-Identifier: MIT
 * Content negotiation by Accept and Accept-Encoding (RFC 9110 §12.5). */
#ifndef HTTP_NEGOTIATE_H
#define HTTP_NEGOTIATE_H

#include "base/text.h"

/* Picks from @offers, NULL-ended, in order of our preference, by @accept (the header's value; data
 * NULL: absent). Each offer is a media type; the most specific range that matches it gives its q.
 * Returns the offer's index with the highest q above 0, the first of equals; -1 when none is
 * acceptable. Malformed parts are passed over. */
int negotiate_type(struct text accept, const char *const *offers);

/* Whether @coding ("gzip") is to be used by @accept_encoding: its q, or that of `*`, is above 0 and
 * not below identity's. */
bool negotiate_coding(struct text accept_encoding, const char *coding);

#endif
