/** Owns the scatter plot: canvas, pan and zoom, hover, click, lasso. */
import { useElementSize } from '@mantine/hooks';
import { type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { testIds } from '../test-ids.ts';
import { boundsOf, type Camera, fit, lassoed, PointIndex, toData, toScreen, zoomAt } from './camera.ts';
import { pointSize } from './colours.ts';
import { makePainter, type Painter } from './painter.ts';

export interface Hover {
  index: number;
  /** CSS px from the top left corner of the plot. */
  x: number;
  y: number;
}

interface Props {
  positions: Float32Array;
  colours: Uint8Array;
  /** The view starts over when this changes; new colours or relabelled points must not move it. */
  fitKey: string;
  /** Index of the point to ring; null: none. */
  marked: number | null;
  lasso: boolean;
  label: string;
  onHover: (hover: Hover | null) => void;
  onClick: (index: number) => void;
  /** Indices inside the drawn line; an empty list clears. */
  onLasso: (indices: number[]) => void;
  onFailure: (error: unknown) => void;
}

const hoverPx = 9;
const clickPx = 4; // a press that moves less than this is a click

export function Scatter({
  positions,
  colours,
  fitKey,
  marked,
  lasso,
  label,
  onHover,
  onClick,
  onLasso,
  onFailure,
}: Props) {
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter | null>(null);
  const [kind, setKind] = useState<string>('');
  const [generation, setGeneration] = useState(0); // grows when a lost WebGL context comes back
  const [camera, setCamera] = useState<Camera | null>(null);
  const [line, setLine] = useState<number[]>([]); // CSS px
  const touched = useRef(false); // a view that the user has moved survives a resize
  const press = useRef<{ x: number; y: number; camera: Camera; moved: boolean } | null>(null);
  const size = useMemo(() => ({ width, height }), [width, height]);
  const index = useMemo(() => new PointIndex(positions), [positions]);
  const diameter = pointSize(positions.length / 2);

  // a new painter for each life of the drawing context
  useEffect(() => {
    const element = canvas.current!;
    try {
      painter.current = makePainter(element);
      setKind(painter.current.kind);
    } catch (error) {
      onFailure(error);
    }
    const lost = (event: Event) => event.preventDefault();
    const restored = () => setGeneration((n) => n + 1);
    element.addEventListener('webglcontextlost', lost);
    element.addEventListener('webglcontextrestored', restored);
    return () => {
      element.removeEventListener('webglcontextlost', lost);
      element.removeEventListener('webglcontextrestored', restored);
      painter.current?.dispose();
      painter.current = null;
    };
  }, [generation]);

  // a new painter needs the points again
  useEffect(() => painter.current?.setPoints(positions), [positions, generation, kind]);
  // as above
  useEffect(() => painter.current?.setColours(colours), [colours, generation, kind]);

  // another map starts over
  useEffect(() => {
    touched.current = false;
  }, [fitKey]);
  // fitKey stands for the positions
  useEffect(() => {
    if (width > 0 && height > 0 && !touched.current) setCamera(fit(boundsOf(positions), { width, height }));
  }, [fitKey, width, height]);

  // draws again whenever anything shown has changed
  useEffect(() => {
    const element = canvas.current;
    if (!camera || !element || !painter.current) return;
    const frame = requestAnimationFrame(() => {
      const ratio = window.devicePixelRatio || 1;
      const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (element.width !== w) element.width = w;
      if (element.height !== h) element.height = h;
      painter.current?.draw(camera, size, diameter, ratio);
    });
    return () => cancelAnimationFrame(frame);
  }, [camera, size, positions, colours, generation, kind]);

  useEffect(() => {
    // React attaches wheel listeners as passive; zooming must keep the page from scrolling.
    const element = canvas.current!;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      touched.current = true;
      const factor = Math.exp(-event.deltaY * 0.0016);
      setCamera((old) => old && zoomAt(old, size, event.offsetX, event.offsetY, factor));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [size]);

  const at = (event: PointerEvent): [number, number] => {
    const box = event.currentTarget.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const pointAt = (px: number, py: number): number => {
    if (!camera) return -1;
    const [x, y] = toData(camera, size, px, py);
    return index.nearest(x, y, hoverPx / camera.scale);
  };

  const onDown = (event: PointerEvent) => {
    if (event.button !== 0 || !camera) return;
    const [x, y] = at(event);
    event.currentTarget.setPointerCapture?.(event.pointerId);
    press.current = { x, y, camera, moved: false };
    if (lasso || event.shiftKey) setLine([x, y]);
    onHover(null);
  };
  const onMove = (event: PointerEvent) => {
    const [x, y] = at(event);
    const start = press.current;
    if (!start) {
      const i = pointAt(x, y);
      if (i < 0 || !camera) return onHover(null);
      const [px, py] = toScreen(camera, size, positions[2 * i], positions[2 * i + 1]);
      return onHover({ index: i, x: px, y: py });
    }
    if (Math.hypot(x - start.x, y - start.y) > clickPx) start.moved = true;
    if (line.length) setLine((old) => [...old, x, y]);
    else if (start.moved) {
      touched.current = true;
      const { scale } = start.camera;
      setCamera({
        scale,
        x: start.camera.x - (x - start.x) / scale,
        y: start.camera.y + (y - start.y) / scale,
      });
    }
  };
  const onUp = (event: PointerEvent) => {
    const start = press.current;
    press.current = null;
    if (!start || !camera) return;
    if (start.moved && line.length) {
      const polygon: number[] = [];
      for (let i = 0; i < line.length; i += 2) polygon.push(...toData(camera, size, line[i], line[i + 1]));
      onLasso(lassoed(positions, polygon));
    } else if (!start.moved) {
      const i = pointAt(...at(event));
      if (i >= 0) onClick(i);
      else onLasso([]);
    }
    setLine([]);
  };
  const path = line.length >= 4 ? `M${line.slice(0, 2).join(' ')}L${line.slice(2).join(' ')}` : '';

  const ring =
    camera && marked !== null
      ? toScreen(camera, size, positions[2 * marked], positions[2 * marked + 1])
      : null;

  return (
    <div ref={ref} className="scatter">
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        data-testid={testIds.mapCanvas}
        data-renderer={kind}
        data-lasso={lasso}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerLeave={() => onHover(null)}
        onDoubleClick={() => {
          touched.current = false;
          setCamera(fit(boundsOf(positions), size));
        }}
      />
      {ring && (
        <svg className="scatter-lasso" width={width} height={height} aria-hidden="true">
          <circle cx={ring[0]} cy={ring[1]} r={diameter / 2 + 4} />
        </svg>
      )}
      {path && (
        <svg className="scatter-lasso" width={width} height={height} aria-hidden="true">
          <path d={`${path}Z`} />
        </svg>
      )}
    </div>
  );
}
