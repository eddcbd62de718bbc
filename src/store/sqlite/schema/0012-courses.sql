-- Blocks say how their calls went. Which do not yet is told by their version: they are made anew in the background.
-- Until then, questions that ask it read the rows of such a block.
alter table block add column version integer not null default 1; -- of its columns
