-- In which order effects were done: what was done last is undone first, and clocks do not tell. Whoever writes what became
-- of an effect has locked its run, so within a run these numbers grow as the outcomes were written.

CREATE SEQUENCE assent.effects_done;
ALTER TABLE assent.effects ADD COLUMN done BIGINT;

-- Of runs that are over nothing more is undone.
UPDATE assent.effects AS effect SET done = earlier.place FROM (
    SELECT effects.run_id, effects.step_id,
        row_number() OVER (ORDER BY steps.finished_at NULLS FIRST, steps.position, steps.item NULLS FIRST) AS place
    FROM assent.effects AS effects
    JOIN assent.runs AS runs ON runs.id = effects.run_id AND runs.finished_at IS NULL
    JOIN assent.steps AS steps ON steps.run_id = effects.run_id AND steps.id = effects.step_id
    WHERE effects.status = 'succeeded'
) AS earlier WHERE effect.run_id = earlier.run_id AND effect.step_id = earlier.step_id;

SELECT setval('assent.effects_done', (SELECT coalesce(max(done), 0) + 1 FROM assent.effects), FALSE);

CREATE FUNCTION assent.number_done() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.done := nextval('assent.effects_done');
    RETURN NEW;
END
$$;

CREATE TRIGGER effects_done_are_numbered BEFORE UPDATE OF status ON assent.effects
FOR EACH ROW WHEN (NEW.status = 'succeeded' AND OLD.status <> 'succeeded')
EXECUTE FUNCTION assent.number_done();
