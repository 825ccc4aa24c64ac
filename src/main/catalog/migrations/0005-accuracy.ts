/** What share of the images held out a classifier gets right, epoch by epoch, beside its losses. */
export const sql = `
ALTER TABLE training_points ADD COLUMN accuracy REAL;
`;
