-- The calls as they would lie in PostgreSQL: the natural key, one table, the same two indices for windows that callstep has.
-- The database's locale is C: texts are compared byte for byte, as the API wants them.
create table account (
	id integer primary key generated always as identity,
	email text not null unique,
	disabled boolean not null default false
);

create table key (
	hash text primary key,
	account_id integer not null references account (id)
);

create table call (
	start bigint not null,
	"end" bigint not null,
	account_id integer not null,
	steps integer not null,
	type smallint not null,          -- 0 inbound, 1 outbound, 2 transfer
	session_id text not null,
	dest text not null,
	dest_key text not null,
	src text not null,
	detail jsonb
);

-- What text search looks at: each step's line.
create function call_words(detail jsonb) returns tsvector language sql immutable parallel safe as $$
	select jsonb_to_tsvector('simple', jsonb_path_query_array(detail, '$[*].event.line'), '["string"]')
$$;
