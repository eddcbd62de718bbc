-- Finding and following calls: calls lie in the order of time, know their steps' kinds, and have their words in an index.

-- What a step is apart from its words: the few kinds that an account's steps are of.
create table kind (
	account_id integer not null,
	id integer not null,                -- from 1, within the account
	class text not null,
	module text not null,               -- event.data.module_type; empty: it has none
	variable text not null,             -- event.data.result_variable
	primary key (account_id, id)
) strict, without rowid;

create unique index kind_by_name on kind (account_id, class, module, variable);

-- The rows of one account lie newest to oldest side by side, so that whoever reads a window reads it in one go.
create table call_by_time (
	account_id integer not null references account (id),
	start integer not null,
	session_id text not null,
	id integer not null,
	"end" integer not null,
	type integer not null,              -- 0 inbound, 1 outbound, 2 transfer
	steps integer not null,             -- of its detail; -1: it has none
	dest text not null,                 -- as it came
	src text not null,
	path blob,                          -- the kinds of its steps in their order, each a LEB128 number; null: it has no detail
	dest_key text not null,             -- dest as it is compared
	primary key (account_id, start, session_id)
) strict, without rowid;

insert into call_by_time (account_id, start, session_id, id, "end", type, steps, dest, src, dest_key)
	select account_id, start, session_id, id, "end", type, steps, dest, src, dest_key from call
	order by account_id, start, session_id;

drop table call;
alter table call_by_time rename to call;

create unique index call_by_id on call (id);
create unique index call_by_session on call (account_id, session_id);
create index call_by_dest on call (account_id, dest_key, start, session_id, id);

-- The words of the steps' lines, folded, each with its account before it: `12:press 12:one . 12:press 12:two`. The dot parts lines: no
-- phrase that is asked for has one. Rows have call.id as their rowid.
create virtual table words using fts5(line, content='', columnsize=0, tokenize="ascii tokenchars '.:'");
insert into words (words, rank) values ('hashsize', 16777216);

-- Every place of every word, read out of the index.
create virtual table word using fts5vocab(words, instance);

-- Each time that a call was stored or changed. The oldest are forgotten; the table is never empty again.
create table change (
	id integer primary key,
	account_id integer not null,
	call_id integer not null
) strict;
