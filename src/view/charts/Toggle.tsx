import { type JSX, useId } from "react";
import { Options, type OptionsProps } from "./Options.tsx";
import styles from "./Toggle.module.css";

/** {@link Options} in a line of words behind their label. */
export function Toggle<Value extends string>({
  label,
  ...props
}: Pick<OptionsProps<Value>, "value" | "options" | "onChoose"> & { readonly label: string }): JSX.Element {
  const id = useId();
  return (
    <div className={styles["choice"]}>
      <span id={id} className={styles["label"]}>
        {label}
      </span>
      <Options {...props} aria-labelledby={id} className={styles["options"]} />
    </div>
  );
}
