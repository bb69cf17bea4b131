import { type JSX, type PointerEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/use-formats.ts";
import styles from "./StarRating.module.css";

export interface StarRatingProps {
  readonly title: string;
  /** 0.5 to 5 in half stars; null: not rated. */
  readonly rating: number | null;
  readonly onRate: (rating: number | null) => void;
}

/**
 * Half stars as one slider: arrow keys move by half a star, a click takes the half it lands on, dragging previews. All the way down is
 * "not rated".
 */
export function StarRating({ title, rating, onRate }: StarRatingProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const clip = useId();
  const [preview, setPreview] = useState<number | null>(null);
  const shown = preview ?? rating ?? 0;

  const halfUnder = (event: PointerEvent<HTMLElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.min(5, Math.max(0.5, Math.ceil(((event.clientX - left) / width) * 10) / 2));
  };
  return (
    <span className={styles["rating"]} data-rated={rating === null ? undefined : ""}>
      <span
        className={styles["stars"]}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.preventDefault();
          event.currentTarget.setPointerCapture(event.pointerId);
          event.currentTarget.querySelector("input")?.focus();
          setPreview(halfUnder(event));
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) setPreview(halfUnder(event));
        }}
        onPointerUp={(event) => {
          if (preview === null) return;
          setPreview(null);
          onRate(halfUnder(event));
        }}
        onPointerCancel={() => setPreview(null)}
      >
        <svg viewBox="0 0 100 20" aria-hidden="true" focusable="false">
          <defs>
            <clipPath id={clip}>
              <rect width={shown * 20} height="20" />
            </clipPath>
          </defs>
          <path className={styles["hollow"]} d={stars} />
          <path className={styles["full"]} d={stars} clipPath={`url(#${clip})`} />
        </svg>
        <input
          type="range"
          min={0}
          max={5}
          step={0.5}
          value={rating ?? 0}
          aria-label={t("rating.label", { title })}
          aria-valuetext={
            rating === null
              ? t("rating.none")
              : t("rating.stars", { count: rating, value: formats.stars(rating) })
          }
          onChange={({ currentTarget }) => {
            const value = Number(currentTarget.value);
            onRate(value === 0 ? null : value);
          }}
        />
      </span>
      <span className={styles["value"]} aria-hidden="true">
        {shown === 0 ? t("rating.none") : formats.stars(shown)}
      </span>
      {rating !== null && (
        <button
          type="button"
          className={styles["clear"]}
          aria-label={t("rating.clear", { title })}
          onClick={() => onRate(null)}
        >
          ×
        </button>
      )}
    </span>
  );
}

/** Five stars on a 100 x 20 sheet. */
const stars = Array.from({ length: 5 }, (_, i) => {
  const points = Array.from({ length: 10 }, (_, k) => {
    const angle = -Math.PI / 2 + (k * Math.PI) / 5;
    const radius = k % 2 === 0 ? 8.4 : 3.6;
    return `${(i * 20 + 10 + radius * Math.cos(angle)).toFixed(2)} ${(10.6 + radius * Math.sin(angle)).toFixed(2)}`;
  });
  return `M${points.join("L")}Z`;
}).join("");
