/**
 * The process of one campaign: a crash in native code ends this campaign, not all of them, and the memory that the
 * frame measures is this campaign's. Arguments: folder of campaigns, name, scratch folder, seed, "quick" or "full".
 */
import { type CampaignContext, loadCampaign, type Outcome } from './campaign.ts';
import { campaignContext } from './context.ts';

export type FromCampaign =
  | { type: 'log'; line: string }
  | { type: 'progress'; done: number; total: number }
  | { type: 'done'; title: string; means: string; outcome: Outcome };

const [folder, name, scratch, seed, size] = process.argv.slice(2);
const stop = new AbortController();
const say = (message: FromCampaign) => process.send?.(message);
process.on('message', () => stop.abort(new Error('stopped')));
process.on('disconnect', () => process.exit(1)); // nobody would hear the result
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the frame says what it means
process.on('SIGTERM', () => stop.abort(new Error('stopped')));

const ctx: CampaignContext = campaignContext({
  name,
  seed: Number(seed),
  quick: size === 'quick',
  folder: scratch,
  signal: stop.signal,
  log: (line) => say({ type: 'log', line }),
  progress: (done, total) => say({ type: 'progress', done, total }),
});
const campaign = await loadCampaign(folder, name);
const outcome = await campaign.run(ctx).catch((error) => {
  if (!stop.signal.aborted) throw error;
  process.exit(130);
});
process.send?.(
  { type: 'done', title: campaign.title, means: campaign.means, outcome } satisfies FromCampaign,
  () => process.exit(0),
);
