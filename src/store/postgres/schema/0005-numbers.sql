-- Numbers are compared without `/`, spaces of every width, marks that nobody sees, `tel:` and `sip:`: numbers.c renews the keys of
-- those that have any.

comment on column call.dest_key is 'dest as it is compared: its digits, or dest itself where it is not a number';
comment on column call.src_key is 'src as it is compared; null: src itself';
