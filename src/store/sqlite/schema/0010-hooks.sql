-- Who is told of calls. Everything that is sent is made out of the calls when it is sent: no copy of a call lies here.

create table hook (
	id integer primary key autoincrement,
	account_id integer not null references account (id) on delete cascade,
	name text not null,
	url text not null,
	event integer not null,             -- 0 begins, 1 ends, 2 a step, 3 a threshold
	filter text not null,               -- as the query of an address has it
	more_than integer not null,         -- of a threshold: calls in window_s seconds
	window_s integer not null,
	times integer not null,             -- and as many times those of the same time a week ago; 0: that is not asked
	secret blob not null,               -- the key of the signatures, as it is
	state integer not null,             -- 0 on, 1 off, 2 paused after failures, 3 gone: the receiver said so
	created integer not null,
	version integer not null default 1, -- how often it was changed, and one
	test integer not null default 0,    -- when a test was asked for; 0: it was sent
	place integer not null,             -- the change up to which everything was told
	told integer not null default 0,    -- how many events the receiver took
	tries integer not null default 0,   -- in a row that failed
	failing integer not null default 0, -- since when; 0: it is not
	next integer not null default 0,    -- not before
	last_time integer not null default 0,
	last_status integer not null default 0,
	last_error text not null default '',
	reached integer not null default 0  -- since when a threshold is passed; 0: it is not
) strict;

create index hook_by_account on hook (account_id, id);

-- What a receiver did not take.
create table hook_failure (
	id integer primary key autoincrement,
	hook_id integer not null references hook (id) on delete cascade,
	call_id integer not null references call (id) on delete cascade,
	kind integer not null,
	change_id integer not null,
	first_step integer not null,
	time integer not null,
	tries integer not null,
	status integer not null,
	error text not null,
	due integer not null default 0      -- when it was asked for again; 0: it is not
) strict;

create index hook_failure_by_hook on hook_failure (hook_id, id);
create index hook_failure_by_call on hook_failure (call_id);

-- Live calls of which a receiver was told something.
create table hook_begun (
	hook_id integer not null references hook (id) on delete cascade,
	call_id integer not null references call (id) on delete cascade,
	steps integer not null,             -- that the call had then
	primary key (hook_id, call_id)
) strict, without rowid;

create index hook_begun_by_call on hook_begun (call_id);
