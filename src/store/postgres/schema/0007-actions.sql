-- What an account did of one kind is found without looking at all that it did.
create index audit_by_action on audit (account_id, action, time, id);
