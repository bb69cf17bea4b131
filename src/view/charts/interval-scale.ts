/** @file Where values, intervals and bars stand on the common axis of an interval plot. */
import { scaleLinear } from "d3-scale";

export type FigureForm = "value" | "difference" | "ratio";

export interface Figure {
  readonly value: number;
  /** The 95 % interval; null where there is none. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface IntervalScale {
  readonly from: number;
  readonly to: number;
  /** Values worth a label, few. */
  readonly ticks: readonly number[];
  /** What means "nothing": 0 of a difference, 1 of a ratio; null of a plain value, whose axis begins at it. */
  readonly neutral: number | null;
  /** Place of a value in percent of the axis, held within it. */
  readonly place: (value: number) => number;
}

const NEUTRAL = { value: null, difference: 0, ratio: 1 } as const satisfies Record<FigureForm, number | null>;

/** An axis with round ends that holds every interval, and zero, or what means "nothing". `most`: an end that is known. */
export function intervalScale(
  figures: readonly Figure[],
  form: FigureForm,
  most: number | null = null,
): IntervalScale {
  const neutral = NEUTRAL[form];
  const held = [neutral ?? 0, ...figures.flatMap(({ value, low, high }) => [low ?? value, high ?? value])];
  const least = Math.min(...held);
  const greatest = most ?? Math.max(...held);
  const scale = scaleLinear()
    .domain([least, greatest > least ? greatest : least + 1])
    .nice(4)
    .range([0, 100])
    .clamp(true);
  const [from = 0, to = 1] = scale.domain();
  return { from, to, neutral, ticks: scale.ticks(2), place: (value) => scale(value) };
}

/** Whether a difference or a ratio can be told from nothing, and on which side it lies. */
export function standing({ value, low, high }: Figure, form: FigureForm): "above" | "below" | "open" {
  const neutral = NEUTRAL[form];
  if (neutral === null) return "open";
  if ((low ?? value) > neutral) return "above";
  return (high ?? value) < neutral ? "below" : "open";
}
