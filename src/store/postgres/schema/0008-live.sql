-- Calls that go on. A call is live while it has a row here; the words of a live call are null.

create table live (
	account_id bigint not null,
	session_id text collate "C" not null,
	heard bigint not null,              -- when something was heard of it last
	hidden bytea,                       -- what redaction remembers of it; null: nothing
	primary key (account_id, session_id)
);

-- Null: the header alone changed. N: the steps from the one numbered N on. -1 - N: both.
alter table change add column first_step bigint;
