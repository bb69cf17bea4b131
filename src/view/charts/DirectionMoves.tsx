import { type JSX, useId } from "react";
import { useFormats } from "../i18n/use-formats.ts";
import bars from "./BarTable.module.css";
import { SignedBar } from "./SignedBar.tsx";

export interface DirectionMovesProps {
  readonly title: string;
  /** Headings of the two columns. */
  readonly rowsAre: string;
  readonly valuesAre: string;
  /** `nats` is signed. */
  readonly rows: readonly { readonly id: string; readonly name: string; readonly nats: number }[];
  /** Half of a bar's width, nats. */
  readonly end: number;
  /** Said instead of an empty table. */
  readonly empty: string;
}

/** Preference directions with what they add to a score, each with its bar. */
export function DirectionMoves({
  title,
  rowsAre,
  valuesAre,
  rows,
  end,
  empty,
}: DirectionMovesProps): JSX.Element {
  const formats = useFormats();
  const id = useId();
  return (
    <figure aria-labelledby={id} style={{ margin: 0, minInlineSize: 0 }}>
      <figcaption id={id}>{title}</figcaption>
      {rows.length === 0 ? (
        <p className={bars["note"]}>{empty}</p>
      ) : (
        <table className={bars["bars"]}>
          <caption className="visually-hidden">{title}</caption>
          <thead>
            <tr>
              <th scope="col">{rowsAre}</th>
              <th scope="col">{valuesAre}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id: direction, name, nats }) => (
              <tr key={direction}>
                <th scope="row">{name}</th>
                <td>
                  <span className={bars["number"]}>{formats.nats(nats)}</span>
                  <SignedBar value={nats} end={end} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </figure>
  );
}
