/** A running job may be told to end now and keep what it has. */
export const sql = `
ALTER TABLE jobs ADD COLUMN finish_requested INTEGER NOT NULL DEFAULT 0;
`;
