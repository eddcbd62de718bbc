-- Finding and following calls.

-- Each time that a call was stored or changed. The oldest are forgotten; the table is never empty again.
create table change (
	id integer primary key,
	account_id integer not null,
	call_id integer not null
) strict;
