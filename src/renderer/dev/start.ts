/**
 * Starts the renderer in a plain browser on made-up data: ?screen=map&state=fresh&theme=dark. Serve it with any
 * vite server whose root is the repository; the product's build starts at main.tsx and never sees this file.
 */
import { type Screen, useStore } from '../state.ts';
import { makeFakeBridge } from './fake-bridge.ts';

const query = new URLSearchParams(location.search);
const state = query.get('state');
const theme = (query.get('theme') ?? 'system') as 'system' | 'dark' | 'light';
const fake = makeFakeBridge({
  empty: state === 'empty',
  fresh: state === 'fresh',
  real: Number(query.get('real') ?? 940),
});
void fake.bridge.request('settings.set', { theme });
window.crux = fake.bridge;
Object.assign(window, { fake, store: useStore });
useStore.setState({
  screen: (query.get('screen') ?? 'datasets') as Screen,
  datasetId: state === 'empty' ? null : 1,
});

// A picture to preview: a disc in a gradient, 64 x 64.
setInterval(() => {
  const rgb = new Uint8Array(64 * 64 * 3);
  for (let i = 0; i < 64 * 64; i++) {
    const [x, y] = [i % 64, Math.floor(i / 64)];
    const inside = Math.hypot(x - 32, y - 34) < 18;
    rgb.set(inside ? [200, 90, 60] : [60 + 2 * x, 80 + y, 140], 3 * i);
  }
  const shared = { jobId: 7, index: 23, step: 12, steps: 30, className: 'hat', difficulty: 0.78 };
  fake.emit('generate.preview', { ...shared, width: 64, height: 64, rgb });
}, 500);

void import('../main.tsx');
