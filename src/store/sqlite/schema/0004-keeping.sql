-- How long calls are kept, by account, and the audit trail.

alter table account add column detail_days integer; -- null: as the program is set; 0: for ever
alter table account add column header_days integer;
alter table account add column detail_from integer not null default 0; -- no call that started before it has detail

-- Who did what. Records are numbered without a gap and are never changed; the oldest are dropped, in their order.
create table audit (
	id integer primary key,
	time integer not null,
	account_id integer not null,        -- 0: of no account
	key_id integer not null,            -- 0: by no key
	address text not null,              -- where the request came from; empty: the command line
	user text not null,                 -- of the system, who ran the command; empty: a request
	action text not null,
	subject text not null,
	outcome integer not null,           -- 0 done, 1 refused, 2 failed
	calls integer not null,             -- that it was about; -1: it is not about a number of calls
	times integer not null              -- how often, in the second or so that the record stands for
) strict;

create index audit_by_account on audit (account_id, time);

-- The records up to this one were dropped.
create table audit_floor (
	id integer primary key check (id = 1),
	dropped integer not null
) strict;

insert into audit_floor (id, dropped) values (1, 0);

create trigger audit_is_numbered before insert on audit
when new.id is not (select max(dropped, coalesce((select max(id) from audit), 0)) + 1 from audit_floor)
begin
	select raise(abort, 'records of the audit trail are numbered without a gap');
end;

create trigger audit_is_not_changed before update on audit
begin
	select raise(abort, 'records of the audit trail are not changed');
end;

create trigger audit_is_kept before delete on audit
when old.id > (select dropped from audit_floor)
begin
	select raise(abort, 'records of the audit trail are not deleted');
end;

create trigger audit_floor_rises before update on audit_floor
when new.id <> 1 or new.dropped < old.dropped
begin
	select raise(abort, 'the audit trail does not get longer at its old end');
end;

create trigger audit_floor_is_kept before delete on audit_floor
begin
	select raise(abort, 'the audit trail has one old end');
end;
