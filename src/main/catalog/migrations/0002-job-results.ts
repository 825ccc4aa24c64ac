/** Names the job that made a scorer or a map, so that a job killed between its result and its ending makes one. */
export const sql = `
ALTER TABLE scorers ADD COLUMN job_id INTEGER;
ALTER TABLE projections ADD COLUMN job_id INTEGER;
CREATE UNIQUE INDEX scorers_by_job ON scorers (job_id) WHERE job_id IS NOT NULL;
CREATE UNIQUE INDEX projections_by_job ON projections (job_id) WHERE job_id IS NOT NULL;
`;
