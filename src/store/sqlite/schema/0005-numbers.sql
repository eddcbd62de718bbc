-- Numbers are compared without `/`, spaces of every width, marks that nobody sees, `tel:` and `sip:`. A key that was left as it came, because the rule
-- before this one did not know these, is the number itself: so all calls of such a key get the same new one. callstep_number_key() is the program's.

insert into tally (account_id, is_all, dest_key, seconds, bucket, calls)
select account_id, 0, callstep_number_key(dest_key) as renewed, seconds, bucket, sum(calls)
from tally where is_all = 0 and dest_key glob '*[^0-9]*' and callstep_number_key(dest_key) <> dest_key
group by account_id, renewed, seconds, bucket
on conflict do update set calls = calls + excluded.calls;

delete from tally where is_all = 0 and dest_key glob '*[^0-9]*' and callstep_number_key(dest_key) <> dest_key;

update call set dest_key = callstep_number_key(dest_key)
where dest_key glob '*[^0-9]*' and callstep_number_key(dest_key) <> dest_key;
