-- Calls in columns: an index beside the table of calls, made in the background. What it says of a call that changed
-- since is passed over, so it is never wrong, and all of it can be made anew from the table.

-- How far an account's calls are in blocks: those that started up to then belong to a block, or are late.
create table sealed (
	account_id integer primary key references account (id),
	up_to integer not null
) strict;

create table block (
	id integer primary key autoincrement,
	account_id integer not null references account (id),
	low integer not null,               -- its calls started from here
	high integer not null,              -- to here; no other block of the account has any of it
	calls integer not null,             -- 0: it is not made; -1: it cannot be made. The table of calls is read
	detail integer not null,            -- calls that have it
	first_start integer not null,
	last_start integer not null,
	dropped_to integer not null         -- of its calls that started up to then detail may have been dropped
) strict;

create unique index block_by_account on block (account_id, high);

-- id: 32 times the block's, and the column.
create table segment (
	id integer primary key,
	data blob not null
) strict;

-- Calls that started up to sealed.up_to, and that no block has as they are.
create table late (
	account_id integer not null,
	start integer not null,
	call_id integer not null,
	primary key (account_id, start, call_id)
) strict, without rowid;

-- Calls of blocks that changed or went since, with the start that they have there.
create table gone (
	account_id integer not null,
	start integer not null,
	call_id integer not null,
	primary key (account_id, start, call_id)
) strict, without rowid;
