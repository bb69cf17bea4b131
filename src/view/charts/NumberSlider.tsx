import { type JSX, useId, useState } from "react";
import styles from "./NumberSlider.module.css";

export interface NumberSliderProps {
  readonly label: string;
  /** Name of the field beside the slider, which is told from it. */
  readonly typedLabel: string;
  /** What may be typed, in words. */
  readonly range: string;
  readonly value: number;
  readonly limits: readonly [least: number, most: number];
  /** Of the slider; what is typed may lie between. */
  readonly step: number;
  /** Whether only whole numbers are numbers here. */
  readonly whole?: boolean;
  readonly onChange: (value: number) => void;
}

/** A number by slider or by typing. What is typed counts once it is within the limits; until then it stands there, marked. */
export function NumberSlider({
  label,
  typedLabel,
  range,
  value,
  limits: [least, most],
  step,
  whole = false,
  onChange,
}: NumberSliderProps): JSX.Element {
  const id = useId();
  const [draft, setDraft] = useState<string | null>(null);
  const isRight = (typed: number) => typed >= least && typed <= most && (!whole || Number.isInteger(typed));
  const isWrong = draft !== null && (draft.trim() === "" || !isRight(Number(draft)));
  return (
    <div className={styles["slider"]}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={least}
        max={most}
        step={step}
        value={value}
        onChange={({ currentTarget }) => {
          setDraft(null);
          onChange(Number(currentTarget.value));
        }}
      />
      <input
        type="number"
        aria-label={typedLabel}
        aria-invalid={isWrong}
        aria-describedby={`${id}-range`}
        min={least}
        max={most}
        step={whole ? 1 : "any"}
        value={draft ?? value}
        onBlur={() => setDraft(null)}
        onChange={({ currentTarget }) => {
          const typed = currentTarget.value;
          setDraft(typed);
          if (typed.trim() !== "" && isRight(Number(typed))) onChange(Number(typed));
        }}
      />
      <p id={`${id}-range`} className={isWrong ? styles["wrong"] : "visually-hidden"}>
        {range}
      </p>
    </div>
  );
}
