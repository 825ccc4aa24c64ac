/** Owns how a component is mounted in tests: providers, a made-up main, and the layout that jsdom lacks. */
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { cleanup, configure, getConfig, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach } from 'vitest';
import { type FakeOptions, makeFakeBridge } from '../../src/renderer/dev/fake-bridge.ts';
import { makeQueryClient } from '../../src/renderer/queries.ts';
import { useStore } from '../../src/renderer/state.ts';
import { theme } from '../../src/renderer/theme.ts';
import { Toasts } from '../../src/renderer/ui/feedback.tsx';
import { patience } from '../patience.ts';

declare function setImmediate(callback: () => void): void; // of Node, beside jsdom

/** React works in immediates, on one waiting task at least in each; there are never nearly so many. */
async function reactIsIdle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise<void>(setImmediate);
}

// What waitFor and findBy wait for is on the page a moment before React runs its effects (key handlers, measuring); on a
// busy machine a test went on in that moment, and pressed a key that nobody heard.
const { asyncWrapper } = getConfig();
configure({
  asyncUtilTimeout: patience.waitMs,
  asyncWrapper: (wait) =>
    asyncWrapper(async () => {
      const found = await wait();
      await reactIsIdle();
      return found;
    }),
});

const [width, height] = [800, 600];

class Observer {
  private readonly callback: ResizeObserverCallback;
  constructor(callback: ResizeObserverCallback) {
    this.callback = callback;
  }
  observe(target: Element) {
    const box = [{ inlineSize: width, blockSize: height }];
    const entry = { target, contentRect: { width, height }, borderBoxSize: box, contentBoxSize: box };
    this.callback([entry as unknown as ResizeObserverEntry], this as unknown as ResizeObserver);
  }
  unobserve() {}
  disconnect() {}
}
window.ResizeObserver = Observer as unknown as typeof ResizeObserver;
window.matchMedia = ((query: string) => ({
  matches: false,
  media: query,
  addEventListener() {},
  removeEventListener() {},
  addListener() {},
  removeListener() {},
})) as unknown as typeof window.matchMedia;
for (const [name, value] of Object.entries({
  offsetWidth: width,
  offsetHeight: height,
  clientWidth: width,
  clientHeight: height,
})) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value });
}
Object.defineProperty(document, 'fonts', { value: new EventTarget() });
HTMLElement.prototype.scrollIntoView = () => {};
HTMLElement.prototype.scrollTo = () => {};

const pristine = useStore.getState();

afterEach(() => {
  cleanup();
  useStore.setState(pristine, true);
});

/** Mounts with dataset 1 open (unless the catalog is empty). */
export function mount(node: ReactNode, options: FakeOptions = {}) {
  const fake = makeFakeBridge(options);
  window.crux = fake.bridge;
  useStore.setState({ datasetId: options.empty ? null : 1 });
  const view = render(
    <QueryClientProvider client={makeQueryClient()}>
      <MantineProvider theme={theme} env="test">
        {node}
        <Toasts />
      </MantineProvider>
    </QueryClientProvider>,
  );
  const asked = (name: string) => fake.calls.filter((call) => call.name === name).map(({ input }) => input);
  return { ...fake, ...view, asked };
}
