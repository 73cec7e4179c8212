-- Where an experiment takes place: one at a time on each surface, so that what came of it is its
-- own doing.

ALTER TABLE experiments ADD COLUMN surface text NOT NULL DEFAULT 'recommendations'
    CHECK (surface IN ('recommendations'));
UPDATE experiments e SET enabled = false
    WHERE enabled AND EXISTS (SELECT FROM experiments o
                              WHERE o.enabled AND o.surface = e.surface AND o.experiment < e.experiment);
CREATE UNIQUE INDEX experiments_one_at_a_time ON experiments (surface) WHERE enabled;
