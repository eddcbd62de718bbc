/* SPDX-License-Identifier: MIT
 * Private to http/: the server's certificate, and writing past the library. */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include <microhttpd.h>

#include "base/error.h"
#include "base/text.h"

/* TLS 1.2 and 1.3, the server's order of ciphers. */
#define TLS_PRIORITIES "SECURE128:%SERVER_PRECEDENCE:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct tls;

/* Reads certificate chain and key from PEM files. ERROR_DENIED where others than its owner and its
 * group's readers may use the key. */
int tls_open(struct tls **ret_tls, const char *certificate_path, const char *key_path,
	struct error *err) CHECK_RESULT;
void tls_close(struct tls *tls);

/* Reads the files again; handshakes that begin later use them. On failure the old ones stay. */
int tls_reload(struct tls *tls, struct error *err) CHECK_RESULT;

/* When the certificate that is served ends, in UNIX seconds; -1: it is not told. */
int64_t tls_certificate_end(struct tls *tls);

/* For MHD_OPTION_HTTPS_CERT_CALLBACK. The connection's socket context must be its struct
 * connection. */
void *tls_certificate_callback(void);

/* Writes @text to the connection, TLS or not, as far as it goes without waiting. Returns whether
 * all of it went. */
bool tls_write(struct MHD_Connection *connection, struct text text);

#endif
