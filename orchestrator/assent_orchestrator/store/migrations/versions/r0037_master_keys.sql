-- What stays when the master key is replaced, and which ones were; a test compares it with store/memory_tables.py.

ALTER TABLE assent.memory_master
    ADD COLUMN naming_key BYTEA,
    ADD COLUMN replaced TEXT[] NOT NULL DEFAULT '{}'::TEXT[];
