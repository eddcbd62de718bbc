create index call_by_word on call using gin (call_words(detail));
