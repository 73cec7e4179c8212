-- What the lossy renditions of more than two channels sound like: they are a stereo downmix, quieter
-- than the original, whose loudness and true_peak are FLAC's. NULL: the original has one or two
-- channels, or was measured before this was (then the original's are told).
ALTER TABLE assets ADD COLUMN loudness_stereo real, ADD COLUMN true_peak_stereo real;

-- Pictures as they were in uploaded files are not served any more; the sweep takes the objects.
DELETE FROM asset_files WHERE path IN ('f/cover.jpg', 'f/cover.png');
