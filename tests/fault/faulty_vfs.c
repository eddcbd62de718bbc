/* SPDX-License-Identifier: MIT
 * A disk that fails on purpose. */
#include "faulty_vfs.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>

/* SQLite's file follows in the same memory. */
struct faulty_file {
	sqlite3_file base;
	sqlite3_file *real;
	const char *path; /* NULL: a temporary file */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over what follows */
static struct faulty_plan plan;
static int left; /* until the failure; 0: none is to come */
static int failed;
static bool held;
static const struct faulty_watch *watch;

void faulty_vfs_arm(const struct faulty_plan *new_plan, int nth)
{
	pthread_mutex_lock(&lock);
	plan = *new_plan;
	left = nth;
	failed = 0;
	held = false;
	pthread_mutex_unlock(&lock);
}

int faulty_vfs_failed(void)
{
	int count;

	pthread_mutex_lock(&lock);
	count = failed;
	pthread_mutex_unlock(&lock);
	return count;
}

int faulty_vfs_heal(void)
{
	int count;

	pthread_mutex_lock(&lock);
	left = 0;
	count = failed;
	pthread_mutex_unlock(&lock);
	return count;
}

void faulty_vfs_hold(bool new_held)
{
	pthread_mutex_lock(&lock);
	held = new_held;
	pthread_mutex_unlock(&lock);
}

void faulty_vfs_watch(const struct faulty_watch *new_watch)
{
	watch = new_watch;
}

/* Under the lock. */
static bool is_due(unsigned int op)
{
	if (left == 0 || held || (plan.ops & op) == 0) {
		return false;
	}
	if (left > 1) {
		left--;
		return false;
	}
	left = plan.stays ? 1 : 0;
	failed++;
	return true;
}

/* The status to fail @op with now, or SQLITE_OK. */
static int fault(unsigned int op)
{
	int status = SQLITE_OK;

	pthread_mutex_lock(&lock);
	if (is_due(op)) {
		status = plan.status;
	}
	pthread_mutex_unlock(&lock);
	return status;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct faulty_file *)file)->real;
}

static int faulty_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static const char *path_of(sqlite3_file *file)
{
	return ((struct faulty_file *)file)->path;
}

static int faulty_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at)
{
	int status = fault(FAULTY_READ);

	return status ? status : real_of(file)->pMethods->xRead(real_of(file), to, size, at);
}

static int faulty_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 at)
{
	int status = fault(FAULTY_WRITE);

	if (status && plan.half) {
		size /= 2;
	} else if (status) {
		return status;
	}
	if (watch && path_of(file)) {
		watch->write(watch->context, path_of(file), from, (size_t)size, at);
	}
	if (real_of(file)->pMethods->xWrite(real_of(file), from, size, at) != SQLITE_OK) {
		return SQLITE_IOERR_WRITE;
	}
	return status;
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int status = fault(FAULTY_TRUNCATE);

	if (status) {
		return status;
	}
	if (watch && path_of(file)) {
		watch->truncate(watch->context, path_of(file), size);
	}
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
	int status = fault(FAULTY_SYNC);

	(void)flags;
	if (!status && watch && path_of(file)) {
		watch->sync(watch->context, path_of(file));
	}
	return status;
}

static int faulty_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), ret);
}

static int faulty_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int faulty_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int faulty_reserved(sqlite3_file *file, int *ret)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int faulty_control(sqlite3_file *file, int op, void *argument)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
}

static int faulty_sector(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int faulty_device(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int faulty_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
	int status = extend ? fault(FAULTY_SHARED) : SQLITE_OK;

	if (status) {
		*ret = NULL;
		return status;
	}
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, ret);
}

static int faulty_shm_lock(sqlite3_file *file, int at, int count, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), at, count, flags);
}

static void faulty_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int faulty_shm_unmap(sqlite3_file *file, int remove)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods faulty_methods = {
	.iVersion = 2,
	.xClose = faulty_close,
	.xRead = faulty_read,
	.xWrite = faulty_write,
	.xTruncate = faulty_truncate,
	.xSync = faulty_sync,
	.xFileSize = faulty_size,
	.xLock = faulty_lock,
	.xUnlock = faulty_unlock,
	.xCheckReservedLock = faulty_reserved,
	.xFileControl = faulty_control,
	.xSectorSize = faulty_sector,
	.xDeviceCharacteristics = faulty_device,
	.xShmMap = faulty_shm_map,
	.xShmLock = faulty_shm_lock,
	.xShmBarrier = faulty_shm_barrier,
	.xShmUnmap = faulty_shm_unmap,
};

static int faulty_open(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *ret_flags)
{
	sqlite3_vfs *real = vfs->pAppData;
	struct faulty_file *file = (struct faulty_file *)base;
	int status = fault(FAULTY_OPEN);

	file->base.pMethods = NULL;
	if (status) {
		return status;
	}
	file->real = (sqlite3_file *)(file + 1);
	file->path = name;
	status = real->xOpen(real, name, file->real, flags, ret_flags);
	file->base.pMethods = file->real->pMethods ? &faulty_methods : NULL;
	return status;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	sqlite3_vfs *real = vfs->pAppData;
	int status = fault(FAULTY_DELETE);

	if (status) {
		return status;
	}
	if (watch) {
		watch->remove(watch->context, name, sync_folder != 0);
	}
	return real->xDelete(real, name, 0);
}

static int faulty_last_error(sqlite3_vfs *vfs, int size, char *text)
{
	sqlite3_vfs *real = vfs->pAppData;
	int errnum;

	pthread_mutex_lock(&lock);
	errnum = failed > 0 && !held ? plan.errnum : 0;
	pthread_mutex_unlock(&lock);
	return errnum ? errnum : real->xGetLastError(real, size, text);
}

void faulty_vfs_register(void)
{
	static sqlite3_vfs vfs;
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);

	assert(real);
	vfs = *real;
	vfs.zName = "faulty";
	vfs.pAppData = real;
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct faulty_file) + real->szOsFile;
	vfs.xOpen = faulty_open;
	vfs.xDelete = faulty_delete;
	vfs.xGetLastError = faulty_last_error;
	sqlite3_vfs_register(&vfs, 1);
}
