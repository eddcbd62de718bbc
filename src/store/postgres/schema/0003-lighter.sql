-- What intake need not pay for.

-- Who writes these rows holds the account's row locked, and the call that they are about refers to it: looking it up once more for each row
-- was a seventh of the database's time for a call.
alter table detail drop constraint detail_account_id_fkey;
alter table tally drop constraint tally_account_id_fkey;
alter table change drop constraint change_account_id_fkey;

-- Most words are too different for pglz to gain the quarter that it asks for: it only tried.
alter table detail alter column words set storage external;
