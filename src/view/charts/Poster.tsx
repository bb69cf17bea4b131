import { type JSX, memo } from "react";
import { seededRandom } from "../../core/rng.ts";
import type { Film } from "../../model/film.ts";
import styles from "./Poster.module.css";
import { LINE_HEIGHT, type Motif, type PosterArt, posterArt } from "./poster-art.ts";

export interface PosterProps {
  readonly film: Pick<Film, "title" | "year" | "genres">;
  /** "sheet" has its title and year lettered on; a "stamp" is too small to read and stands beside the title. */
  readonly size: "sheet" | "stamp";
}

/** A poster drawn from title, year and genres. Decoration: the title always stands beside it in text. */
export const Poster = memo(function Poster({ film, size }: PosterProps): JSX.Element {
  const art = posterArt(film);
  const { lines, fontUnits } = art;
  const top = 284 - (lines.length - 1) * fontUnits * LINE_HEIGHT - fontUnits * 0.72 - 14;
  return (
    <svg
      className={size === "sheet" ? styles["sheet"] : styles["stamp"]}
      viewBox={size === "sheet" ? "0 0 200 300" : "0 20 200 200"}
      aria-hidden="true"
      focusable="false"
      preserveAspectRatio="xMidYMid slice"
    >
      <rect width="200" height="300" fill={art.ground} />
      {drawings[art.motif](art)}
      {size === "sheet" && (
        <>
          <rect y={top} width="200" height={300 - top} fill={art.ground} />
          <g className={styles["lettering"]} fill={art.lettering} lang="en">
            {lines.map((line, i) => (
              <text
                key={line}
                x="14"
                y={284 - (lines.length - 1 - i) * fontUnits * LINE_HEIGHT}
                fontSize={fontUnits}
              >
                {line}
              </text>
            ))}
          </g>
          <g className={styles["year"]} fill={art.lettering}>
            <text x="14" y="26" fontSize="13">
              {film.year ?? ""}
            </text>
            <line x1="14" x2="186" y1="36" y2="36" stroke={art.lettering} strokeWidth="0.8" />
          </g>
        </>
      )}
    </svg>
  );
});

