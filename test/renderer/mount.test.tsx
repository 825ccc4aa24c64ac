// @vitest-environment jsdom
import { screen } from '@testing-library/react';
import { useEffect, useLayoutEffect, useState } from 'react';
import { expect, test } from 'vitest';
import { mount } from './mount.tsx';

declare function setImmediate(callback: () => void): void;

test('what findBy finds has had its effects, also where the machine is busy in between', async () => {
  let hadEffects = false;
  const beBusy = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  function Late() {
    const [here, setHere] = useState(false);
    useEffect(() => {
      setImmediate(() => {
        setHere(true);
        // React asks in a microtask for the immediate that it renders in. Behind that one: every timer is due.
        queueMicrotask(() => queueMicrotask(() => setImmediate(beBusy)));
      });
    }, []);
    useLayoutEffect(() => {
      if (here) beBusy(); // longer than React works without a pause: the effects are left for its next immediate
    }, [here]);
    useEffect(() => {
      hadEffects = here;
    }, [here]);
    return here ? <p>here</p> : null;
  }
  mount(<Late />);
  await screen.findByText('here');
  expect(hadEffects).toBe(true);
});
