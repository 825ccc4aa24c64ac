/** Owns what Crux calls itself in the files it makes. */
import manifest from '../../../package.json' with { type: 'json' };

export const createdBy = `Crux ${manifest.version}`;
