-- How long calls and the audit trail are kept belongs to the store. One that has accounts keeps what it has for ever, until it is told otherwise:
-- what it was told so far only its programs knew.

create table keeping (
	only_row boolean primary key default true check (only_row),
	detail_days bigint not null,        -- of accounts that have no days of their own; 0: for ever
	header_days bigint not null,
	audit_days bigint not null          -- of the audit trail
);

insert into keeping (detail_days, header_days, audit_days)
	select case when used then 0 else 31 end, case when used then 0 else 365 end, case when used then 0 else 365 end
	from (select exists (select from account) as used) as store;
