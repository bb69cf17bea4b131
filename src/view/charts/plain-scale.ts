import { scaleLinear } from "d3-scale";

export interface PlainScale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  /** Place of a value in percent of the axis, held within it. */
  readonly place: (value: number) => number;
}

/** Round ends around all values, and few labels. */
export function plainScale(values: readonly number[]): PlainScale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const scale = scaleLinear()
    .domain(values.length === 0 ? [0, 1] : [least, most > least ? most : least + 1])
    .nice(4)
    .range([0, 100])
    .clamp(true);
  const [from = 0, to = 1] = scale.domain();
  return { from, to, ticks: scale.ticks(2), place: (value) => scale(value) };
}

/** The axis of chances. */
export const CHANCES: PlainScale = {
  from: 0,
  to: 1,
  ticks: [0, 0.5, 1],
  place: (value) => 100 * Math.min(1, Math.max(0, value)),
};
