/** Owns the seam between React and Observable Plot: redraws when the options or the width change. */
import { useElementSize } from '@mantine/hooks';
import * as Plot from '@observablehq/plot';
import { useEffect, useRef } from 'react';

interface Props {
  /** Called with the width in px; keep it stable (useCallback) while the data are the same. */
  options: (width: number) => Plot.PlotOptions;
  height: number;
  label: string;
  testId?: string;
  data?: Record<`data-${string}`, string | number>;
}

export function Chart({ options, height, label, testId, data }: Props) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current || width < 40) return;
    const figure = Plot.plot({
      height,
      style: { background: 'none', fontSize: '11px', fontFamily: 'inherit', color: 'inherit' },
      ...options(width),
      width,
    });
    host.current.replaceChildren(figure);
    return () => figure.remove();
  }, [options, height, width]);
  return (
    <div ref={ref} className="plot" role="img" aria-label={label} data-testid={testId} {...data}>
      <div ref={host} style={{ height }} />
    </div>
  );
}
