-- How long calls and the audit trail are kept belongs to the store. One that has accounts keeps what it has for ever, until it is told otherwise:
-- what it was told so far only its programs knew.

create table keeping (
	id integer primary key check (id = 1),
	detail_days integer not null,       -- of accounts that have no days of their own; 0: for ever
	header_days integer not null,
	audit_days integer not null         -- of the audit trail
) strict;

insert into keeping (id, detail_days, header_days, audit_days)
	select 1, iif(used, 0, 31), iif(used, 0, 365), iif(used, 0, 365) from (select exists (select 1 from account) as used);
