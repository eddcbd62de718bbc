/* SPDX-License-Identifier: MIT
 * TLS: certificates that can be exchanged while the server runs. */
#include "http/tls.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "http/watch.h"

#define CHAIN_MAX     16
#define FILE_SIZE_MAX ((size_t)1 << 20)
#define KEY_ID_SIZE   64

/* A certificate chain with its key. A handshake keeps pointers into it, so it lives as long as the
 * tls. */
struct identity {
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned int chain_length;
	gnutls_privkey_t key;
	int64_t ends; /* UNIX seconds; -1: not told */
	struct identity *before;
};

struct tls {
	char *certificate_path;
	char *key_path;
	pthread_mutex_t lock;
	struct identity *current; /* guarded by lock */
};

static void identity_destroy(struct identity *identity)
{
	for (unsigned int i = 0; i < identity->chain_length; i++) {
		gnutls_pcert_deinit(&identity->chain[i]);
	}
	if (identity->key) {
		gnutls_privkey_deinit(identity->key);
	}
	free(identity);
}

AUTO_POINTER(struct identity *, identity_destroy);

static int load(const char *path, struct arena *arena, gnutls_datum_t *ret, struct error *err)
{
	struct text content;

	if (file_read(path, FILE_SIZE_MAX, arena, &content, err) < 0) {
		return -1;
	}
	/* The library's type is not const; it does not write. */
	*ret = (gnutls_datum_t){
		.data = (unsigned char *)(uintptr_t)content.data,
		.size = (unsigned int)content.size,
	};
	return 0;
}

/* Of the first certificate in @pem. */
static int64_t end_of(const gnutls_datum_t *pem)
{
	gnutls_x509_crt_t certificate;
	time_t ends = -1;

	if (gnutls_x509_crt_init(&certificate) < 0) {
		return -1;
	}
	if (gnutls_x509_crt_import(certificate, pem, GNUTLS_X509_FMT_PEM) == 0) {
		ends = gnutls_x509_crt_get_expiration_time(certificate);
	}
	gnutls_x509_crt_deinit(certificate);
	return ends;
}

static int load_chain(
	struct identity *identity, const char *path, struct arena *arena, struct error *err)
{
	unsigned int length = CHAIN_MAX;
	gnutls_datum_t pem;
	int code;

	if (load(path, arena, &pem, err) < 0) {
		return -1;
	}
	code = gnutls_pcert_list_import_x509_raw(
		identity->chain, &length, &pem, GNUTLS_X509_FMT_PEM, 0);
	if (code < 0) {
		return error_set(err, ERROR_INVALID, "'%s' is not a certificate in PEM format: %s",
			path, gnutls_strerror(code));
	}
	identity->chain_length = length;
	identity->ends = end_of(&pem);
	return 0;
}

/* As PostgreSQL has it: its owner's alone, but that the group may read it, which is how one key
 * serves several programs. */
static int check_key_file(const char *path, struct error *err)
{
	struct stat status;

	if (stat(path, &status) < 0) {
		return error_set_errno(err, errno, "cannot look at '%s'", path);
	}
	if ((status.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) != 0) {
		return error_set(err, ERROR_DENIED,
			"others may use the key '%s': change that by chmod 600, or 640 where its "
			"group has to read it",
			path);
	}
	return 0;
}

static int load_key(
	struct identity *identity, const char *path, struct arena *arena, struct error *err)
{
	gnutls_datum_t pem;
	int code;

