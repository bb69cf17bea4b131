import { type JSX, type ReactNode, useEffect, useRef } from "react";
import type { Place } from "../place.ts";
import styles from "./PageFrame.module.css";

/** A page beside the prediction: its heading, what it is about, and the rest. `arrived`: the person came here from another page, so that the focus follows. */
export function PageFrame({
  place,
  arrived,
  heading,
  deck,
  aside,
  children,
}: {
  readonly place: Place;
  readonly arrived: boolean;
  readonly heading: string;
  readonly deck: string;
  /** Stands below the deck. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}): JSX.Element {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (arrived) title.current?.focus();
  }, [arrived]);
  return (
    <main id={place} tabIndex={-1} className={styles["main"]}>
      <header className={styles["lede"]}>
        <h1 ref={title} tabIndex={-1}>
          {heading}
        </h1>
        <p>{deck}</p>
        {aside}
      </header>
      {children}
    </main>
  );
}
