/* SPDX-License-Identifier: MIT
 * A call as XML, transcoded from its canonical JSON in one pass, and read back (API.md §1 "XML"). */
#ifndef CALL_CALL_XML_H
#define CALL_CALL_XML_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

/* Appends canonical @json as XML content: an object's members are elements, an array's entries `item`
 * elements, strings, numbers and booleans text, null and empty arrays and objects nothing. An element without content is
 * written `<name/>`. Names that are none in XML and characters that XML 1.0 cannot hold are replaced as API.md §1 says.
 * @json comes from the store or from call_json: it was checked; what is no JSON ends the output early. Around it the
 * caller writes the element, e.g. `<item>` … `</item>`. */
void call_xml_write(struct buffer *buffer, struct text json);

/* Appends @string, UTF-8, as XML text. */
void call_xml_write_text(struct buffer *buffer, struct text string);

#endif
