/** The temperature that a scorer's probabilities are brought to: part of what the scorer is; 1 leaves them alone. */
export const sql = `
ALTER TABLE scorers ADD COLUMN temperature REAL NOT NULL DEFAULT 1;
`;
