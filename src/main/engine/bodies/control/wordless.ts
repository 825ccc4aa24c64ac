/** Owns guidance where every prompt is empty: between two of them there is nothing to follow. */
import type { GuidanceOptions } from '../../../../core/diffusion/guidance.ts';

/** With a scale of its own for the text, this is one prediction less to make. */
export const wordless = ({
  guidanceMode,
  guidanceScale,
}: GuidanceOptions): Pick<GuidanceOptions, 'guidanceScale'> => ({
  guidanceScale: guidanceMode === 'separate' ? 1 : guidanceScale,
});
