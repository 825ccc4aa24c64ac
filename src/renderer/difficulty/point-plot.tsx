/** Owns a scatter plot of images with axes: points on a canvas over the axes, hover shows the image, a click opens it. */
import { useElementSize } from '@mantine/hooks';
import type * as Plot from '@observablehq/plot';
import { type PointerEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from '../state.ts';
import { Thumb } from '../ui/picture.tsx';
import { Chart } from '../ui/plot.tsx';
import { nearestPoint, type PlotBox, placed } from './point-place.ts';

interface Props {
  ids: Uint32Array;
  x: Float32Array;
  y: Float32Array;
  /** Largest value of each axis; both begin at 0. */
  xMax: number;
  yMax: number;
  xLabel: string;
  yLabel: string;
  /** CSS colour of each point; keep it stable while the data are the same. */
  colours: readonly string[];
  /** Lines and fields under the points; keep it stable. */
  under: Plot.Markish[];
  /** What is said of a point that is pointed at. */
  describe: (index: number) => ReactNode;
  height: number;
  label: string;
  testId: string;
}

const margin = { left: 46, right: 10, top: 10, bottom: 36 };
const reachPx = 9;

/** Below this width, in CSS px, nothing is drawn: the plot has not been laid out yet, or there is no room for it. */
const leastWidth = 40;

/** Diameter in px: many points are drawn small. */
const pointSize = (n: number) => (n > 20_000 ? 2 : n > 4000 ? 3 : n > 800 ? 4 : 6);

export function PointPlot(props: Props) {
  const { ids, x, y, xMax, yMax, xLabel, yLabel, colours, under, height, label } = props;
  const { ref, width } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState<number | null>(null);
  const inspectId = useStore((state) => state.inspectId);
  const inspect = useStore((state) => state.inspect);
  const box: PlotBox = useMemo(() => ({ width, height, margin, xMax, yMax }), [width, height, xMax, yMax]);
  const drawn = width >= leastWidth;
  const screen = useMemo(() => placed(x, y, box), [x, y, box]);
  const marked = useMemo(() => (inspectId === null ? -1 : ids.indexOf(inspectId)), [ids, inspectId]);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || !drawn) return;
    const ratio = window.devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const n = ids.length;
    const size = pointSize(n);
    context.globalAlpha = n > 4000 ? 0.5 : 0.75;
    for (let i = 0; i < n; i++) {
      context.fillStyle = colours[i];
      context.beginPath();
      context.arc(screen[2 * i], screen[2 * i + 1], size / 2, 0, 2 * Math.PI);
      context.fill();
    }
    if (marked < 0) return;
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.strokeStyle = getComputedStyle(element).color;
    context.beginPath();
    context.arc(screen[2 * marked], screen[2 * marked + 1], size / 2 + 4, 0, 2 * Math.PI);
    context.stroke();
  }, [screen, colours, marked, ids, drawn, width, height]);

  const options = useCallback(
    (): Plot.PlotOptions => ({
      marginLeft: margin.left,
      marginRight: margin.right,
      marginTop: margin.top,
      marginBottom: margin.bottom,
      x: {
        domain: [0, xMax],
        label: xLabel,
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: 5,
        tickSize: 3,
        grid: true,
      },
      y: {
        domain: [0, yMax],
        label: yLabel,
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: 5,
        tickSize: 3,
        grid: true,
      },
      marks: under,
    }),
    [xMax, yMax, xLabel, yLabel, under],
  );

  const at = (event: PointerEvent): number => {
    if (!drawn) return -1; // where points will be is not where they are yet
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return nearestPoint(screen, event.clientX - left, event.clientY - top, reachPx);
  };
  return (
    <div ref={ref} className="point-plot" data-testid={props.testId} data-points={drawn ? ids.length : 0}>
      <Chart options={options} height={height} label={label} />
      <canvas
        ref={canvas}
        style={{ height, cursor: hover === null ? 'default' : 'pointer' }}
        onPointerMove={(event) => {
          const index = at(event);
          setHover(index < 0 ? null : index);
        }}
        onPointerLeave={() => setHover(null)}
        onClick={(event) => {
          const index = at(event as unknown as PointerEvent);
          if (index >= 0) inspect(ids[index]);
        }}
      />
      {hover !== null && hover < ids.length && (
        <div
          className="point-hover"
          style={{
            left: `clamp(4px, ${screen[2 * hover] + 12}px, calc(100% - 160px))`,
            top: `clamp(4px, ${screen[2 * hover + 1] + 12}px, calc(100% - 170px))`,
          }}
        >
          <Thumb id={ids[hover]} alt="The image pointed at" />
          <div className="small">{props.describe(hover)}</div>
        </div>
      )}
    </div>
  );
}
