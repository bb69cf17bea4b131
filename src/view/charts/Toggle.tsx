import { type JSX, useId } from "react";
import { Options, type OptionsProps } from "./Options.tsx";
import styles from "./Toggle.module.css";

/** {@link WordOptions} behind their label. */
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
      <WordOptions {...props} aria-labelledby={id} />
    </div>
  );
}

/** {@link Options} in a line of words. */
export function WordOptions<Value extends string>(
  props: Omit<OptionsProps<Value>, "className">,
): JSX.Element {
  return <Options {...props} className={styles["options"]} />;
}
