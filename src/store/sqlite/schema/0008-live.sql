-- Calls that go on. A call is live while it has a row here; the columns of a call are those of one that has ended.

create table live (
	call_id integer primary key references call (id) on delete cascade,
	account_id integer not null,
	heard integer not null,             -- when something was heard of it last
	hidden blob                         -- what redaction remembers of it; null: nothing
) strict;

create index live_by_account on live (account_id);

-- Null: the header alone changed. N: the steps from the one numbered N on. -1 - N: both.
alter table change add column first_step integer;
