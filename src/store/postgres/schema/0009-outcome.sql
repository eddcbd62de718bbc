-- How calls went. Null in rows of before: it is not known.

alter table call add column answered bigint;   -- when a person answered; 0: nobody, or not known
alter table call add column talk bigint;       -- seconds that persons talked
alter table call add column outcome smallint;  -- 1 answered, 2 missed, 3 abandoned, 4 busy, 5 failed, 6 voicemail, 7 transferred, 8 completed; 0: not known
alter table call add column ended_by smallint; -- 1 caller, 2 called, 3 system; 0: not known
alter table call add column told smallint;     -- what of it the sender told, not the steps: 1 outcome, 2 answered, 4 talk, 8 ended_by, added up
