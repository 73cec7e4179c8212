-- What a client of tus told when it began an upload (Upload-Metadata), to be told again to HEAD.
ALTER TABLE uploads ADD COLUMN metadata text CHECK (length(metadata) <= 16384);
