import type { ComponentProps, JSX } from "react";
import styles from "./Button.module.css";

export interface ButtonProps extends Omit<ComponentProps<"button">, "type" | "className"> {
  /** "line" stands in running text or a toolbar, "outline" on its own, "icon" holds one glyph. */
  readonly look?: "outline" | "line" | "icon";
}

export function Button({ look = "outline", ...rest }: ButtonProps): JSX.Element {
  return <button type="button" className={styles[look]} {...rest} />;
}