	if (check_key_file(path, err) < 0 || load(path, arena, &pem, err) < 0) {
		return -1;
	}
	if (gnutls_privkey_init(&identity->key) < 0) {
		return error_no_memory(err);
	}
	code = gnutls_privkey_import_x509_raw(identity->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (code < 0) {
		return error_set(err, ERROR_INVALID, "'%s' is not a private key in PEM format: %s",
			path, gnutls_strerror(code));
	}
	return 0;
}

static void pubkey_deinit(gnutls_pubkey_t *pubkey)
{
	if (*pubkey) {
		gnutls_pubkey_deinit(*pubkey);
	}
}

static bool key_fits(const struct identity *identity)
{
	AUTO(pubkey_deinit) gnutls_pubkey_t of_key = NULL;
	unsigned char ids[2][KEY_ID_SIZE];
	size_t sizes[2] = {KEY_ID_SIZE, KEY_ID_SIZE};

	return gnutls_pubkey_init(&of_key) == 0 &&
	       gnutls_pubkey_import_privkey(of_key, identity->key, 0, 0) == 0 &&
	       gnutls_pubkey_get_key_id(of_key, 0, ids[0], &sizes[0]) == 0 &&
	       gnutls_pubkey_get_key_id(identity->chain[0].pubkey, 0, ids[1], &sizes[1]) == 0 &&
	       text_equal((struct text){(const char *)ids[0], sizes[0]},
		       (struct text){(const char *)ids[1], sizes[1]});
}

int tls_reload(struct tls *tls, struct error *err)
{
	AUTO(identity_destroyp) struct identity *identity = calloc(1, sizeof(*identity));
	AUTO(arena_deinit) struct arena arena;

	arena_init(&arena, 4 * FILE_SIZE_MAX);
	if (!identity) {
		return error_no_memory(err);
	}
	if (load_chain(identity, tls->certificate_path, &arena, err) < 0 ||
		load_key(identity, tls->key_path, &arena, err) < 0) {
		return -1;
	}
	if (!key_fits(identity)) {
		return error_set(err, ERROR_INVALID,
			"the key '%s' does not belong to the certificate '%s'", tls->key_path,
			tls->certificate_path);
	}
	pthread_mutex_lock(&tls->lock);
	identity->before = tls->current;
	tls->current = identity;
	pthread_mutex_unlock(&tls->lock);
	identity = NULL;
	return 0;
}

int64_t tls_certificate_end(struct tls *tls)
{
	int64_t ends;

	pthread_mutex_lock(&tls->lock);
	ends = tls->current->ends;
	pthread_mutex_unlock(&tls->lock);
	return ends;
}

AUTO_POINTER(struct tls *, tls_close);

int tls_open(
	struct tls **ret_tls, const char *certificate_path, const char *key_path, struct error *err)
{
	AUTO(tls_closep) struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls) {
		return error_no_memory(err);
	}
	pthread_mutex_init(&tls->lock, NULL);
	tls->certificate_path = strdup(certificate_path);
	tls->key_path = strdup(key_path);
	if (!tls->certificate_path || !tls->key_path) {
		return error_no_memory(err);
	}
	if (tls_reload(tls, err) < 0) {
		return -1;
	}
	*ret_tls = tls;
	tls = NULL;
	return 0;
}

void tls_close(struct tls *tls)
{
	if (!tls) {
		return;
	}
	while (tls->current) {
		struct identity *before = tls->current->before;

		identity_destroy(tls->current);
		tls->current = before;
	}
	pthread_mutex_destroy(&tls->lock);
	free(tls->certificate_path);
	free(tls->key_path);
	free(tls);
}

static int retrieve(gnutls_session_t session, const gnutls_datum_t *authorities,
	int authority_count, const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
	gnutls_pcert_st **ret_chain, unsigned int *ret_length, gnutls_privkey_t *ret_key)
{
	struct MHD_Connection *connection = gnutls_session_get_ptr(session);
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	const struct connection *watched = info->socket_context;
	struct identity *identity;
	struct tls *tls;

	(void)authorities;
	(void)authority_count;
	(void)algorithms;
	(void)algorithm_count;
	if (!watched) {
		return -1; /* memory was short when it was accepted */
	}
	tls = watched->tls;
	pthread_mutex_lock(&tls->lock);
	identity = tls->current;
	pthread_mutex_unlock(&tls->lock);
	*ret_chain = identity->chain;
	*ret_length = identity->chain_length;
	*ret_key = identity->key;
	return 0;
}

void *tls_certificate_callback(void)
{
	gnutls_certificate_retrieve_function2 *callback = retrieve;

	return (void *)(uintptr_t)callback;
}

static ssize_t write_plain(struct MHD_Connection *connection, struct text text)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? send(info->connect_fd, text.data, text.size, MSG_DONTWAIT | MSG_NOSIGNAL)
		    : -1;
}

bool tls_write(struct MHD_Connection *connection, struct text text)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	ssize_t written;

	if (info && info->tls_session) {
		written = gnutls_record_send(info->tls_session, text.data, text.size);
	} else {
		written = write_plain(connection, text);
	}
	return written >= 0 && (size_t)written == text.size;
}
