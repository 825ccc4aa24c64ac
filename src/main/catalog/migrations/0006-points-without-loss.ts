/** A loss that is no number (NaN, infinite) is a gap in the curve, not a row that cannot be written. */
export const sql = `
CREATE TABLE points (
  job_id INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  loss REAL,
  smoothed_loss REAL,
  accuracy REAL,
  PRIMARY KEY (job_id, step)
) STRICT, WITHOUT ROWID;
INSERT INTO points SELECT job_id, step, loss, smoothed_loss, accuracy FROM training_points;
DROP TABLE training_points;
ALTER TABLE points RENAME TO training_points;
`;
