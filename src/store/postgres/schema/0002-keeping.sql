-- How long calls are kept, by account, and the audit trail.

alter table account add column detail_days bigint; -- null: as the program is set; 0: for ever
alter table account add column header_days bigint;

-- Who did what. Records are numbered without a gap and are never changed; the oldest are dropped, in their order.
create table audit (
	id bigint primary key,
	time bigint not null,
	account_id bigint not null,         -- 0: of no account
	key_id bigint not null,             -- 0: by no key
	address text not null,              -- where the request came from; empty: the command line
	"user" text not null,               -- of the system, who ran the command; empty: a request
	action text not null,
	subject text not null,
	outcome bigint not null,            -- 0 done, 1 refused, 2 failed
	calls bigint not null,              -- that it was about; -1: it is not about a number of calls
	times bigint not null               -- how often, in the second or so that the record stands for
);

create index audit_by_account on audit (account_id, time, id);
create index audit_by_time on audit (time, id);

-- One row. The records up to `dropped` were dropped; who adds records takes numbers behind `newest` and holds the row until the commit.
create table audit_floor (
	only_row boolean primary key default true check (only_row),
	dropped bigint not null,
	newest bigint not null
);

insert into audit_floor (dropped, newest) values (0, 0);

create function audit_refuse() returns trigger language plpgsql as $$
begin
	raise exception 'records of the audit trail are neither changed nor deleted';
end $$;

create function audit_keep() returns trigger language plpgsql as $$
begin
	if old.id > (select dropped from audit_floor) then
		raise exception 'records of the audit trail are neither changed nor deleted';
	end if;
	return old;
end $$;

create function audit_floor_rise() returns trigger language plpgsql as $$
begin
	if new.dropped < old.dropped or new.newest < old.newest then
		raise exception 'the audit trail does not get longer at its old end';
	end if;
	return new;
end $$;

create trigger audit_is_not_changed before update on audit for each row execute function audit_refuse();
create trigger audit_is_kept before delete on audit for each row execute function audit_keep();
create trigger audit_is_not_emptied before truncate on audit for each statement execute function audit_refuse();
create trigger audit_floor_rises before update on audit_floor for each row execute function audit_floor_rise();
create trigger audit_floor_is_kept before delete or truncate on audit_floor for each statement execute function audit_refuse();