const drawings: Readonly<Record<Motif, (art: PosterArt) => JSX.Element>> = {
  rays: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    const x = 50 + random() * 100;
    const spokes = 9 + Math.floor(random() * 6);
    return (
      <>
        {times(spokes, (i) => {
          const angle = Math.PI * (1 + i / spokes);
          const next = Math.PI * (1 + (i + 0.5) / spokes);
          return (
            <path
              key={i}
              d={`M${x} 190L${at(x, angle, 320)} ${at(190, angle, 320, true)}L${at(x, next, 320)} ${at(190, next, 320, true)}Z`}
              fill={form}
              opacity="0.55"
            />
          );
        })}
        <circle cx={x} cy="190" r={34 + random() * 22} fill={accent} />
        <path d="M0 190H200V300H0Z" fill={form} />
      </>
    );
  },
  orbits: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    const cx = 60 + random() * 80;
    const cy = 90 + random() * 50;
    return (
      <>
        {times(5, (i) => (
          <circle
            key={i}
            cx={cx}
            cy={cy}
            r={26 + i * 24}
            fill="none"
            stroke={form}
            strokeWidth={i % 2 === 0 ? 5 : 1.6}
          />
        ))}
        <circle cx={cx} cy={cy} r="15" fill={accent} />
        {times(3, (i) => {
          const angle = random() * 6.28;
          return (
            <circle
              key={i}
              cx={at(cx, angle, 50 + i * 24)}
              cy={at(cy, angle, 50 + i * 24, true)}
              r={4 + random() * 6}
              fill={accent}
            />
          );
        })}
      </>
    );
  },
  blinds: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    return (
      <>
        <circle cx={70 + random() * 60} cy={105} r="52" fill={accent} />
        <g transform={`rotate(${-14 + random() * 28} 100 120)`}>
          {times(14, (i) => (
            <rect key={i} x="-60" y={-30 + i * 22} width="320" height="11" fill={form} opacity="0.9" />
          ))}
        </g>
      </>
    );
  },
  city: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    return (
      <>
        {times(7, (i) => {
          const top = 50 + random() * 90;
          return <rect key={i} x={i * 30 - 4} y={top} width="26" height={300 - top} fill={form} />;
        })}
        {times(26, (i) => (
          <rect
            key={i}
            x={4 + Math.floor(random() * 7) * 30 + (random() < 0.5 ? 0 : 10)}
            y={80 + Math.floor(random() * 9) * 14}
            width="5"
            height="7"
            fill={accent}
          />
        ))}
      </>
    );
  },
  iris: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    const dx = (random() - 0.5) * 16;
    const dy = (random() - 0.5) * 16;
    return (
      <>
        {times(7, (i) => (
          <circle
            key={i}
            cx={100 + dx * i}
            cy={118 + dy * i}
            r={98 - i * 14}
            fill={i === 6 ? accent : i % 2 === 0 ? form : "none"}
            stroke={form}
            opacity={i === 6 ? 1 : 0.35 + i * 0.09}
          />
        ))}
      </>
    );
  },
  waves: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    return (
      <>
        <circle cx={50 + random() * 100} cy={70 + random() * 30} r="26" fill={accent} />
        {times(6, (i) => (
          <path
            key={i}
            d={`M-10 ${130 + i * 22}q25 ${-16 - random() * 10} 55 0t55 0t55 0t55 0V310H-10Z`}
            fill={form}
            opacity={0.3 + i * 0.1}
          />
        ))}
      </>
    );
  },
  pair: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    const gap = 26 + random() * 22;
    const y = 100 + random() * 30;
    return (
      <>
        <circle cx={100 - gap} cy={y} r="58" fill={form} />
        <circle cx={100 + gap} cy={y + (random() - 0.5) * 40} r="58" fill={accent} opacity="0.78" />
      </>
    );
  },
  dots: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    const big = Math.floor(random() * 20);
    return (
      <>
        {times(20, (i) => (
          <circle
            key={i}
            cx={24 + (i % 4) * 51}
            cy={52 + Math.floor(i / 4) * 46}
            r={i === big ? 30 : 9 + random() * 10}
            fill={i === big || random() < 0.2 ? accent : form}
          />
        ))}
      </>
    );
  },
  blocks: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    return (
      <>
        {times(12, (i) => {
          const x = (i % 3) * 66.7;
          const y = 30 + Math.floor(i / 3) * 66.7;
          const fill = random() < 0.34 ? accent : form;
          const kind = random();
          const opacity = 0.55 + random() * 0.45;
          if (kind < 0.28)
            return <circle key={i} cx={x + 33} cy={y + 33} r="30" fill={fill} opacity={opacity} />;
          if (kind < 0.52)
            return (
              <path key={i} d={`M${x} ${y}h66.7a66.7 66.7 0 0 1-66.7 66.7Z`} fill={fill} opacity={opacity} />
            );
          if (kind < 0.76)
            return <path key={i} d={`M${x} ${y + 66.7}h66.7v-66.7Z`} fill={fill} opacity={opacity} />;
          return null;
        })}
      </>
    );
  },
  peaks: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    return (
      <>
        <circle cx={40 + random() * 120} cy={78} r={18 + random() * 16} fill={accent} />
        {times(4, (i) => {
          const x = -20 + i * 55 + random() * 20;
          const top = 90 + random() * 60;
          return (
            <path
              key={i}
              d={`M${x - 70} 300L${x + 20} ${top}L${x + 110} 300Z`}
              fill={form}
              opacity={0.45 + i * 0.14}
            />
          );
        })}
      </>
    );
  },
  shards: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    const bright = Math.floor(random() * 6);
    return (
      <>
        {times(6, (i) => {
          const x = -40 + i * 42 + random() * 16;
          const lean = 70 + random() * 50;
          const width = 12 + random() * 22;
          return (
            <path
              key={i}
              d={`M${x} 250L${x + lean} 30L${x + lean + width} 30L${x + width * 0.4} 250Z`}
              fill={i === bright ? accent : form}
              opacity={i === bright ? 1 : 0.5 + random() * 0.5}
            />
          );
        })}
      </>
    );
  },
  teeth: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    const count = 7 + Math.floor(random() * 4);
    const width = 200 / count;
    return (
      <>
        <circle cx="100" cy="120" r={30 + random() * 14} fill={accent} />
        {times(count, (i) => (
          <path
            key={i}
            d={`M${i * width} 0h${width}L${(i + 0.5) * width} ${70 + random() * 70}Z`}
            fill={form}
          />
        ))}
        {times(count, (i) => (
          <path
            key={i}
            d={`M${i * width} 300h${width}L${(i + 0.5) * width} ${180 - random() * 50}Z`}
            fill={form}
            opacity="0.8"
          />
        ))}
      </>
    );
  },
  staves: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    return (
      <>
        {times(5, (i) => (
          <path
            key={i}
            d={`M-10 ${80 + i * 22}c60 ${-50 + random() * 20} 140 ${50 - random() * 20} 220 0`}
            fill="none"
            stroke={form}
            strokeWidth="5"
          />
        ))}
        {times(6, (i) => (
          <ellipse
            key={i}
            cx={22 + i * 32}
            cy={72 + Math.floor(random() * 9) * 11}
            rx="11"
            ry="8.5"
            transform={`rotate(-18 ${22 + i * 32} 100)`}
            fill={accent}
          />
        ))}
      </>
    );
  },
  frames: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    return (
      <>
        {times(5, (i) => (
          <rect
            key={i}
            x={18 + i * 15}
            y={46 + i * 17}
            width={164 - i * 30}
            height={150 - i * 26}
            fill={i === 4 ? accent : "none"}
            stroke={form}
            strokeWidth={2 + random() * 5}
          />
        ))}
      </>
    );
  },
  horizon: ({ form, accent, seed }) => {
    const random = seededRandom(seed);
    const x = 55 + random() * 90;
    const y = 132 + random() * 30;
    return (
      <>
        <path d={`M${x - 58} ${y}a58 58 0 0 1 116 0Z`} fill={accent} />
        {times(7, (i) => (
          <rect
            key={i}
            x={x - 66 + random() * 26 + i * 3}
            y={y + 7 + i * 12}
            width={118 - random() * 30 - i * 8}
            height={5.5 - i * 0.4}
            fill={form}
          />
        ))}
        <rect x="0" y={y} width="200" height="2" fill={form} />
      </>
    );
  },
};

function times(count: number, draw: (i: number) => JSX.Element | null): readonly (JSX.Element | null)[] {
  return Array.from({ length: count }, (_, i) => draw(i));
}

/** A coordinate `radius` away from `from` at `angle`; `down` for y. */
function at(from: number, angle: number, radius: number, down = false): string {
  return (from + radius * (down ? Math.sin(angle) : Math.cos(angle))).toFixed(1);
}
