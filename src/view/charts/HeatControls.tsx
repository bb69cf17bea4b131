import type { JSX } from "react";
import { useTranslation } from "react-i18next";
import styles from "./HeatControls.module.css";
import type { ColumnOrder, RowOrder } from "./heat-order.ts";
import { Toggle } from "./Toggle.tsx";

/** How large the map's cells are: "compact" leaves the numbers out, "large" adds percentage points. */
export type Density = "compact" | "comfortable" | "large";
const densities = ["compact", "comfortable", "large"] as const satisfies readonly Density[];

export interface HeatControlsProps {
  readonly rows: RowOrder["by"];
  readonly columns: ColumnOrder["by"];
  readonly density: Density;
  /** Order of the rows by their effect on the column that has the focus, or had it last, when "effect". */
  readonly onRows: (by: RowOrder["by"]) => void;
  readonly onColumns: (by: ColumnOrder["by"]) => void;
  readonly onDensity: (density: Density) => void;
}

/** Order and size of the map, one line of words each. */
export function HeatControls(props: HeatControlsProps): JSX.Element {
  const { t } = useTranslation();
  return (
    <div className={styles["controls"]}>
      <Toggle
        label={t("heat.rows")}
        value={props.rows}
        options={[
          ["given", t("heat.asWatched")],
          ["size", t("heat.bySize")],
          ["effect", t("heat.byColumn")],
        ]}
        onChoose={props.onRows}
      />
      <Toggle
        label={t("heat.columns")}
        value={props.columns}
        options={[
          ["given", t("heat.byRank")],
          ["effect", t("heat.byRow")],
        ]}
        onChoose={props.onColumns}
      />
      <Toggle
        label={t("heat.density")}
        value={props.density}
        options={densities.map((density) => [density, t(`heat.${density}`)])}
        onChoose={props.onDensity}
      />
    </div>
  );
}
