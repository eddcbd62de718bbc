-- The detail of a day that is over for all accounts is dropped with its partition. The headers of its calls are tidied after it, in small steps:
-- what is still to be done is here. A call of such a day that has no detail any more never has any, whatever its header says.

create table detail_gone (
	account_id bigint not null references account,
	part bigint not null,
	start bigint not null,              -- calls that started earlier are done
	primary key (account_id, part)
);
