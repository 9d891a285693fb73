-- The pieces of which a journal batch is made; see dtm.repository.runs_journal.

-- name: block
-- A batch of the journal: {pieces}, of `stream` or of `sql`. Halts that nobody has
-- honoured yet are counted on the way, by any stream of the run.
DECLARE
  l_fenced PLS_INTEGER := 0;
  l_halts  PLS_INTEGER;
BEGIN
  {pieces}
  SELECT COUNT(*) INTO l_halts FROM dtm_run_halts
  WHERE run_id = (SELECT run_id FROM dtm_run_streams WHERE handle = :handle_1)
  AND honoured_at IS NULL;
  :fenced := l_fenced;
  :halts := l_halts;
END;

-- name: stream
-- What a stream has to say, in the order in which it happened. {name}: a statement of runs.sql.
{write_stream};
IF SQL%ROWCOUNT = 0 THEN
  l_fenced := l_fenced + 1;
ELSE
  IF :start_at IS NOT NULL THEN
    {write_start};
  END IF;
  IF :fresh = 'Y' THEN
    {forget_open_attempts};
  END IF;
  IF :done_seq IS NOT NULL THEN
    {write_outcome};
  END IF;
  IF :seq IS NOT NULL THEN
    {write_intent};
  END IF;
  IF :end_at IS NOT NULL THEN
    {write_end};
  END IF;
END IF;

-- name: sql
-- What is known of a logged statement.
{add_sql_key};
{write_sql};
