-- Someone stays signed in by a session: a key of its own that belongs to a key, and ends with it.
alter table key add column of_key bigint;                    -- the id of that key; null: it is a key itself
alter table key add column expires bigint not null default 0; -- when it ends by itself; 0: never
