-- Counting years: tallies of 32 days, so that the total of a year reads some 70 rows instead of 365.

insert into tally (account_id, is_all, dest_key, seconds, bucket, calls)
select account_id, is_all, dest_key, 2764800, bucket - bucket % 2764800 as first, sum(calls)
from tally where seconds = 86400
group by account_id, is_all, dest_key, first;
