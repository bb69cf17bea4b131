import type { Language } from "./language.ts";

/** How numbers are written in a language. */
export interface Formats {
  /** 0.1234 as "12.3%". */
  readonly percent: (fraction: number) => string;
  /** Signed, two decimals: "+0.42", "−0.42", "0.00". */
  readonly nats: (value: number) => string;
  /** Signed, four decimals, for figures that can be checked: "+0.4183". */
  readonly fine: (value: number) => string;
  /** Without its sign: "0.42". */
  readonly size: (value: number) => string;
  /** A difference of fractions in percentage points, signed: 0.021 as "+2.1". */
  readonly points: (fraction: number) => string;
  readonly decimal: (value: number) => string;
  /** A metric as the field writes it, three decimals: "0.560". */
  readonly figure: (value: number) => string;
  /** A difference of metrics, signed, three decimals: "+0.107". */
  readonly signedFigure: (value: number) => string;
  /** A label of an axis of differences: "+0.1", "0". */
  readonly signedTick: (value: number) => string;
  /** Two significant digits however small: 0.000012, 1.8, 350; "–" for what is no number. */
  readonly precise: (value: number) => string;
  readonly whole: (value: number) => string;
  /** Megabytes of a million bytes: "44.1 MB". */
  readonly bytes: (bytes: number) => string;
  /** 3.5 as "3.5", 4 as "4". */
  readonly stars: (value: number) => string;
  /** A half star rating as it is listed: "A, B and C". */
  readonly list: (items: readonly string[]) => string;
}

export function makeFormats(language: Language): Formats {
  const number = (options: Intl.NumberFormatOptions) => {
    const format = new Intl.NumberFormat(language, options);
    return (value: number) => format.format(value).replace("-", "−");
  };
  const percent = number({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const points = number({
    signDisplay: "exceptZero",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const two = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  // Rounded as binary numbers, as docs/results.md is: Intl takes 0.5555 for a tie, and it is less.
  const three = { minimumFractionDigits: 3, maximumFractionDigits: 3 };
  const size = number(two);
  const figure = number(three);
  const signedFigure = number({ ...three, signDisplay: "exceptZero" });
  const precise = number({ maximumSignificantDigits: 2 });
  return {
    percent,
    nats: number({ ...two, signDisplay: "exceptZero" }),
    fine: number({ minimumFractionDigits: 4, maximumFractionDigits: 4, signDisplay: "exceptZero" }),
    size: (value) => size(Math.abs(value)),
    points: (fraction) => points(fraction * 100),
    precise: (value) => (Number.isNaN(value) ? "–" : precise(value)),
    decimal: number({ maximumFractionDigits: 2 }),
    figure: (value) => figure(Number(value.toFixed(3))),
    signedFigure: (value) => signedFigure(Number(value.toFixed(3))),
    signedTick: number({ maximumFractionDigits: 3, signDisplay: "exceptZero" }),
    whole: number({ maximumFractionDigits: 0 }),
    bytes: (bytes) => `${number({ minimumFractionDigits: 1, maximumFractionDigits: 1 })(bytes / 1e6)} MB`,
    stars: number({ maximumFractionDigits: 1 }),
    list: (items) => new Intl.ListFormat(language, { type: "disjunction" }).format(items),
  };
}
