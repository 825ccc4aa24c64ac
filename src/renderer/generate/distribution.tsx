/** Owns the small drawing of the requested difficulties over the real images', on the difficulty ramp. */
import { useId } from 'react';
import { difficultyColour } from '../ui/scale.ts';
import { heightsOf, type Shape, shapeOf, wordsOf } from './distribution-shape.ts';
import type { GenerateInput } from './plan-words.ts';

const [width, height, base, top] = [190, 84, 66, 8];
const x = (value: number) => 4 + value * (width - 8);
const y = (value: number) => base - value * (base - top);

interface Props {
  params: GenerateInput;
  /** Counts of the training images; null: none is scored. */
  real: readonly number[] | null;
}

export function Distribution({ params, real }: Props) {
  const gradient = useId();
  const shape = shapeOf(params, real);
  // Where the real images are what is asked for, they are drawn once.
  const behind = params.distribution === 'real' || params.distribution === 'real-class' ? null : real;
  return (
    <div>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width="100%"
        role="img"
        aria-label={shape ? `Difficulties asked for: ${wordsOf(params)}` : 'No valid distribution'}
      >
        <defs>
          <linearGradient id={gradient} gradientUnits="userSpaceOnUse" x1={x(0)} x2={x(1)} y1="0" y2="0">
            {[0, 0.25, 0.5, 0.75, 1].map((s) => (
              <stop key={s} offset={s} stopColor={difficultyColour(s)} />
            ))}
          </linearGradient>
        </defs>
        <rect x={x(0)} y={base} width={width - 8} height={4} rx={2} fill={`url(#${gradient})`} />
        {behind && <Bars heights={heightsOf(behind)} fill="var(--muted)" opacity={0.3} />}
        {shape && <Drawn shape={shape} fill={`url(#${gradient})`} />}
        {[0, 0.5, 1].map((s) => (
          <text
            key={s}
            x={x(s)}
            y={82}
            fontSize={10}
            textAnchor={s === 0 ? 'start' : s === 1 ? 'end' : 'middle'}
            fill="var(--muted)"
          >
            {s}
          </text>
        ))}
      </svg>
      {behind && <div className="muted small distribution-key">grey: the real images</div>}
    </div>
  );
}

function Drawn({ shape, fill }: { shape: Shape; fill: string }) {
  if (shape.kind === 'bars') return <Bars heights={shape.heights} fill={fill} opacity={0.8} />;
  if (shape.kind === 'line')
    return (
      <line x1={x(shape.at)} x2={x(shape.at)} y1={top} y2={base} stroke="currentColor" strokeWidth={2} />
    );
  const path = shape.points
    .map(([px, py], i) => `${i ? 'L' : 'M'}${x(px).toFixed(1)} ${y(py).toFixed(1)}`)
    .join('');
  const [first, last] = [shape.points[0], shape.points[shape.points.length - 1]];
  return (
    <>
      <path d={`${path}L${x(last[0])} ${base}L${x(first[0])} ${base}Z`} fill={fill} opacity={0.28} />
      <path d={path} fill="none" stroke="currentColor" strokeWidth={1.5} />
    </>
  );
}

function Bars({ heights, fill, opacity }: { heights: readonly number[]; fill: string; opacity: number }) {
  const path = heights
    .map((h, i) => {
      const [from, to] = [x(i / heights.length) + 0.4, x((i + 1) / heights.length) - 0.4];
      return h > 0 ? `M${from.toFixed(1)} ${base}V${y(h).toFixed(1)}H${to.toFixed(1)}V${base}Z` : '';
    })
    .join('');
  return <path d={path} fill={fill} opacity={opacity} />;
}
