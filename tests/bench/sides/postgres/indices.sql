alter table call add primary key (account_id, session_id);
create index call_by_start on call (account_id, start, session_id);
create index call_by_dest on call (account_id, dest_key, start, session_id);
