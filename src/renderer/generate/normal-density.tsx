/** Owns the small drawing of N(mu, sigma) over the difficulty ramp. */
import { useId } from 'react';
import { difficultyColour } from '../ui/scale.ts';

const [width, height, base] = [190, 84, 66];
const points = 96;

/** y in [0,1] of the density relative to its own peak inside [0,1]. */
export function normalCurve(mu: number, sigma: number): [number, number][] {
  const at = (x: number) => Math.exp(-0.5 * ((x - mu) / sigma) ** 2);
  return Array.from({ length: points + 1 }, (_, i) => [i / points, at(i / points)]);
}

export function NormalDensity({ mu, sigma }: { mu: number; sigma: number }) {
  const gradient = useId();
  const valid = mu >= 0 && mu <= 1 && sigma >= 0;
  const x = (value: number) => 4 + value * (width - 8);
  const y = (value: number) => base - value * (base - 8);
  const path =
    valid && sigma > 0
      ? normalCurve(mu, sigma)
          .map(([px, py], i) => `${i ? 'L' : 'M'}${x(px).toFixed(1)} ${y(py).toFixed(1)}`)
          .join('')
      : '';
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width="100%"
      role="img"
      aria-label={
        valid ? `Difficulties are drawn around ${mu} with a spread of ${sigma}` : 'No valid distribution'
      }
    >
      <defs>
        <linearGradient id={gradient} x1="0" x2="1" y1="0" y2="0">
          {[0, 0.25, 0.5, 0.75, 1].map((s) => (
            <stop key={s} offset={s} stopColor={difficultyColour(s)} />
          ))}
        </linearGradient>
      </defs>
      <rect x={x(0)} y={base} width={width - 8} height={4} rx={2} fill={`url(#${gradient})`} />
      {path && (
        <>
          <path d={`${path}L${x(1)} ${base}L${x(0)} ${base}Z`} fill={`url(#${gradient})`} opacity={0.28} />
          <path d={path} fill="none" stroke="currentColor" strokeWidth={1.5} />
        </>
      )}
      {valid && (
        <line
          x1={x(mu)}
          x2={x(mu)}
          y1={8}
          y2={base}
          stroke="currentColor"
          strokeDasharray={sigma > 0 ? '2 3' : undefined}
          strokeWidth={sigma > 0 ? 1 : 2}
        />
      )}
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
  );
}
