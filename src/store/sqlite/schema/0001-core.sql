-- The first schema: accounts, keys, calls, their packed detail, and tallies.
-- Times are UNIX seconds. Texts are UTF-8 without control characters.

create table account (
	id integer primary key autoincrement,
	email text not null unique collate nocase,
	created integer not null,
	disabled integer not null default 0 -- since when; 0: active
) strict;

create table key (
	id integer primary key autoincrement,
	account_id integer not null references account (id),
	hash blob not null unique,          -- of the key; the key itself is nowhere
	scope integer not null,             -- 1 read, 2 write, 4 admin, added up
	label text not null,
	created integer not null,
	last_used integer not null default 0, -- to the minute; 0: never
	revoked integer not null default 0    -- since when; 0: valid
) strict;

create index key_by_account on key (account_id, id);

create table call (
	id integer primary key,
	account_id integer not null references account (id),
	start integer not null,
	"end" integer not null,
	session_id text not null,
	dest text not null,                 -- as it came
	dest_key text not null,             -- as it is compared
	src text not null,
	type integer not null,              -- 0 inbound, 1 outbound, 2 transfer
	steps integer not null,             -- of its detail; -1: it has none
	unique (account_id, session_id)
) strict;

create index call_by_start on call (account_id, start, session_id);
create index call_by_dest on call (account_id, dest_key, start, session_id);

-- A call's canonical JSON, compressed; no row for a call without detail.
create table packed (
	call_id integer primary key references call (id) on delete cascade,
	size integer not null,              -- bytes of the JSON
	crc32 integer not null,             -- of the JSON
	crc32_op integer not null,          -- zlib's crc32_combine_gen(size)
	deflate blob not null
) strict;

-- How many calls started in the minute, hour or day (UTC) that begins at bucket; never 0.
create table tally (
	account_id integer not null references account (id),
	is_all integer not null,            -- 1: all calls of the account, dest_key is ''; 0: those to dest_key
	dest_key text not null,
	seconds integer not null,           -- 60, 3600, 86400
	bucket integer not null,
	calls integer not null,
	primary key (account_id, is_all, dest_key, seconds, bucket)
) strict, without rowid;
