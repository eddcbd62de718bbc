-- A row says how long its call stayed where, so that blocks are made of rows alone. Rows of before say it as soon as
-- their steps are stored again; until then their packed calls are read.
alter table call add column stays blob; -- when its visits began, and what their steps say of input (docs/storage-format.md)
