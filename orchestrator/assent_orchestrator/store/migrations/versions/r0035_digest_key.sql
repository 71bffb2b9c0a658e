-- The key of the digests of what is never retained, wrapped by the master key; a test compares it with
-- store/memory_tables.py. The first server that starts with the master key makes it.

ALTER TABLE assent.memory_master ADD COLUMN digest_key BYTEA;
